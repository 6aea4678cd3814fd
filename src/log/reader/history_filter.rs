//! The filter of the history.

use crate::message::{ClientId, EventType, Topic};

/// Which messages, by audience.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryAudience {
    /// Messages to one or several clients.
    Direct,
    /// Messages to this client, alone or with others.
    Client(ClientId),
    /// Messages to any topic.
    Topics,
    /// Messages to this topic.
    Topic(Topic),
    /// Messages to everyone.
    Everyone,
}

/// Conditions on messages. A condition that is none matches every message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// The audience.
    pub audience: Option<HistoryAudience>,
    /// The event type.
    pub event: Option<EventType>,
    /// A text that the data contains (case-insensitive).
    pub text: Option<String>,
    /// Pushed at this time or later, in milliseconds since 1970. Assumes that times follow the order of the log.
    pub since: Option<u64>,
    /// Pushed at this time or earlier, in milliseconds since 1970. Assumes that times follow the order of the log.
    pub until: Option<u64>,
}
