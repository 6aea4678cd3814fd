//! Parses an event stream outside the browser (WHATWG HTML standard, section 9.2.6 "Interpreting an
//! event stream"), from chunks of any size.

/// The longest accepted line, in bytes.
pub const MAX_LINE: usize = 16 * 1024 * 1024;

/// The largest accepted event, in bytes: all its data lines together.
pub const MAX_EVENT: usize = 64 * 1024 * 1024;

/// One event as a page would get it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The last id of the stream, in this event or before; empty: none yet.
    pub id: String,
    /// The type; `message` if the stream names none.
    pub event: String,
    /// The data lines, joined by LF.
    pub data: String,
    /// The last reconnection time of the stream, in milliseconds.
    pub retry: Option<u64>,
}

/// Parses an event stream in chunks. An event that is not closed by an empty line is never returned, as
/// the standard says.
#[derive(Debug, Default)]
pub struct Parser {
    line: Vec<u8>,
    /// The last byte was a CR, so an LF that follows belongs to the same line end.
    after_cr: bool,
    /// A byte order mark is allowed only at the very start.
    begun: bool,
    data: String,
    event: String,
    id: String,
    /// The `id` when an event was last closed. An id counts for a reconnect only then.
    last_id: String,
    retry: Option<u64>,
}

impl Parser {
    /// A parser at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// A parser for the stream after a reconnect. It keeps the last id and the reconnection time, and drops
    /// the unfinished event.
    #[must_use]
    pub fn resumed(&self) -> Self {
        Self {
            id: self.last_id.clone(),
            last_id: self.last_id.clone(),
            retry: self.retry,
            ..Self::default()
        }
    }

    /// The `Last-Event-ID` for a reconnect now; empty: none. It may be later than the last returned event:
    /// an event without data has an id, too.
    pub fn last_id(&self) -> &str {
        &self.last_id
    }

    /// The reconnection time in milliseconds, if the stream has set it.
    pub fn retry(&self) -> Option<u64> {
        self.retry
    }

    /// Parses the next chunk, and returns the events that it completes.
    ///
    /// # Errors
    /// A line over [`MAX_LINE`] or an event over [`MAX_EVENT`]. The parser cannot be used afterwards.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut events = Vec::new();
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_cr) && bytes[0] == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let piece = &bytes[..end.unwrap_or(bytes.len())];
            if self.line.len() + piece.len() > MAX_LINE {
                return Err(TooLong);
            }
            self.line.extend_from_slice(piece);
            let Some(end) = end else { break };
            self.after_cr = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            let line = std::mem::take(&mut self.line);
            events.extend(self.take_line(&line)?);
            // Keeps the buffer for the next line.
            self.line = line;
            self.line.clear();
        }
        Ok(events)
    }

    /// Parses a line without its end. An empty line closes the event.
    fn take_line(&mut self, mut line: &[u8]) -> Result<Option<Event>, TooLong> {
        if !std::mem::replace(&mut self.begun, true) {
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        if line.is_empty() {
            return Ok(self.close());
        }
        // A line cannot end within a character, so decoding each line equals decoding the stream.
        let line = String::from_utf8_lossy(line);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                if self.data.len() + value.len() + 1 > MAX_EVENT {
                    return Err(TooLong);
                }
                self.data.push_str(value);
                self.data.push('\n');
            }
            "event" => value.clone_into(&mut self.event),
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            "retry" if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) => {
                self.retry = value.parse().ok().or(self.retry);
            }
            // A comment (its field is empty) or an unknown field.
            _ => {}
        }
        Ok(None)
    }

    fn close(&mut self) -> Option<Event> {
        self.id.clone_into(&mut self.last_id);
        let event = std::mem::take(&mut self.event);
        let mut data = std::mem::take(&mut self.data);
        // Only an event with a data line has this LF; an event without one is dropped.
        data.pop()?;
        Some(Event {
            id: self.id.clone(),
            event: match event.is_empty() {
                true => "message".to_owned(),
                false => event,
            },
            data,
            retry: self.retry,
        })
    }
}

/// A line or an event is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl std::fmt::Display for TooLong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the stream has a line or an event that is too long to be meant")
    }
}

impl std::error::Error for TooLong {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parses the text whole, then cut at every position, then byte by byte. The results must be equal.
    fn read(stream: &[u8]) -> Vec<Event> {
        let pieces = |pieces: &[&[u8]]| {
            let mut parser = Parser::new();
            let events = pieces
                .iter()
                .map(|piece| parser.push(piece).expect("short"));
            events.flatten().collect::<Vec<_>>()
        };
        let whole = pieces(&[stream]);
        for cut in 0..=stream.len() {
            let (head, tail) = stream.split_at(cut);
            assert_eq!(pieces(&[head, tail]), whole, "cut at {cut}");
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(pieces(&bytes), whole, "byte by byte");
        whole
    }

    fn data(stream: &str) -> Vec<String> {
        let events = read(stream.as_bytes()).into_iter();
        events.map(|event| event.data).collect()
    }

    #[test]
    fn the_examples_of_the_standard_are_parsed_as_specified() {
        assert_eq!(data("data: YHOO\ndata: +2\ndata: 10\n\n"), ["YHOO\n+2\n10"]);
        let stream = ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n";
        let events = read(stream.as_bytes());
        let seen: Vec<_> = events.iter().map(|e| (&*e.id, &*e.data)).collect();
        assert_eq!(
            seen,
            [
                ("1", "first event"),
                ("", "second event"),
                ("", " third event")
            ]
        );
        assert_eq!(data("data\n\ndata\ndata\n\ndata:"), ["", "\n"]);
        assert_eq!(data("data:test\n\ndata: test\n\n"), ["test", "test"]);
    }

    #[test]
    fn every_kind_of_line_end_ends_one_line() {
        assert_eq!(data("data: a\r\ndata: b\r\n\r\n"), ["a\nb"]);
        assert_eq!(data("data: a\rdata: b\r\r"), ["a\nb"]);
        assert_eq!(data("data: a\n\rdata: b\r\n\n"), ["a", "b"]);
        assert_eq!(data("data: a\r\n\ndata: b\n\r\n"), ["a", "b"]);
        assert_eq!(data("data: a\u{2028}b\u{85}c\n\n"), ["a\u{2028}b\u{85}c"]);
    }

    #[test]
    fn a_byte_order_mark_is_dropped_at_the_start_only() {
        assert_eq!(data("\u{feff}data: a\n\n"), ["a"]);
        assert_eq!(data("\u{feff}\u{feff}data: a\n\n"), [""; 0]);
        assert_eq!(data("data: a\n\n\u{feff}data: b\n\n"), ["a"]);
        assert_eq!(data("\n\u{feff}data: b\n\n"), [""; 0]);
    }

    #[test]
    fn characters_may_be_cut_anywhere_and_invalid_bytes_are_replaced() {
        assert_eq!(data("data: grüße 日本 🦀\n\n"), ["grüße 日本 🦀"]);
        let broken = read(b"data: a\xffb\n\n");
        assert_eq!(broken[0].data, "a\u{fffd}b");
    }

    #[test]
    fn an_event_without_data_is_dropped_but_its_id_counts() {
        let mut parser = Parser::new();
        assert_eq!(parser.push(b"event: x\nid: 7\n\n"), Ok(vec![]));
        assert_eq!(parser.last_id(), "7");
        let events = parser.push(b"data: a\n\n").expect("short");
        assert_eq!((&*events[0].event, &*events[0].id), ("message", "7"));
    }

    #[test]
    fn an_id_counts_when_its_event_is_closed() {
        let mut parser = Parser::new();
        let _ = parser.push(b"id: 6\n\n");
        assert_eq!(parser.push(b"id: 7\ndata: a\n"), Ok(vec![]));
        assert_eq!(
            parser.last_id(),
            "6",
            "what is not closed will be sent again"
        );
        assert_eq!(parser.push(b"\n").expect("short").len(), 1);
        assert_eq!(parser.last_id(), "7");
        let _ = parser.push(b"id: a\0b\ndata: a\n\n");
        assert_eq!(parser.last_id(), "7", "an id with NUL is none");
        let _ = parser.push(b"id\n\n");
        assert_eq!(parser.last_id(), "");
    }

    #[test]
    fn after_a_reconnect_only_the_last_id_and_the_reconnection_time_stay() {
        let mut parser = Parser::new();
        let _ = parser.push(b"retry: 5\nid: 6\n\nid: 7\nevent: x\ndata: cut o");
        let mut parser = parser.resumed();
        assert_eq!((parser.last_id(), parser.retry()), ("6", Some(5)));
        let events = parser
            .push("\u{feff}data: a\n\n".as_bytes())
            .expect("short");
        assert_eq!(
            (&*events[0].event, &*events[0].id, &*events[0].data),
            ("message", "6", "a")
        );
    }

    #[test]
    fn a_type_applies_to_its_own_event_only() {
        let events = read(b"event: x\ndata: a\n\ndata: b\n\nevent: x\nevent\ndata: c\n\n");
        let types: Vec<_> = events.iter().map(|event| &*event.event).collect();
        assert_eq!(types, ["x", "message", "message"]);
    }

    #[test]
    fn a_reconnection_time_consists_of_digits() {
        let retry = |stream: &str| {
            let mut parser = Parser::new();
            parser.push(stream.as_bytes()).expect("short");
            parser.retry()
        };
        assert_eq!(retry("retry: 1500\n"), Some(1500));
        assert_eq!(
            retry("retry: 15\nretry: 1s\nretry\nretry: -1\nretry: +1\n"),
            Some(15)
        );
        assert_eq!(retry("retry: 99999999999999999999999\n"), None);
        let events = read(b"retry: 5\n\ndata: a\n\n");
        assert_eq!(events[0].retry, Some(5));
    }

    #[test]
    fn field_names_are_matched_exactly() {
        assert_eq!(
            data("Data: a\n data: b\ndata : c\n:data: d\ndatas: e\n\n"),
            [""; 0]
        );
        assert_eq!(data("data::\ndata: : \n\n"), [":\n: "]);
    }

    #[test]
    fn an_unfinished_event_is_not_returned() {
        assert_eq!(data("data: a\n\ndata: b\n"), ["a"]);
        assert_eq!(data("data: a\n\ndata: b"), ["a"]);
        assert_eq!(data(""), [""; 0]);
    }

    #[test]
    fn an_endless_line_is_refused_before_it_fills_the_memory() {
        let mut parser = Parser::new();
        let piece = vec![b'a'; 1024 * 1024];
        let refused = (0..32).position(|_| parser.push(&piece) == Err(TooLong));
        assert_eq!(refused, Some(16));
        let mut parser = Parser::new();
        let line = [b"data:", &piece[..], b"\n"].concat();
        let refused = (0..128).position(|_| parser.push(&line) == Err(TooLong));
        assert_eq!(refused, Some(63));
    }
}
