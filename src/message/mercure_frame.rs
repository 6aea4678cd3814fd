//! The frame of a message as subscribers of the Mercure protocol get it: `id`, `event`, `retry` and `data`.

use super::{Epoch, Frame, FrameWriter, Message, Update};

impl FrameWriter {
    /// Writes the whole frame of a message for a subscriber of Mercure, after whatever is there.
    pub(crate) fn mercure(&mut self, message: &Message, epoch: &Epoch) {
        let update = message.update.as_deref();
        if !self.publisher_id(update) {
            self.server_id(format!("{}-{}", epoch.as_str(), message.seq).as_bytes());
        }
        if let Some(event) = &message.event {
            self.field("event", event.as_str().as_bytes());
        }
        self.publisher_retry(update);
        self.lines(message.data.as_str());
        self.end();
    }

    /// The id that the publisher chose. False if there is none.
    fn publisher_id(&mut self, update: Option<&Update>) -> bool {
        let id = update.and_then(|update| update.id.as_ref());
        if let Some(id) = id {
            self.field("id", id.as_str().as_bytes());
        }
        id.is_some()
    }

    /// A cursor as an id. Ids of hubs are URLs, or begin with `#`.
    fn server_id(&mut self, cursor: &[u8]) {
        self.field("id", &[b"#", cursor].concat());
    }

    fn publisher_retry(&mut self, update: Option<&Update>) {
        if let Some(retry) = update.and_then(|update| update.retry) {
            self.field("retry", retry.to_string().as_bytes());
        }
    }
}

/// The same, from the frame with all fields.
pub(super) fn of_frame(frame: &Frame, update: Option<&Update>) -> Frame {
    let bytes = frame.bytes();
    let mut writer = FrameWriter::with_capacity(bytes.len() + 64);
    let lines: Vec<(&[u8], &[u8])> = bytes
        .split(|byte| *byte == b'\n')
        .filter_map(field)
        .collect();
    let of_name = |name: &'static [u8]| lines.iter().filter(move |(own, _)| *own == name);
    if !writer.publisher_id(update)
        && let Some((_, cursor)) = of_name(b"id").next()
    {
        writer.server_id(cursor);
    }
    if let Some((_, event)) = of_name(b"event").next() {
        writer.field("event", event);
    }
    writer.publisher_retry(update);
    of_name(b"data").for_each(|(_, line)| writer.field("data", line));
    writer.end();
    writer.take()
}

/// What stands in place of an event of the server itself.
pub(super) fn silence() -> Frame {
    FrameWriter::new().comment("").finish_without_event()
}

/// The name and the value of a field.
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    Some((&line[..colon], line.get(colon + 2..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::message::{Audience, Data, EventType, Topic, UpdateId};

    fn written(update: Option<Update>, event: Option<&str>, text: &str) -> String {
        let epoch = Epoch::parse("abc").expect("an epoch");
        let message = Message {
            seq: 7,
            at: 0,
            expires_at: None,
            audience: Audience::Topic(Topic::parse("https://example.com/1").expect("a topic")),
            event: event.map(|event| EventType::parse(event).expect("a type")),
            data: Data::Text(text.into()),
            update: update.map(Arc::new),
            handling: None,
        };
        let mut writer = FrameWriter::new();
        writer.mercure(&message, &epoch);
        let written = writer.take();
        let live = of_frame(
            &Frame::of(&message, &epoch, None),
            message.update.as_deref(),
        );
        assert_eq!(live, written);
        String::from_utf8(written.bytes().to_vec()).expect("UTF-8")
    }

    #[test]
    fn a_frame_has_the_fields_of_the_protocol_only() {
        assert_eq!(
            written(None, None, "a\nb"),
            "id: #abc-7\ndata: a\ndata: b\n\n"
        );
        let update = Update {
            id: UpdateId::parse("urn:uuid:1").ok(),
            retry: Some(5),
            private: true,
            ..Update::default()
        };
        assert_eq!(
            written(Some(update), Some("paid"), ""),
            "id: urn:uuid:1\nevent: paid\nretry: 5\ndata: \n\n"
        );
    }

    proptest! {
        #[test]
        fn live_and_replayed_frames_are_equal(
            text in "(?s)([a-z :#]|\r\n|\r|\n|\u{2028}|\\PC){0,40}",
            id in prop::option::of("[a-z:]{1,9}"),
        ) {
            let id = id.and_then(|id| UpdateId::parse(&id).ok());
            written(Some(Update { id, ..Update::default() }), Some("t"), &text);
        }
    }
}
