//! What is known of a connection, and of a client by its connections.

use std::{
    fmt,
    net::{SocketAddr, SocketAddrV4, SocketAddrV6},
    sync::Arc,
    time::SystemTime,
};

use arcstr::ArcStr;

use crate::message::{ClientId, TopicFilter};

/// The number of a connection on this node; never used twice while the node runs.
pub type ConnectionId = u64;

/// What a connection tells of itself when it asks to be admitted.
#[derive(Clone, Debug)]
pub struct Subscriber {
    /// Whose connection it is.
    pub client_id: ClientId,
    /// What it subscribes to.
    pub filters: Box<[TopicFilter]>,
    /// The address it comes from.
    pub remote: Remote,
    /// The `User-Agent` it gave.
    pub user_agent: Option<ArcStr>,
}

impl Subscriber {
    /// Whether it watches the server itself. Such a connection is no part of the audience: it is neither
    /// listed nor counted, and `everyone` does not mean it.
    pub fn is_observer(&self) -> bool {
        self.filters.iter().any(TopicFilter::is_reserved)
    }
}

/// An address, in little room where it is of the usual kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remote {
    /// Not known.
    Unknown,
    /// Of IPv4.
    V4(SocketAddrV4),
    /// Of IPv6.
    V6(Box<SocketAddrV6>),
}

impl From<Option<SocketAddr>> for Remote {
    fn from(address: Option<SocketAddr>) -> Self {
        match address {
            None => Self::Unknown,
            Some(SocketAddr::V4(address)) => Self::V4(address),
            Some(SocketAddr::V6(address)) => Self::V6(Box::new(address)),
        }
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => Ok(()),
            Self::V4(address) => address.fmt(f),
            Self::V6(address) => address.fmt(f),
        }
    }
}

/// A connection as the registry knows it.
#[derive(Debug)]
pub struct ConnectionRecord {
    /// Its number.
    pub id: ConnectionId,
    /// When it was admitted, in milliseconds since 1970.
    pub since: u64,
    /// What it told of itself.
    pub subscriber: Subscriber,
}

/// A connection, and how it fares.
#[derive(Clone, Debug)]
pub struct ConnectionStatus {
    /// The connection.
    pub record: Arc<ConnectionRecord>,
    /// How many places of the log it is behind.
    pub behind: u64,
}

/// A client and its connections, oldest first.
#[derive(Clone, Debug)]
pub struct Presence {
    /// Who it is.
    pub client_id: ClientId,
    /// The registry's count of changes when this was read.
    pub version: u64,
    /// Its connections; none when it has gone.
    pub connections: Vec<ConnectionStatus>,
}

/// Clients and connections, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Distinct clients.
    pub clients: u64,
    /// Their connections.
    pub connections: u64,
}

/// Milliseconds since 1970.
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |time| time.as_millis() as u64)
}
