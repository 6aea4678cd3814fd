//! How a message is treated, where that is not as usual: what it takes the place of, how urgent it is, and whether it is the
//! state of its topic.

use std::sync::Arc;

use super::Seq;

/// See the module documentation. Most messages have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handling {
    /// It takes the place of an earlier message with this key and the same audience.
    pub replace: Option<ReplaceKey>,
    /// How urgent it is.
    pub urgency: Urgency,
    /// Whether its data is the state of its topic from now on.
    pub is_state: bool,
    /// What it took the place of. The log knows it when the message has its position.
    pub replaces: Option<Replaced>,
}

/// The messages whose place a message took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// The first one. All that followed it have the same.
    pub first: Seq,
    /// The one before.
    pub last: Seq,
}

impl Handling {
    /// None if it is the usual one.
    pub fn unless_usual(self) -> Option<Arc<Self>> {
        (self != Self::default()).then(|| Arc::new(self))
    }
}

/// Names what a message is about, so that a newer one takes its place: 1 to 128 bytes without control characters. The model is the
/// `Topic` of Web Push (RFC 8030, section 5.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplaceKey(Box<str>);

impl ReplaceKey {
    /// The maximum length in bytes.
    pub const MAX_LEN: usize = 128;

    /// Parses a key from a request.
    pub fn parse(text: &str) -> Result<Self, InvalidReplaceKey> {
        if text.is_empty() {
            Err(InvalidReplaceKey::Empty)
        } else if text.len() > Self::MAX_LEN {
            Err(InvalidReplaceKey::TooLong)
        } else if text.chars().any(char::is_control) {
            Err(InvalidReplaceKey::Control)
        } else {
            Ok(Self(text.into()))
        }
    }

    /// A key that was stored in the log: one of a push, or one of the server's own.
    pub(crate) fn stored(text: &str) -> Result<Self, InvalidReplaceKey> {
        match Self::parse(text) {
            Err(InvalidReplaceKey::Control) => Ok(Self(text.into())),
            other => other,
        }
    }

    /// The key of states that are set without a message. No push can have it.
    pub(crate) fn of_state() -> Self {
        Self("\u{1}state".into())
    }

    /// Whether it is one of the server's own.
    pub fn is_own(&self) -> bool {
        self.0.starts_with('\u{1}')
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is not a [`ReplaceKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReplaceKey {
    /// The text is empty.
    #[error("a replace key must not be empty")]
    Empty,
    /// It is longer than [`ReplaceKey::MAX_LEN`].
    #[error("a replace key has at most 128 bytes")]
    TooLong,
    /// It contains control characters.
    #[error("a replace key must not contain control characters")]
    Control,
}

/// How urgent a message is (RFC 8030, section 5.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Urgency {
    /// For a device on power and Wi-Fi: an advertisement.
    VeryLow,
    /// For a device on power or Wi-Fi: news.
    Low,
    /// A message of a chat.
    #[default]
    Normal,
    /// A call, or an alert.
    High,
}

impl Urgency {
    /// All of them, with their numbers in the file and in records.
    const ALL: [(Self, u8, &str); 4] = [
        (Self::Normal, 0, "normal"),
        (Self::VeryLow, 1, "very-low"),
        (Self::Low, 2, "low"),
        (Self::High, 3, "high"),
    ];

    /// Parses a name. None if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|(_, _, name)| *name == text).map(|(one, ..)| one)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VeryLow => "very-low",
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }

    /// Its number in the file and in records.
    pub(crate) fn code(self) -> u8 {
        let mut all = Self::ALL.into_iter();
        all.find(|(one, ..)| *one == self)
            .map_or(0, |(_, code, _)| code)
    }

    /// The urgency with this number. An unknown one is normal.
    pub(crate) fn of_code(code: u8) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|(_, number, _)| *number == code)
            .map_or(Self::Normal, |(one, ..)| one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_of_urgencies_are_read_back() {
        for (urgency, code, name) in Urgency::ALL {
            assert_eq!(Urgency::parse(name), Some(urgency));
            assert_eq!((urgency.as_str(), urgency.code()), (name, code));
            assert_eq!(Urgency::of_code(code), urgency);
        }
        assert_eq!(Urgency::parse("urgent"), None);
    }

    #[test]
    fn replace_keys_are_validated() {
        assert!(ReplaceKey::parse("score/7 é").is_ok());
        assert_eq!(ReplaceKey::parse(""), Err(InvalidReplaceKey::Empty));
        assert_eq!(ReplaceKey::parse("a\nb"), Err(InvalidReplaceKey::Control));
        assert_eq!(
            ReplaceKey::parse(&"x".repeat(129)),
            Err(InvalidReplaceKey::TooLong)
        );
    }
}
