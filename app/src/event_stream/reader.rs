//! Parses the events of a stream, in their order, and drops duplicates.

use super::{
    fields::Fields,
    state::{ReceivedMessage, StreamEvent, is_quiet},
};
use crate::{cursor::covers, wire::Refused};

/// See the module documentation. A new connection may repeat messages.
pub(super) struct Reader {
    /// The page has received everything up to this position.
    position: String,
    /// The ids of messages that came before their turn.
    early: Vec<Option<String>>,
    /// Whether messages are still replayed. The first ping ends the replay.
    replays: bool,
}

impl Reader {
    /// A reader that has received everything up to this position. Empty: nothing.
    pub(super) fn new(position: String) -> Self {
        Self {
            position,
            early: Vec::new(),
            replays: true,
        }
    }

    /// The page has received everything up to this position.
    pub(super) fn position(&self) -> &str {
        &self.position
    }

    /// The event for the page. `id` is the id of the event itself.
    pub(super) fn read(&mut self, name: &str, id: Option<&str>, data: &str) -> Option<StreamEvent> {
        Some(match name {
            "message" => {
                if id.is_some_and(|id| covers(&self.position, id)) {
                    return None;
                }
                let envelope = Fields::parse(data)?;
                let event = envelope.text("event");
                // A message before its turn has its id in the envelope. It may come again after a reconnect.
                let early = envelope
                    .text("message")
                    .filter(|_| event.as_deref() != Some("state"));
                let own = id.map(str::to_owned).or_else(|| early.clone());
                if early.is_some() {
                    if self.early.contains(&own) {
                        return None;
                    }
                    self.early.push(own.clone());
                } else if own.is_some() && self.early.contains(&own) {
                    return None;
                }
                let text = envelope.text("text");
                let urgency = envelope.text("urgency");
                StreamEvent::Message(ReceivedMessage {
                    id: own,
                    event: event.filter(|event| event != "message"),
                    topic: envelope.text("topic"),
                    data: text.or_else(|| envelope.json("data").map(str::to_owned))?,
                    missed: self.replays,
                    replaces: envelope.text("replaces"),
                    is_quiet: urgency.as_deref().is_some_and(is_quiet),
                })
            }
            "welcome" => {
                self.replays = true;
                StreamEvent::Welcome
            }
            "ping" => {
                self.replays = false;
                return None;
            }
            "gap" => {
                let gap = Fields::parse(data)?;
                let reason = gap.text("reason")?;
                match gap.text("to") {
                    // This is another log, or it was rolled back. Positions are used again.
                    None => self.position.clear(),
                    Some(_) if reason == "rolled_back" => self.position.clear(),
                    Some(to) if covers(&self.position, &to) => return None,
                    Some(_) => {}
                }
                StreamEvent::Gap(reason)
            }
            "recall" => StreamEvent::Recall(Fields::parse(data)?.text("id")?),
            "refused" => {
                let refused = Fields::parse(data)?;
                StreamEvent::Refused(Refused {
                    topic: refused.text("topic")?,
                    code: refused.text("code")?,
                    detail: refused.text("detail")?,
                })
            }
            _ => return None,
        })
    }

    /// The inbox is complete. Whether it had messages that came before their turn.
    pub(super) fn settle(&mut self) -> bool {
        !std::mem::take(&mut self.early).is_empty()
    }

    /// The page has handled the event with this id. Events that were not handled can be requested again.
    pub(super) fn advance(&mut self, id: &str) {
        if !covers(&self.position, id) {
            id.clone_into(&mut self.position);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(reader: &mut Reader, id: Option<&str>, data: &str) -> Option<ReceivedMessage> {
        match reader.read("message", id, data) {
            Some(StreamEvent::Message(arrival)) => Some(arrival),
            _ => None,
        }
    }

    #[test]
    fn a_message_before_its_turn_comes_once() {
        let mut reader = Reader::new(String::new());
        let early = r#"{"event":"message","urgency":"high","message":"e-2","text":"fire"}"#;
        let fire = message(&mut reader, None, early).expect("a message");
        assert_eq!(fire.id.as_deref(), Some("e-2"));
        assert!(message(&mut reader, None, early).is_none());
        let later = r#"{"event":"message","urgency":"high","text":"fire"}"#;
        assert!(message(&mut reader, Some("e-2"), later).is_none());
        assert!(reader.settle() && !reader.settle());
        let state = r#"{"event":"state","topic":"t","message":"e-1","text":"x"}"#;
        let state = message(&mut reader, None, state).expect("a state");
        assert_eq!((state.id, state.event.as_deref()), (None, Some("state")));
    }

    #[test]
    fn an_envelope_is_opened_and_numbers_keep_their_digits() {
        let mut reader = Reader::new(String::new());
        let data = r#"{"event":"paid","topic":"orders/42","data":{"total": 1.10}}"#;
        let paid = message(&mut reader, Some("e-1"), data).expect("a message");
        assert_eq!(paid.event.as_deref(), Some("paid"));
        assert_eq!(paid.topic.as_deref(), Some("orders/42"));
        assert_eq!(paid.data, r#"{"total": 1.10}"#);
        assert_eq!((paid.replaces, paid.is_quiet), (None, false));
        let data = r#"{"event":"message","urgency":"low","replaces":"e-1","text":""}"#;
        let newer = message(&mut reader, Some("e-3"), data).expect("a message");
        assert_eq!(
            (newer.replaces.as_deref(), newer.is_quiet),
            (Some("e-1"), true)
        );
        let plain = message(&mut reader, None, r#"{"event":"message","text":"a\nb"}"#);
        let plain = plain.expect("a message");
        assert_eq!((plain.event, plain.data.as_str()), (None, "a\nb"));
        let null = message(&mut reader, None, r#"{"event":"message","data":null}"#);
        assert_eq!(null.expect("a message").data, "null");
    }

    #[test]
    fn what_comes_twice_is_told_once_and_what_has_no_id_always() {
        let mut reader = Reader::new("e-7".to_owned());
        let data = r#"{"event":"message","text":"x"}"#;
        assert!(message(&mut reader, Some("e-7"), data).is_none());
        assert!(message(&mut reader, Some("e-8"), data).is_some());
        assert!(
            message(&mut reader, Some("e-8"), data).is_some(),
            "not handled yet"
        );
        reader.advance("e-8");
        assert!(message(&mut reader, Some("e-8"), data).is_none());
        assert!(message(&mut reader, None, data).is_some());
        reader.advance("e-3");
        assert_eq!(reader.position(), "e-8");
    }

    #[test]
    fn another_log_may_repeat_positions_and_a_gap_that_was_told_is_not_told_again() {
        let mut reader = Reader::new("e-7".to_owned());
        let old = r#"{"from":"e-2","to":"e-5","reason":"pruned"}"#;
        assert!(reader.read("gap", None, old).is_none());
        let rolled_back = r#"{"from":"e-5","to":"e-7","reason":"rolled_back"}"#;
        assert!(reader.read("gap", None, rolled_back).is_some());
        assert_eq!(reader.position(), "");
        reader.advance("e-7");
        assert!(
            reader
                .read("gap", None, r#"{"reason":"unknown_epoch"}"#)
                .is_some()
        );
        let data = r#"{"event":"message","text":"x"}"#;
        assert!(message(&mut reader, Some("e-7"), data).is_some());
    }

    #[test]
    fn messages_before_the_first_ping_were_missed() {
        let mut reader = Reader::new(String::new());
        let data = r#"{"event":"message","text":"x"}"#;
        reader.read("welcome", None, "{}");
        assert!(message(&mut reader, None, data).expect("a message").missed);
        reader.read("ping", Some("e-1"), "{}");
        assert!(!message(&mut reader, None, data).expect("a message").missed);
    }
}
