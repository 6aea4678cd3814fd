//! What a worker says of its job, in parts that can only be valid.

use std::sync::Arc;

use super::State;

/// The largest number of steps: what JSON carries exactly everywhere (RFC 8259, section 6).
pub const MAX_NUMBER: u64 = (1 << 53) - 1;

/// What a job is, for people: 1 to 200 characters, none of them a control character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title(Arc<str>);

impl Title {
    /// The longest there may be, in characters.
    pub const MAX_LEN: usize = 200;

    /// Checks a title that came from outside.
    pub fn parse(text: &str) -> Result<Self, InvalidTitle> {
        if text.trim().is_empty() {
            return Err(InvalidTitle::Empty);
        }
        if text.chars().count() > Self::MAX_LEN {
            return Err(InvalidTitle::TooLong);
        }
        match text.chars().any(char::is_control) {
            true => Err(InvalidTitle::Control),
            false => Ok(Self(text.into())),
        }
    }

    /// The title as text.
    pub fn text(&self) -> &Arc<str> {
        &self.0
    }
}

/// Why a text is not a [`Title`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTitle {
    /// Nothing was given.
    #[error("a title must not be empty")]
    Empty,
    /// Over [`Title::MAX_LEN`].
    #[error("a title has at most 200 characters")]
    TooLong,
    /// Line ends and their like.
    #[error("a title must not contain control characters")]
    Control,
}

/// Lines for a job's log: at most 1,000 at a time, each of at most 4,096 bytes and, but for tabs, without
/// control characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines(Vec<Arc<str>>);

impl Lines {
    /// The most that one report brings.
    pub const MOST: usize = 1_000;
    /// The longest line, in bytes.
    pub const MAX_LEN: usize = 4_096;

    /// The lines of a text, whether they end in LF, CR or CRLF. An end after the last begins no other.
    pub fn parse(text: &str) -> Result<Self, InvalidLines> {
        let whole = text
            .strip_suffix("\r\n")
            .or_else(|| text.strip_suffix(['\r', '\n']))
            .unwrap_or(text);
        let mut lines = Vec::new();
        for part in whole.split('\n') {
            for line in part.strip_suffix('\r').unwrap_or(part).split('\r') {
                if lines.len() == Self::MOST {
                    return Err(InvalidLines::TooMany);
                }
                lines.push(Self::line(line)?);
            }
        }
        Ok(Self(lines))
    }

    fn line(text: &str) -> Result<Arc<str>, InvalidLines> {
        if text.len() > Self::MAX_LEN {
            return Err(InvalidLines::TooLong);
        }
        match text.chars().find(|c| c.is_control() && *c != '\t') {
            Some(c) => Err(InvalidLines::Control(c)),
            None => Ok(text.into()),
        }
    }

    /// The lines, in order.
    pub fn as_slice(&self) -> &[Arc<str>] {
        &self.0
    }

    /// About how many bytes they hold.
    pub fn weight(&self) -> usize {
        self.0.iter().map(|line| line.len() + 32).sum()
    }
}

/// Why a text can not go into a job's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLines {
    /// Over [`Lines::MOST`].
    #[error("a report brings at most 1000 lines")]
    TooMany,
    /// Over [`Lines::MAX_LEN`].
    #[error("a line has at most 4096 bytes")]
    TooLong,
    /// What would move the cursor of a terminal, for one.
    #[error("{0:?} is not allowed in a line: of the control characters only tabs are")]
    Control(char),
}

/// What is new of a job. With nothing in it, it is a sign of life.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Steps that are behind it, at most [`MAX_NUMBER`].
    pub step: Option<u64>,
    /// Steps that there are, 1 to [`MAX_NUMBER`].
    pub total: Option<u64>,
    /// For its log.
    pub lines: Lines,
    /// The number of the first of these lines, where the worker counts them.
    pub line: Option<u64>,
    /// How it ends.
    pub state: Option<State>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        let lines = Lines::parse(text).expect("valid");
        lines.as_slice().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_line_of_a_text_is_a_line() {
        assert_eq!(lines("a"), ["a"]);
        assert_eq!(lines("a\nb\r\nc\rd"), ["a", "b", "c", "d"]);
        assert_eq!(lines("a\n"), ["a"]);
        assert_eq!(lines("a\r\n"), ["a"]);
        assert_eq!(lines("a\n\nb"), ["a", "", "b"]);
        assert_eq!(lines("\ttab"), ["\ttab"]);
        assert_eq!(lines(""), [""]);
    }

    #[test]
    fn what_is_too_much_or_moves_a_terminal_is_refused() {
        let many = "x\n".repeat(Lines::MOST);
        assert_eq!(lines(&many).len(), Lines::MOST);
        assert_eq!(
            Lines::parse(&format!("{many}x")),
            Err(InvalidLines::TooMany)
        );
        let long = "x".repeat(Lines::MAX_LEN + 1);
        assert_eq!(Lines::parse(&long), Err(InvalidLines::TooLong));
        assert_eq!(
            Lines::parse("\u{1b}[1m"),
            Err(InvalidLines::Control('\u{1b}'))
        );
        assert_eq!(Title::parse(" "), Err(InvalidTitle::Empty));
        assert_eq!(Title::parse("a\nb"), Err(InvalidTitle::Control));
        assert_eq!(Title::parse(&"ä".repeat(201)), Err(InvalidTitle::TooLong));
        assert!(Title::parse(&"ä".repeat(200)).is_ok());
    }
}
