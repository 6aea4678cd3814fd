//! Prints an event as one line.

use app::event_parser::Event;
use serde_json::json;

use crate::timestamp::now;

/// Time of arrival, type, id and data, separated by spaces. Only the data may contain spaces.
pub fn text(event: &Event) -> String {
    let id = if event.id.is_empty() { "-" } else { &event.id };
    let (kind, data) = (printable(&event.event, true), printable(&event.data, false));
    format!("{} {kind} {} {data}", now(), printable(id, true))
}

/// The same as a JSON object.
pub fn json(event: &Event) -> String {
    let id = Some(&event.id).filter(|id| !id.is_empty());
    json!({ "time": now(), "event": event.event, "id": id, "data": event.data }).to_string()
}

/// Escapes control characters, so that a message stays on one line and can not control the terminal.
fn printable(text: &str, is_word: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' if !is_word => out.push(c),
            ' ' if is_word => out.push('_'),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(data: &str) -> Event {
        Event {
            id: "abc-7".to_owned(),
            event: "order placed".to_owned(),
            data: data.to_owned(),
            retry: None,
        }
    }

    #[test]
    fn an_event_with_control_characters_is_one_line() {
        let line = text(&event("a\nb\u{1b}[2J\tc"));
        let (time, rest) = line.split_once(' ').expect("words");
        assert!(time.ends_with('Z') && time.contains('T'), "{time}");
        assert_eq!(rest, "order_placed abc-7 a\\nb\\u{1b}[2J\tc");
    }

    #[test]
    fn json_contains_the_data_unchanged() {
        let value: serde_json::Value = serde_json::from_str(&json(&event("a\nb"))).expect("JSON");
        assert_eq!(value["data"], "a\nb");
        assert_eq!(value["event"], "order placed");
        assert_eq!(value["id"], "abc-7");
    }
}
