//! What is known of a connection, and of a client by its connections.

use std::sync::Arc;

use crate::{
    message::{ClientId, Seq, TopicFilter},
    outbox::Outbox,
};

/// The number of a connection on this node; never used twice while the node runs.
pub type ConnectionId = u64;

/// What a connection tells of itself when it registers.
#[derive(Clone, Debug)]
pub struct Newcomer {
    /// Whose connection it is.
    pub client_id: ClientId,
    /// What it subscribes to.
    pub filters: Vec<TopicFilter>,
    /// The address it comes from.
    pub remote: String,
    /// The `User-Agent` it gave.
    pub user_agent: Option<String>,
}

impl Newcomer {
    /// Whether it watches the server itself. Such a connection is no part of the audience: it is neither
    /// listed nor counted, and `everyone` does not mean it.
    pub fn is_observer(&self) -> bool {
        self.filters.iter().any(TopicFilter::is_reserved)
    }
}

/// A connection as the registry knows it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number.
    pub id: ConnectionId,
    /// What it told of itself.
    pub newcomer: Arc<Newcomer>,
    /// When it registered, in milliseconds since 1970.
    pub since: u64,
    pub(super) outbox: Arc<Outbox>,
}

impl Entry {
    /// How many places of the log it is behind `head`.
    pub fn behind(&self, head: Seq) -> u64 {
        self.outbox.behind(head)
    }
}

/// A client and its connections, oldest first.
#[derive(Clone, Debug)]
pub struct Presence {
    /// Who it is.
    pub client_id: ClientId,
    /// The registry's count of changes when this was read.
    pub version: u64,
    /// Its connections; none when it has gone.
    pub connections: Vec<Entry>,
    /// The newest place that was fanned out when this was read.
    pub head: Seq,
}
