//! Fuzz targets: topics, ids and frames. See `src/fuzzing.rs`.

use app::event_parser::{Event, Parser};

use super::{
    Audience, ClientId, ClientPattern, Cursor, Data, EncodedMessage, Encoding, Epoch, EventType,
    Message, Topic, TopicFilter, TraceParent,
};

/// The lines of an input: the first ones, and all of the rest.
fn parts<const COUNT: usize>(input: &[u8]) -> Option<[&str; COUNT]> {
    let text = str::from_utf8(input).ok()?;
    let mut lines = text.splitn(COUNT, '\n');
    let mut parts = [""; COUNT];
    for part in &mut parts {
        *part = lines.next()?;
    }
    Some(parts)
}

/// Two filters and a topic, in a line each: what covers, what both match, and what is matched agree.
pub fn topic_filters(input: &[u8]) {
    let Some([one, other, topic]) = parts(input) else {
        return;
    };
    let filters = TopicFilter::parse(one).and_then(|one| Ok((one, TopicFilter::parse(other)?)));
    let Ok((one, other)) = filters else {
        return;
    };
    assert!(one.covers(&one) && other.covers(&other));
    let both = one.intersection(&other);
    assert_eq!(both, other.intersection(&one));
    if let Some(both) = &both {
        assert!(one.covers(both) && other.covers(both), "{both}");
    }
    if one.covers(&other) {
        assert_eq!(both.as_ref(), Some(&other));
    }
    let Ok(topic) = Topic::parse(topic) else {
        return;
    };
    let is_in_both = both.is_some_and(|both| both.matches(&topic));
    assert_eq!(is_in_both, one.matches(&topic) && other.matches(&topic));
}

/// Two patterns of clients, an id, a cursor and a `traceparent`, in a line each.
pub fn names(input: &[u8]) {
    let Some([one, other, id, cursor, trace]) = parts(input) else {
        return;
    };
    if let Ok(cursor) = Cursor::parse(cursor) {
        assert_eq!(Cursor::parse(&cursor.to_string()), Ok(cursor));
    }
    if let Some(trace) = TraceParent::parse(trace) {
        assert_eq!(TraceParent::parse(trace.as_str()).as_ref(), Some(&trace));
    }
    let patterns =
        ClientPattern::parse(one).and_then(|one| Ok((one, ClientPattern::parse(other)?)));
    let Ok((one, other)) = patterns else {
        return;
    };
    let both = one.intersection(&other);
    if one.covers(&other) {
        assert_eq!(both.as_ref(), Some(&other));
    }
    let Ok(id) = ClientId::parse(id) else {
        return;
    };
    let is_in_both = both.is_some_and(|both| both.matches(&id));
    assert_eq!(is_in_both, one.matches(&id) && other.matches(&id));
}

/// An event type, a topic, and data: the frame of the message is one event with exactly that, in both encodings.
pub fn message_frame(input: &[u8]) {
    let Some([event, topic, data]) = parts(input) else {
        return;
    };
    let (Ok(topic), Ok(epoch)) = (Topic::parse(topic), Epoch::parse("abc")) else {
        return;
    };
    let message = Message {
        seq: 7,
        at: 0,
        expires_at: None,
        audience: Audience::Topic(topic),
        event: EventType::parse(event).ok(),
        data: Data::Text(data.into()),
        update: None,
        handling: None,
    };
    let encoded = EncodedMessage::of(&message, &epoch, None);
    let fields = only_event(&encoded, Encoding::Fields);
    let named = message.event.as_ref().map(EventType::as_str);
    assert_eq!(fields.event, named.unwrap_or("message"));
    // Line ends are not part of the data: each line is a field.
    let lines = data.replace("\r\n", "\n").replace('\r', "\n");
    assert_eq!(fields.data, lines);
    let envelope = only_event(&encoded, Encoding::Envelope);
    let json: serde_json::Value =
        serde_json::from_str(&envelope.data).expect("an envelope is JSON");
    assert_eq!(json["text"], lines);
}

fn only_event(encoded: &EncodedMessage, encoding: Encoding) -> Event {
    let events = Parser::new().push(&encoded.frame(encoding).bytes());
    let [event] =
        <[Event; 1]>::try_from(events.expect("a frame is short")).expect("a frame is one event");
    assert_eq!(event.id, "abc-7");
    event
}
