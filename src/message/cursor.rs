//! Positions in the log.

use std::{fmt, sync::Arc};

/// The position of a message in the log. The first is 1, and 0 is before all messages.
pub type Seq = u64;

/// Identifies a log and one opening of it, so that cursors of another log, or of a history that was rolled back, are
/// recognized. `log::Openings` creates and parses its content.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Epoch(Arc<str>);

impl Epoch {
    /// The maximum length in characters.
    const MAX_LEN: usize = 64;

    /// A random epoch for a new log: 8 characters of `0-9 a-f`.
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string()[..8].into())
    }

    /// An epoch without validation. The text must consist of letters and digits.
    pub(crate) fn of(text: &str) -> Self {
        Self(text.into())
    }

    /// Parses the epoch of a cursor: letters and digits.
    pub fn parse(text: &str) -> Result<Self, InvalidCursor> {
        let valid = (1..=Self::MAX_LEN).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric());
        valid.then(|| Self(text.into())).ok_or(InvalidCursor)
    }

    /// An epoch that no log has, for cursors that can't be parsed.
    pub fn unknown() -> Self {
        Self("unknown".into())
    }

    /// The epoch as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A position in the log as clients see it in `id:`, written `<epoch>-<seq>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The log and the opening that the position belongs to.
    pub epoch: Epoch,
    /// Everything up to and including this position was delivered.
    pub seq: Seq,
}

impl Cursor {
    /// The maximum number of digits of a position. SQLite and JetStream have 63-bit positions, which is more.
    const MAX_DIGITS: usize = 18;

    /// Parses the `Last-Event-ID` of a client.
    pub fn parse(text: &str) -> Result<Self, InvalidCursor> {
        let (epoch, seq) = text.split_once('-').ok_or(InvalidCursor)?;
        if !(1..=Self::MAX_DIGITS).contains(&seq.len()) || !seq.bytes().all(|b| b.is_ascii_digit())
        {
            return Err(InvalidCursor);
        }
        let seq = seq.parse::<i64>().map_err(|_| InvalidCursor)?;
        Ok(Self {
            epoch: Epoch::parse(epoch)?,
            seq: seq.unsigned_abs(),
        })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch.as_str(), self.seq)
    }
}

/// The text is not a [`Cursor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a cursor has the form <epoch>-<number>, as in the field id: of events")]
pub struct InvalidCursor;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_parsed_as_they_are_written() {
        let cursor = Cursor {
            epoch: Epoch::random(),
            seq: 42,
        };
        assert_eq!(Cursor::parse(&cursor.to_string()), Ok(cursor));
    }

    #[test]
    fn invalid_cursors_are_refused() {
        for text in [
            "",
            "-",
            "7",
            "a-",
            "-7",
            "a--7",
            "a-+7",
            "a-7x",
            "a b-7",
            "a-99999999999999999999",
        ] {
            assert_eq!(Cursor::parse(text), Err(InvalidCursor), "{text:?}");
        }
    }
}
