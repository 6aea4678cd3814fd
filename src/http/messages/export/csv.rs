//! The history as a table (RFC 4180).

use std::fmt::Write;

use app::wire::{CursorRange, Ended, MessageInfo, To};

use crate::timestamp;

/// What spreadsheets recognize UTF-8 by.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The names of the columns.
const COLUMNS: [&str; 14] = [
    "id",
    "time",
    "audience",
    "to",
    "clients",
    "event",
    "data",
    "ended",
    "recipients",
    "waiting",
    "sent",
    "acknowledged",
    "expired",
    "recalled",
];

/// The first line.
pub fn head() -> Vec<u8> {
    let mut text = BYTE_ORDER_MARK.to_owned();
    write(COLUMNS.iter().map(|name| (*name).to_owned()), &mut text);
    text.into_bytes()
}

/// The line of a message.
pub fn row(message: &MessageInfo, out: &mut Vec<u8>) {
    let (audience, to) = match &message.to {
        To::Client(id) => ("client", id.clone()),
        To::Clients(ids) => ("clients", ids.join(" ")),
        To::Topic(topic) => ("topic", topic.clone()),
        To::Everyone => ("everyone", String::new()),
    };
    let ended = match message.ended {
        Some(Ended::Expired) => "expired",
        Some(Ended::Recalled) => "recalled",
        Some(Ended::Replaced) => "replaced",
        None => "",
    };
    let receipts = &message.receipts;
    let numbers = [
        receipts.audience,
        receipts.waiting,
        receipts.sent,
        receipts.acknowledged,
        receipts.expired,
        receipts.recalled,
    ];
    let texts = [
        message.id.clone(),
        timestamp::rfc3339_with_milliseconds(message.at),
        audience.to_owned(),
        to,
        message.clients.map(|n| n.to_string()).unwrap_or_default(),
        message.event.clone().unwrap_or_default(),
        data(message.data.get()),
        ended.to_owned(),
    ];
    let cells = texts
        .into_iter()
        .chain(numbers.map(|number| number.to_string()));
    append(cells, out);
}

/// The line of a range that can't be read.
pub fn unreadable(range: &CursorRange, out: &mut Vec<u8>) {
    let mut cells = [const { String::new() }; COLUMNS.len()];
    cells[0].clone_from(&range.from);
    cells[6] = format!("the messages up to {} can't be read", range.to);
    "unreadable".clone_into(&mut cells[7]);
    append(cells, out);
}

/// A text as it is, and all else as JSON.
fn data(json: &str) -> String {
    match json {
        "null" => String::new(),
        json => serde_json::from_str(json).unwrap_or_else(|_| json.to_owned()),
    }
}

fn append(cells: impl IntoIterator<Item = String>, out: &mut Vec<u8>) {
    let mut text = String::new();
    write(cells, &mut text);
    out.extend_from_slice(text.as_bytes());
}

fn write(cells: impl IntoIterator<Item = String>, out: &mut String) {
    for (n, cell) in cells.into_iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        let cell = harmless(cell);
        if cell.contains(['"', ',', '\r', '\n']) {
            // Writing to a string does not fail.
            let _ = write!(out, "\"{}\"", cell.replace('"', "\"\""));
        } else {
            out.push_str(&cell);
        }
    }
    out.push_str("\r\n");
}

/// Spreadsheets run a cell that begins like a formula. With a quote before it, they show it as text.
fn harmless(cell: String) -> String {
    // The last four are the full-width forms, which some spreadsheets take too.
    let first = [
        '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ];
    match cell.starts_with(first) {
        true => format!("'{cell}"),
        false => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(cells: &[&str]) -> String {
        let mut out = Vec::new();
        append(cells.iter().map(|cell| (*cell).to_owned()), &mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn cells_with_separators_and_quotes_are_quoted() {
        assert_eq!(line(&["a", "", "b c"]), "a,,b c\r\n");
        assert_eq!(line(&["a,b", "say \"x\""]), "\"a,b\",\"say \"\"x\"\"\"\r\n");
        assert_eq!(line(&["one\r\ntwo"]), "\"one\r\ntwo\"\r\n");
    }

    #[test]
    fn a_cell_that_begins_like_a_formula_is_a_text() {
        for first in [
            "=", "+", "-", "@", "\u{ff1d}", "\u{ff0b}", "\u{ff0d}", "\u{ff20}",
        ] {
            let cell = format!("{first}1+1");
            assert_eq!(line(&[&cell]), format!("'{cell}\r\n"));
        }
        assert_eq!(line(&["\t=1"]), "'\t=1\r\n");
        assert_eq!(line(&["\r=1"]), "\"'\r=1\"\r\n");
        assert_eq!(line(&["\n=1"]), "\"'\n=1\"\r\n");
        assert_eq!(line(&["=A1,\"x\""]), "\"'=A1,\"\"x\"\"\"\r\n");
        assert_eq!(line(&["1=1", "a-b"]), "1=1,a-b\r\n");
    }

    #[test]
    fn data_is_a_text_or_json() {
        assert_eq!(data(r#""two\nlines""#), "two\nlines");
        assert_eq!(data(r#"{"n": 1.10}"#), r#"{"n": 1.10}"#);
        assert_eq!(data("null"), "");
    }

    #[test]
    fn every_line_has_a_cell_for_each_column() {
        let range = CursorRange {
            from: "k3-1".to_owned(),
            to: "k3-9".to_owned(),
        };
        let mut out = Vec::new();
        unreadable(&range, &mut out);
        let out = String::from_utf8(out).expect("text");
        assert_eq!(
            out,
            "k3-1,,,,,,the messages up to k3-9 can't be read,unreadable,,,,,,\r\n"
        );
        assert_eq!(out.matches(',').count() + 1, COLUMNS.len());
    }
}
