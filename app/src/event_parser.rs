//! Reads an event stream outside the browser: the WHATWG HTML standard, section 9.2.6 "Interpreting an
//! event stream", fed with whatever pieces the network delivers.

/// The longest line that is taken, in bytes. A stream that never ends its line is not one.
pub const MAX_LINE: usize = 16 * 1024 * 1024;

/// The largest event that is taken, in bytes: all its data lines together.
pub const MAX_EVENT: usize = 64 * 1024 * 1024;

/// One event as a page would get it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The last id that the stream has named, in this event or before; empty: none yet.
    pub id: String,
    /// The type; `message` where the stream named none.
    pub event: String,
    /// The data lines, joined by LF.
    pub data: String,
    /// The last reconnection time that the stream has named, in milliseconds.
    pub retry: Option<u64>,
}

/// Reads an event stream piece by piece. An event that is not closed by an empty line is never given out:
/// the standard discards what a broken connection leaves behind.
#[derive(Debug, Default)]
pub struct Parser {
    line: Vec<u8>,
    /// The last byte was a CR, so that an LF next belongs to the same line end.
    after_cr: bool,
    /// A byte order mark may only stand at the very start.
    begun: bool,
    data: String,
    event: String,
    id: String,
    /// What `id` was when an event was last closed: an id counts for a reconnect only then.
    last_id: String,
    retry: Option<u64>,
}

impl Parser {
    /// A parser at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// A parser for the stream that is opened anew where this one broke: it keeps the last id and the
    /// reconnection time, and forgets what was not closed.
    #[must_use]
    pub fn resumed(&self) -> Self {
        Self {
            id: self.last_id.clone(),
            last_id: self.last_id.clone(),
            retry: self.retry,
            ..Self::default()
        }
    }

    /// What to send as `Last-Event-ID` if the stream broke here; empty: nothing. It may be ahead of the
    /// last event that was given out: an event without data has an id, too.
    pub fn last_id(&self) -> &str {
        &self.last_id
    }

    /// How long to wait before reconnecting, in milliseconds, if the stream has said so.
    pub fn retry(&self) -> Option<u64> {
        self.retry
    }

    /// Takes the next bytes, however they were cut, and gives the events that they close.
    ///
    /// # Errors
    /// A line over [`MAX_LINE`] or an event over [`MAX_EVENT`]. Nothing more can be read then.
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
            // Keeps the room of the line for the next.
            self.line = line;
            self.line.clear();
        }
        Ok(events)
    }

    /// Takes a line without its end; an empty one closes the event.
    fn take_line(&mut self, mut line: &[u8]) -> Result<Option<Event>, TooLong> {
        if !std::mem::replace(&mut self.begun, true) {
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        if line.is_empty() {
            return Ok(self.close());
        }
        // A whole line can't end within a character, so decoding by line is decoding the stream.
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
            // A comment, whose field is empty, or a field that nobody knows.
            _ => {}
        }
        Ok(None)
    }

    fn close(&mut self) -> Option<Event> {
        self.id.clone_into(&mut self.last_id);
        let event = std::mem::take(&mut self.event);
        let mut data = std::mem::take(&mut self.data);
        // Only an event with a data line has this LF; one without is not an event.
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

/// A line or an event has no end in sight.
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

    /// Reads the whole text, then again cut at every place, then byte by byte: it must not matter.
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
    fn the_examples_of_the_standard_are_read_as_it_says() {
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
    fn every_kind_of_line_end_ends_a_line_once() {
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
    fn characters_may_be_cut_anywhere_and_broken_ones_are_replaced() {
        assert_eq!(data("data: grüße 日本 🦀\n\n"), ["grüße 日本 🦀"]);
        let broken = read(b"data: a\xffb\n\n");
        assert_eq!(broken[0].data, "a\u{fffd}b");
    }

    #[test]
    fn an_event_without_data_is_none_but_its_id_counts() {
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
    fn a_stream_that_is_opened_anew_starts_afresh_but_for_its_place() {
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
    fn a_type_is_of_its_own_event_only() {
        let events = read(b"event: x\ndata: a\n\ndata: b\n\nevent: x\nevent\ndata: c\n\n");
        let types: Vec<_> = events.iter().map(|event| &*event.event).collect();
        assert_eq!(types, ["x", "message", "message"]);
    }

    #[test]
    fn a_reconnection_time_is_digits() {
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
    fn fields_are_known_by_their_exact_name() {
        assert_eq!(
            data("Data: a\n data: b\ndata : c\n:data: d\ndatas: e\n\n"),
            [""; 0]
        );
        assert_eq!(data("data::\ndata: : \n\n"), [":\n: "]);
    }

    #[test]
    fn what_is_not_closed_is_not_given_out() {
        assert_eq!(data("data: a\n\ndata: b\n"), ["a"]);
        assert_eq!(data("data: a\n\ndata: b"), ["a"]);
        assert_eq!(data(""), [""; 0]);
    }

    #[test]
    fn a_line_without_an_end_is_refused_before_it_fills_the_memory() {
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
