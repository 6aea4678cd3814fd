//! What an update of the Mercure protocol has besides the fields of every message.

use super::{Cursor, Topic};

/// The most topics of an update.
pub const MAX_TOPICS: usize = 100;

/// See the module documentation. The audience of its message is its canonical topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// Further topics. None of them is the canonical one, and none occurs twice.
    pub alternates: Box<[Topic]>,
    /// Whether only subscribers get it that may read one of its topics.
    pub private: bool,
    /// The id that the publisher chose.
    pub id: Option<UpdateId>,
    /// The time in milliseconds that an EventSource waits before it reconnects.
    pub retry: Option<u64>,
}

/// An id that a publisher chose: 1 to 256 bytes, no control characters, no blanks at its ends. It does not begin with `#`,
/// as the ids of this server do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateId(Box<str>);

impl UpdateId {
    /// The maximum length in bytes.
    pub const MAX_LEN: usize = 256;

    /// What a subscriber sends to get everything that is kept.
    pub const EARLIEST: &str = "earliest";

    /// What the ids of the server begin with.
    pub const OWN: char = '#';

    /// The id that the server gives to an update: its cursor. Ids of hubs are URLs, or begin with `#`.
    pub fn of_cursor(cursor: &Cursor) -> String {
        format!("{}{cursor}", Self::OWN)
    }

    /// Parses an id from a request.
    pub fn parse(text: &str) -> Result<Self, InvalidUpdateId> {
        if text.is_empty() {
            Err(InvalidUpdateId::Empty)
        } else if text.len() > Self::MAX_LEN {
            Err(InvalidUpdateId::TooLong)
        } else if text.chars().any(char::is_control) || text.trim() != text {
            Err(InvalidUpdateId::Character)
        } else if text.starts_with(Self::OWN) || text == Self::EARLIEST {
            Err(InvalidUpdateId::Reserved)
        } else {
            Ok(Self(text.into()))
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is not an [`UpdateId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUpdateId {
    /// The text is empty.
    #[error("an id must not be empty: leave it out to get one of the server")]
    Empty,
    /// It is longer than [`UpdateId::MAX_LEN`].
    #[error("an id has at most 256 bytes")]
    TooLong,
    /// A header could not carry it.
    #[error("an id must not contain control characters, and no blanks at its ends")]
    Character,
    /// It begins with `#`, or is `earliest`.
    #[error("an id must not begin with #, as those of the server do, and must not be `earliest`")]
    Reserved,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_a_header_can_carry_are_accepted() {
        for good in ["urn:uuid:1", "a b", "é", "1"] {
            assert!(UpdateId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "#1", "earliest", "a\nb", " a", "a ", "a\u{85}b"] {
            assert!(UpdateId::parse(bad).is_err(), "{bad:?}");
        }
        assert!(UpdateId::parse(&"x".repeat(257)).is_err());
    }
}
