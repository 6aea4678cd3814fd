//! Places in the log.

use std::{fmt, sync::Arc};

/// The place of a message in the log. The first is 1; 0 is before all.
pub type Seq = u64;

/// Names a log and one opening of it, so that a cursor of another log, or of a history that was rolled back, is
/// recognized. Opaque here: `log::Openings` makes and reads it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Epoch(Arc<str>);

impl Epoch {
    /// The longest there may be, in characters.
    const MAX_LEN: usize = 64;

    /// A new one, for a new log: 8 digits of `0-9 a-f`.
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string()[..8].into())
    }

    /// An epoch of letters and digits, not checked.
    pub(crate) fn of(text: &str) -> Self {
        Self(text.into())
    }

    /// An epoch that came in a cursor: letters and digits.
    pub fn parse(text: &str) -> Result<Self, InvalidCursor> {
        let valid = (1..=Self::MAX_LEN).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric());
        valid.then(|| Self(text.into())).ok_or(InvalidCursor)
    }

    /// One that no log has: it stands for a cursor that nobody can read.
    pub fn unknown() -> Self {
        Self("unknown".into())
    }

    /// The epoch as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A place in the log as the client sees it in `id:`, written `<epoch>-<seq>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The log, and the opening of it, that the position belongs to.
    pub epoch: Epoch,
    /// Everything up to and with this place has been served.
    pub seq: Seq,
}

impl Cursor {
    /// Reads what a client sent as `Last-Event-ID`.
    pub fn parse(text: &str) -> Result<Self, InvalidCursor> {
        let (epoch, seq) = text.split_once('-').ok_or(InvalidCursor)?;
        if seq.is_empty() || !seq.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidCursor);
        }
        // SQLite and JetStream count in 63 bits.
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

/// A text that is not a [`Cursor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a cursor is written <epoch>-<number>, as it came in id:")]
pub struct InvalidCursor;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_what_it_wrote() {
        let cursor = Cursor {
            epoch: Epoch::random(),
            seq: 42,
        };
        assert_eq!(Cursor::parse(&cursor.to_string()), Ok(cursor));
    }

    #[test]
    fn what_is_not_a_cursor_is_refused() {
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
