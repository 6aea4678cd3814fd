//! The kinds of events that webhooks are told of.

use serde::{Deserialize, Serialize};

/// What happened. The order is that of the numbers in the file: add new ones at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A client has its first connection.
    ClientOnline,
    /// The last connection of a client is gone, and none came within the grace time.
    ClientOffline,
    /// A connection was opened.
    ConnectionOpened,
    /// A connection was closed.
    ConnectionClosed,
    /// A topic has its first subscriber.
    TopicOccupied,
    /// The last subscriber of a topic is gone, and none came within the grace time.
    TopicVacated,
    /// A client has acknowledged messages.
    MessageAcknowledged,
    /// The time to live of a message is over, and a client did not get it.
    MessageExpired,
    /// A job has ended.
    JobEnded,
    /// A stream was told that messages are missing.
    Gap,
    /// Something was refused because of a limit.
    LimitExceeded,
}

impl EventKind {
    /// All kinds, by number.
    pub const ALL: [Self; 11] = [
        Self::ClientOnline,
        Self::ClientOffline,
        Self::ConnectionOpened,
        Self::ConnectionClosed,
        Self::TopicOccupied,
        Self::TopicVacated,
        Self::MessageAcknowledged,
        Self::MessageExpired,
        Self::JobEnded,
        Self::Gap,
        Self::LimitExceeded,
    ];

    /// The name in the API, and the `type` of the event.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClientOnline => "client.online",
            Self::ClientOffline => "client.offline",
            Self::ConnectionOpened => "connection.opened",
            Self::ConnectionClosed => "connection.closed",
            Self::TopicOccupied => "topic.occupied",
            Self::TopicVacated => "topic.vacated",
            Self::MessageAcknowledged => "message.acknowledged",
            Self::MessageExpired => "message.expired",
            Self::JobEnded => "job.ended",
            Self::Gap => "gap",
            Self::LimitExceeded => "limit.exceeded",
        }
    }

    /// The kind with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The number in the file.
    pub(in crate::log) fn code(self) -> u32 {
        self as u32
    }

    /// The kind with this number. None: a newer program has written it.
    pub(in crate::log) fn of_code(code: u32) -> Option<Self> {
        Self::ALL.get(code as usize).copied()
    }
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventKinds(u32);

impl EventKinds {
    /// The kinds that tell which clients are there.
    pub const CLIENTS: Self =
        Self(1 << EventKind::ClientOnline as u32 | 1 << EventKind::ClientOffline as u32);

    /// The kinds that tell which topics have subscribers.
    pub const TOPICS: Self =
        Self(1 << EventKind::TopicOccupied as u32 | 1 << EventKind::TopicVacated as u32);

    /// Whether the kind is in the set.
    pub fn has(self, kind: EventKind) -> bool {
        self.0 & (1 << kind.code()) != 0
    }

    /// Whether the sets have a kind in common.
    pub fn has_any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether it is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The kinds of both sets.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// A bit for each kind, as in the file.
    pub(in crate::log) fn bits(self) -> u32 {
        self.0
    }

    /// The set with these bits.
    pub(in crate::log) fn of_bits(bits: u32) -> Self {
        Self(bits)
    }
}

impl FromIterator<EventKind> for EventKinds {
    fn from_iter<I: IntoIterator<Item = EventKind>>(kinds: I) -> Self {
        kinds
            .into_iter()
            .fold(Self::default(), |set, kind| Self(set.0 | 1 << kind.code()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_unique() {
        for (number, kind) in (0..).zip(EventKind::ALL) {
            assert_eq!(kind.code(), number);
            assert_eq!(EventKind::parse(kind.name()), Some(kind));
            assert_eq!(EventKind::of_code(number), Some(kind));
        }
        assert_eq!(EventKind::of_code(99), None);
        let some: EventKinds = [EventKind::Gap, EventKind::ClientOnline]
            .into_iter()
            .collect();
        assert!(some.has(EventKind::Gap) && !some.has(EventKind::JobEnded));
        assert!(some.has_any(EventKinds::CLIENTS) && !some.has_any(EventKinds::TOPICS));
    }
}
