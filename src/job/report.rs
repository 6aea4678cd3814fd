//! The report of a worker. Invalid reports can't be constructed.

use std::sync::Arc;

use super::{Retry, State};

/// The maximum number of steps: the largest integer that JSON carries exactly everywhere (RFC 8259, section 6).
pub const MAX_NUMBER: u64 = (1 << 53) - 1;

/// What a job does, for people: 1 to 200 characters without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title(Arc<str>);

impl Title {
    /// The maximum length, in characters.
    pub const MAX_LEN: usize = 200;

    /// Checks a title.
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
    /// It is empty.
    #[error("a title must not be empty")]
    Empty,
    /// It is longer than [`Title::MAX_LEN`].
    #[error("a title has at most 200 characters")]
    TooLong,
    /// It has control characters.
    #[error("a title must not contain control characters")]
    Control,
}

/// Lines for the log of a job: at most 1,000, each of at most 4,096 bytes, without control characters except tabs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines(Vec<Arc<str>>);

impl Lines {
    /// The maximum number of lines of one report.
    pub const MAX_LINES: usize = 1_000;
    /// The maximum length of a line, in bytes.
    pub const MAX_LEN: usize = 4_096;

    /// The lines of a text with LF, CR or CRLF. A line end after the last line is ignored.
    pub fn parse(text: &str) -> Result<Self, InvalidLines> {
        let whole = text
            .strip_suffix("\r\n")
            .or_else(|| text.strip_suffix(['\r', '\n']))
            .unwrap_or(text);
        let mut lines = Vec::new();
        for part in whole.split('\n') {
            for line in part.strip_suffix('\r').unwrap_or(part).split('\r') {
                if lines.len() == Self::MAX_LINES {
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

    /// The approximate size in bytes.
    pub fn weight(&self) -> usize {
        self.0.iter().map(|line| line.len() + 32).sum()
    }
}

/// Why a text can't be appended to the log of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLines {
    /// More than [`Lines::MOST`] lines.
    #[error("a report has at most 1000 lines")]
    TooMany,
    /// A line is longer than [`Lines::MAX_LEN`].
    #[error("a line has at most 4096 bytes")]
    TooLong,
    /// A line has a control character.
    #[error("{0:?} is not allowed in a line: tabs are the only control characters allowed")]
    Control(char),
}

/// A report of a worker. An empty one only restarts the timeout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Steps that are done, at most [`MAX_NUMBER`].
    pub step: Option<u64>,
    /// The total number of steps, 1 to [`MAX_NUMBER`].
    pub total: Option<u64>,
    /// New lines for the log.
    pub lines: Lines,
    /// The number of the first of these lines, if the worker counts lines.
    pub line: Option<u64>,
    /// The final state, if the job has ended.
    pub state: Option<State>,
    /// How the job is tried again.
    pub retry: Option<Retry>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        let lines = Lines::parse(text).expect("valid");
        lines.as_slice().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_text_is_split_at_every_kind_of_line_end() {
        assert_eq!(lines("a"), ["a"]);
        assert_eq!(lines("a\nb\r\nc\rd"), ["a", "b", "c", "d"]);
        assert_eq!(lines("a\n"), ["a"]);
        assert_eq!(lines("a\r\n"), ["a"]);
        assert_eq!(lines("a\n\nb"), ["a", "", "b"]);
        assert_eq!(lines("\ttab"), ["\ttab"]);
        assert_eq!(lines(""), [""]);
    }

    #[test]
    fn too_many_lines_long_lines_and_control_characters_are_refused() {
        let many = "x\n".repeat(Lines::MAX_LINES);
        assert_eq!(lines(&many).len(), Lines::MAX_LINES);
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
