//! What is sent: the id and the JSON of an event.

use serde_json::{Map, Value, json};

use crate::{
    broker::Broker,
    log::{EventKind, HookEvent},
    message::Seq,
    timestamp,
};

/// What ids of events begin with.
const PREFIX: &str = "evt";

/// Digits of the id of the log in an id.
const LOG_DIGITS: usize = 8;

/// An event as it is sent.
pub(super) struct OutgoingMessage {
    /// `webhook-id`: the same for each attempt.
    pub id: String,
    /// The JSON.
    pub body: String,
}

/// An event, for sending.
pub(super) fn message(broker: &Broker, event: &HookEvent) -> OutgoingMessage {
    let cursor = |seq: Seq| broker.cursor(seq).to_string();
    OutgoingMessage {
        id: webhook_id(broker, event),
        body: body(event.kind.name(), event.at, data(event, cursor)),
    }
}

/// An event that is only sent to try a hook.
pub(super) fn test(broker: &Broker, number: u64) -> OutgoingMessage {
    let now = broker.log().now();
    let data = json!({"detail": "This event was sent to try the webhook. Nothing has happened."});
    OutgoingMessage {
        id: format!("test_{now:x}_{number}"),
        body: body("hook.test", now, data),
    }
}

fn body(kind: &str, at: u64, data: Value) -> String {
    json!({"type": kind, "timestamp": timestamp::rfc3339_with_milliseconds(at), "data": data})
        .to_string()
}

/// The id of an event. A log that was restored from a backup counts events anew, so the time is a part of it.
pub(super) fn webhook_id(broker: &Broker, event: &HookEvent) -> String {
    let log = broker.log().id();
    let log = log.get(..LOG_DIGITS).unwrap_or(log);
    format!("{PREFIX}_{log}_{:x}_{}", event.at, event.seq)
}

/// The number of the event with this id. None if it is not the id of an event.
pub(super) fn event_number(id: &str) -> Option<u64> {
    let mut parts = id.split('_');
    let number = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(PREFIX), Some(_), Some(_), Some(number)) => number,
        _ => return None,
    };
    number.parse().ok().filter(|_| parts.next().is_none())
}

/// What is told of an event, besides its type and time.
fn data(event: &HookEvent, cursor: impl Fn(Seq) -> String) -> Value {
    let mut data: Map<String, Value> = serde_json::from_str(&event.data).unwrap_or_default();
    let mut put = |name: &str, value: Value| drop(data.insert(name.to_owned(), value));
    if let Some(client) = &event.client {
        put("client_id", client.as_str().into());
    }
    if let Some(topic) = &event.topic {
        put("topic", topic.as_str().into());
    }
    let mut messages = event.messages.iter().map(|seq| cursor(*seq));
    match event.kind {
        EventKind::Gap => {
            if let (Some(from), Some(to)) = (messages.next(), messages.next()) {
                put("from", from.into());
                put("to", to.into());
            }
        }
        EventKind::MessageAcknowledged => {
            if let Some(id) = messages.next() {
                put("id", id.into());
            }
            put("messages", messages.collect::<Vec<_>>().into());
        }
        _ => {
            if let Some(id) = messages.next() {
                put("id", id.into());
            }
        }
    }
    data.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: EventKind, messages: &[Seq], data: &str) -> HookEvent {
        HookEvent {
            seq: 3,
            at: 1_700_000_000_123,
            kind,
            client: Some("ada".to_owned()),
            topic: None,
            messages: messages.to_vec(),
            data: data.to_owned(),
        }
    }

    #[test]
    fn the_data_names_what_the_event_is_about() {
        let data = |event: &HookEvent| data(event, |seq| format!("e-{seq}")).to_string();
        let acked = event(
            EventKind::MessageAcknowledged,
            &[9, 4, 9],
            r#"{"more":true}"#,
        );
        assert_eq!(
            data(&acked),
            r#"{"client_id":"ada","id":"e-9","messages":["e-4","e-9"],"more":true}"#
        );
        let gap = event(EventKind::Gap, &[2, 5], r#"{"reason":"pruned"}"#);
        assert_eq!(
            data(&gap),
            r#"{"client_id":"ada","from":"e-2","reason":"pruned","to":"e-5"}"#
        );
        let expired = event(EventKind::MessageExpired, &[7], "{}");
        assert_eq!(data(&expired), r#"{"client_id":"ada","id":"e-7"}"#);
    }

    #[test]
    fn an_id_names_its_event() {
        assert_eq!(event_number("evt_0a1b2c3d_18bcfe56_42"), Some(42));
        for other in [
            "",
            "evt",
            "evt_1_2",
            "test_1_2_3",
            "evt_1_2_x",
            "evt_1_2_3_4",
        ] {
            assert_eq!(event_number(other), None, "{other}");
        }
    }
}
