//! The envelope of a message: one line of JSON that names its type and its topic.
//!
//! An EventSource gives an event with a type only to listeners for that type. In an envelope every message has the
//! type `message`, so that one listener gets all.

use super::{
    Audience, Cursor, Data, Epoch, EventType, Frame, FrameWriter, Handling, Message, Topic,
    Urgency, frame::lines,
};

/// Bytes that an envelope has around the event type, the topic and the data.
const AROUND: usize = 48;

impl FrameWriter {
    /// Writes the whole frame of a message in an envelope, after whatever is there.
    pub(crate) fn envelope(&mut self, message: &Message, epoch: &Epoch, replaces: Option<&Cursor>) {
        self.position(epoch, message.seq);
        self.in_envelope(message, None, replaces);
    }

    /// The same before its turn: see [`FrameWriter::early`].
    pub(crate) fn early_envelope(
        &mut self,
        message: &Message,
        id: &Cursor,
        replaces: Option<&Cursor>,
    ) {
        self.in_envelope(message, Some(id), replaces);
    }

    fn in_envelope(&mut self, message: &Message, id: Option<&Cursor>, replaces: Option<&Cursor>) {
        let event = message.event.as_ref().map(|event| event.as_str());
        let topic = match &message.audience {
            Audience::Topic(topic) => Some(topic.as_str()),
            _ => None,
        };
        let is_json = matches!(message.data, Data::Json(_));
        let data = lines(message.data.as_str().as_bytes());
        let (id, replaces) = (id.map(Cursor::to_string), replaces.map(Cursor::to_string));
        let parts = Parts {
            event,
            topic,
            message: id.as_deref(),
            urgency: message.handling.as_deref().and_then(urgency),
            replaces: replaces.as_deref(),
            is_state: message.handling.as_ref().is_some_and(|one| one.is_state),
        };
        self.field("data", &json(&parts, data, is_json));
        self.end();
    }
}

/// The name of an urgency that is not the usual one.
fn urgency(handling: &Handling) -> Option<&'static str> {
    let urgency = handling.urgency;
    (urgency != Urgency::Normal).then(|| urgency.as_str())
}

/// What an envelope has besides the data.
#[derive(Default)]
struct Parts<'a> {
    event: Option<&'a str>,
    topic: Option<&'a str>,
    /// The id of a message before its turn, or of the message that has set a state.
    message: Option<&'a str>,
    urgency: Option<&'a str>,
    replaces: Option<&'a str>,
    /// Whether its data is the state of its topic.
    is_state: bool,
}

/// The same message in an envelope. `is_json`: whether its data is JSON.
pub(super) fn of_frame(frame: &Frame, is_json: bool) -> Frame {
    let bytes = frame.bytes();
    let (mut id, mut event, mut topic, mut data) = (None, None, None, Vec::new());
    let (mut urgency, mut replaces, mut is_state) = (None, None, false);
    for line in bytes.split(|byte| *byte == b'\n') {
        let Some(colon) = memchr::memchr(b':', line) else {
            continue;
        };
        let value = line.get(colon + 2..).unwrap_or_default();
        match &line[..colon] {
            b"id" => id = Some(value),
            b"event" => event = Some(String::from_utf8_lossy(value)),
            b"topic" => topic = Some(String::from_utf8_lossy(value)),
            b"urgency" => urgency = Some(String::from_utf8_lossy(value)),
            b"replaces" => replaces = Some(String::from_utf8_lossy(value)),
            b"state" => is_state = true,
            b"data" => data.push(value),
            _ => {}
        }
    }
    let parts = Parts {
        event: event.as_deref(),
        topic: topic.as_deref(),
        message: None,
        urgency: urgency.as_deref(),
        replaces: replaces.as_deref(),
        is_state,
    };
    let json = json(&parts, data, is_json);
    let mut writer = FrameWriter::with_capacity(json.len() + AROUND);
    if let Some(id) = id {
        writer.field("id", id);
    }
    writer.field("data", &json);
    writer.end();
    writer.take()
}

/// The state of a topic in an envelope.
pub(super) fn of_state(topic: &Topic, message: &str, data: &str, is_json: bool) -> Vec<u8> {
    let parts = Parts {
        event: Some(EventType::STATE),
        topic: Some(topic.as_str()),
        message: Some(message),
        ..Parts::default()
    };
    json(&parts, lines(data.as_bytes()), is_json)
}

fn json<'a>(
    parts: &Parts<'_>,
    lines: impl IntoIterator<Item = &'a [u8]>,
    is_json: bool,
) -> Vec<u8> {
    let lines: Vec<&[u8]> = lines.into_iter().collect();
    let mut json =
        Vec::with_capacity(AROUND + lines.iter().map(|line| line.len() + 1).sum::<usize>());
    json.extend_from_slice(b"{\"event\":");
    string(&mut json, parts.event.unwrap_or("message"));
    let named = [
        (&b",\"topic\":"[..], parts.topic),
        (b",\"message\":", parts.message),
        (b",\"urgency\":", parts.urgency),
        (b",\"replaces\":", parts.replaces),
    ];
    for (name, value) in named {
        if let Some(value) = value {
            json.extend_from_slice(name);
            string(&mut json, value);
        }
    }
    if parts.is_state {
        json.extend_from_slice(b",\"state\":true");
    }
    if is_json {
        json.extend_from_slice(b",\"data\":");
        // Line ends in JSON stand only between its parts, where a space means the same.
        json.extend_from_slice(&lines.join(&b' '));
    } else {
        json.extend_from_slice(b",\"text\":");
        // The text that an EventSource would get without an envelope.
        string(&mut json, &String::from_utf8_lossy(&lines.join(&b'\n')));
    }
    json.push(b'}');
    json
}

/// Appends a text as a JSON string, in which every line end is escaped.
fn string(json: &mut Vec<u8>, text: &str) {
    // A text always serializes, and a `Vec` takes everything.
    let _ = serde_json::to_writer(json, text);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::{ClientId, EventType, Topic};

    fn message(audience: Audience, event: Option<&str>, data: Data) -> Message {
        Message {
            seq: 7,
            at: 0,
            expires_at: None,
            audience,
            event: event.map(|event| EventType::parse(event).expect("a type")),
            data,
            update: None,
            handling: None,
        }
    }

    fn written(message: &Message) -> String {
        let epoch = Epoch::parse("abc").expect("an epoch");
        let mut writer = FrameWriter::new();
        writer.envelope(message, &epoch, None);
        let written = writer.take();
        let is_json = matches!(message.data, Data::Json(_));
        assert_eq!(
            of_frame(&Frame::of(message, &epoch, None), is_json),
            written
        );
        String::from_utf8(written.bytes().to_vec()).expect("UTF-8")
    }

    #[test]
    fn an_envelope_contains_the_fields_of_the_message() {
        let topic = Audience::Topic(Topic::parse("orders/42").expect("a topic"));
        let paid = message(topic, Some("paid"), Data::Json("[1.10,\r\n2]".into()));
        assert_eq!(
            written(&paid),
            "id: abc-7\ndata: {\"event\":\"paid\",\"topic\":\"orders/42\",\"data\":[1.10, 2]}\n\n"
        );
        let ada = Audience::Client(ClientId::parse("ada").expect("an id"));
        let text = message(ada, None, Data::Text("a \"b\"\r\nc: d".into()));
        assert_eq!(
            written(&text),
            "id: abc-7\ndata: {\"event\":\"message\",\"text\":\"a \\\"b\\\"\\nc: d\"}\n\n"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_encoded_in_one_line_live_and_replayed(
            text in "(?s)([a-z :\"\\\\]|\r\n|\r|\n|\u{2028}|\0|\\PC){0,40}",
            event in "([a-z:]|\u{2028}){1,8}",
        ) {
            prop_assume!(EventType::parse(&event).is_ok());
            let sent = message(Audience::Everyone, Some(&event), Data::Text(text.as_str().into()));
            let written = written(&sent);
            let line = written.strip_prefix("id: abc-7\ndata: ").and_then(|rest| rest.strip_suffix("\n\n"));
            let line = line.expect("one line of data");
            prop_assert!(!line.contains(['\r', '\n']));
            let got: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let as_lines = text.replace("\r\n", "\n").replace('\r', "\n");
            prop_assert_eq!(got, serde_json::json!({ "event": event, "text": as_lines }));
        }
    }
}
