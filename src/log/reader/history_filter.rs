//! What the history is asked for.

use crate::message::{ClientId, EventType, Topic};

/// Which audience the history is wanted of.
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

/// What the history is wanted of. What is not given does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// Whom it was for.
    pub audience: Option<HistoryAudience>,
    /// Its event type.
    pub event: Option<EventType>,
    /// Something that its data contains, in upper or lower case.
    pub text: Option<String>,
    /// Not pushed before; milliseconds since 1970.
    pub since: Option<u64>,
    /// Not pushed after; milliseconds since 1970. Taken to be in the order of the log.
    pub until: Option<u64>,
}
