//! Splits a body into lines, wherever it is cut into pieces on its way.

use bytes::{Buf, BytesMut};

/// A line of a body. Empty lines are left out.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// A line, without its end and without white space around it.
    Text(&'a [u8]),
    /// A line over the limit. It is told as soon as it is too long, and the rest of it is skipped.
    TooLong,
}

/// The part of a body that has arrived and was not taken yet. It holds one line that is not complete at most.
#[derive(Debug)]
pub struct LineBuffer {
    rest: BytesMut,
    /// Bytes at the beginning of `rest` that were taken.
    taken: usize,
    /// The longest line, in bytes.
    limit: usize,
    /// What comes next belongs to a line that was too long.
    skips: bool,
    ended: bool,
}

impl LineBuffer {
    /// For a body of which nothing has arrived.
    pub fn new(limit: usize) -> Self {
        Self {
            rest: BytesMut::new(),
            taken: 0,
            limit,
            skips: false,
            ended: false,
        }
    }

    /// Adds what has arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.rest.advance(std::mem::take(&mut self.taken));
        self.rest.extend_from_slice(bytes);
    }

    /// The body is complete: what is left is its last line.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// The body ended too early: a line that is not complete is dropped.
    pub fn abort(&mut self) {
        self.rest.clear();
        self.taken = 0;
        self.ended = true;
    }

    /// Whether the body has ended, complete or not. There may be lines left.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// The next line. None: more of the body has to arrive, or it has ended.
    pub fn next(&mut self) -> Option<Line<'_>> {
        loop {
            let start = self.taken;
            let left = self.rest.len() - start;
            let end = memchr::memchr(b'\n', &self.rest[start..]);
            let length = match end {
                Some(length) => length,
                None if self.ended && left > 0 => left,
                None if left > self.limit => {
                    self.taken = self.rest.len();
                    match std::mem::replace(&mut self.skips, true) {
                        true => return None,
                        false => return Some(Line::TooLong),
                    }
                }
                None => return None,
            };
            self.taken = start + length + usize::from(end.is_some());
            if std::mem::take(&mut self.skips) {
                continue;
            }
            if length > self.limit {
                return Some(Line::TooLong);
            }
            let is_empty = self.rest[start..start + length].trim_ascii().is_empty();
            if !is_empty {
                return Some(Line::Text(self.rest[start..start + length].trim_ascii()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&str], limit: usize) -> Vec<String> {
        let mut buffer = LineBuffer::new(limit);
        let mut lines = Vec::new();
        let mut take = |buffer: &mut LineBuffer| {
            while let Some(line) = buffer.next() {
                lines.push(match line {
                    Line::Text(text) => String::from_utf8_lossy(text).into_owned(),
                    Line::TooLong => "too long".to_owned(),
                });
            }
        };
        for piece in pieces {
            buffer.push(piece.as_bytes());
            take(&mut buffer);
        }
        buffer.end();
        take(&mut buffer);
        lines
    }

    #[test]
    fn lines_are_the_same_wherever_the_body_is_cut() {
        assert_eq!(lines(&["a\nb\r\n\n c \nd"], 9), ["a", "b", "c", "d"]);
        assert_eq!(
            lines(&["a", "\n", "b\r", "\n\n c", " \nd"], 9),
            ["a", "b", "c", "d"]
        );
        assert_eq!(lines(&["", "\n"], 9), [""; 0]);
    }

    #[test]
    fn a_long_line_is_refused_once_and_the_next_one_is_read() {
        assert_eq!(lines(&["12345\nb"], 4), ["too long", "b"]);
        assert_eq!(lines(&["12345", "678", "9\nb"], 4), ["too long", "b"]);
        assert_eq!(lines(&["1234", "5", "\nb\n"], 4), ["too long", "b"]);
        assert_eq!(lines(&["12345"], 4), ["too long"]);
        // White space counts, or a line would be refused or not depending on where it is cut.
        assert_eq!(lines(&["1   ", " \nb"], 4), ["too long", "b"]);
        assert_eq!(lines(&["1    \nb"], 4), ["too long", "b"]);
    }

    #[test]
    fn a_line_that_is_not_complete_is_dropped_when_the_body_breaks_off() {
        let mut buffer = LineBuffer::new(9);
        buffer.push(b"a\nb");
        buffer.abort();
        assert_eq!(buffer.next(), None);
        assert!(buffer.has_ended());
    }
}
