//! The frame of the state of a topic, as a stream begins with it. It has no `id:`, because it does not move the position of the
//! reader.

use super::{Cursor, Data, EventType, FrameWriter, Topic, envelope, frame::lines};

impl FrameWriter {
    /// Writes the state of a topic. `message` is the id of the message that has set it.
    pub(crate) fn state(
        &mut self,
        topic: &Topic,
        message: &Cursor,
        data: &Data,
        in_envelope: bool,
    ) {
        let message = message.to_string();
        if in_envelope {
            let is_json = matches!(data, Data::Json(_));
            let json = envelope::of_state(topic, &message, data.as_str(), is_json);
            self.field("data", &json);
        } else {
            self.field("event", EventType::STATE.as_bytes());
            self.field("topic", topic.as_str().as_bytes());
            self.field("message", message.as_bytes());
            for line in lines(data.as_str().as_bytes()) {
                self.field("data", line);
            }
        }
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(data: &Data, in_envelope: bool) -> String {
        let topic = Topic::parse("a/b").expect("a topic");
        let cursor = Cursor::parse("abc-7").expect("a cursor");
        let mut writer = FrameWriter::new();
        writer.state(&topic, &cursor, data, in_envelope);
        String::from_utf8(writer.take().bytes().to_vec()).expect("UTF-8")
    }

    #[test]
    fn a_state_has_no_id() {
        assert_eq!(
            written(&Data::Text("x\ny".into()), false),
            "event: state\ntopic: a/b\nmessage: abc-7\ndata: x\ndata: y\n\n"
        );
        assert_eq!(
            written(&Data::Json("[1,\n2]".into()), true),
            "data: {\"event\":\"state\",\"topic\":\"a/b\",\"message\":\"abc-7\",\"data\":[1, 2]}\n\n"
        );
    }
}
