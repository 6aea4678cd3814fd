//! What the registry knows of a connection, and of a client by its connections.

use std::{
    fmt,
    net::{SocketAddr, SocketAddrV4, SocketAddrV6},
    sync::Arc,
    time::SystemTime,
};

use arcstr::ArcStr;

use super::SubscriptionGuard;
use crate::access_log::AccessEntry;
use crate::message::{ClientId, TopicAccess, TopicFilter};
use crate::network::Network;

/// The number of a connection on this node. Numbers grow and are not reused while the process runs.
pub type ConnectionId = u64;

/// The subscriber of a connection: whose it is, and what it subscribes to.
#[derive(Clone, Debug)]
pub struct Subscriber {
    /// The client.
    pub client_id: ClientId,
    /// The topics and patterns that it subscribes to.
    pub filters: Box<[TopicFilter]>,
    /// The address it comes from.
    pub remote: Remote,
    /// The `User-Agent` it gave.
    pub user_agent: Option<ArcStr>,
    /// The number of the API key that opened it, to close it when the key ends. 0: none did.
    pub key: u32,
    /// Whether no limit of its address applies to it.
    pub unlimited: bool,
    /// Whether its client id was made for this connection alone. Then nothing about the client is stored.
    pub passing: bool,
    /// Which messages of these topics it may have.
    pub access: TopicAccess,
    /// The token that it was opened with, if it was.
    pub token: Option<Arc<StreamToken>>,
    /// Keeps its subscriptions active, where others are told of them.
    pub subscriptions: Option<Arc<SubscriptionGuard>>,
}

/// What is known of the token of a stream, to end the stream when the token is revoked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamToken {
    /// Its id (`jti`).
    pub id: Option<String>,
    /// When it was issued (`iat`), in seconds since 1970.
    pub issued_at: Option<u64>,
}

impl Subscriber {
    /// Someone of whom nothing else is known, with all rights of who has no token: for tests and simulations.
    pub fn unknown(client_id: ClientId, filters: Box<[TopicFilter]>) -> Self {
        Self {
            client_id,
            filters,
            remote: Remote::Unknown,
            user_agent: None,
            key: 0,
            unlimited: false,
            passing: false,
            access: TopicAccess::default(),
            token: None,
            subscriptions: None,
        }
    }

    /// The addresses among which it counts, if they are limited.
    pub(super) fn limited_network(&self) -> Option<Network> {
        let network = Network::of(match &self.remote {
            Remote::Unknown => None,
            Remote::V4(address) => Some((*address).into()),
            Remote::V6(address) => Some((**address).into()),
        });
        (!self.unlimited && !network.may_be_many()).then_some(network)
    }

    /// The client, if what is for it is stored.
    pub fn lasting_client(&self) -> Option<&ClientId> {
        (!self.passing && !self.is_observer()).then_some(&self.client_id)
    }

    /// Whether it is an observer: it subscribes to one of the server's own topics. Observers are neither listed nor
    /// counted, and `everyone` does not include them.
    pub fn is_observer(&self) -> bool {
        self.filters.iter().any(TopicFilter::is_reserved)
    }
}

/// A remote address. IPv6 is boxed to keep the common case small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remote {
    /// Unknown.
    Unknown,
    /// IPv4.
    V4(SocketAddrV4),
    /// IPv6.
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

/// An admitted connection.
#[derive(Debug)]
pub struct ConnectionRecord {
    /// Its number.
    pub id: ConnectionId,
    /// When it was admitted, in milliseconds since 1970.
    pub since: u64,
    /// Its subscriber.
    pub subscriber: Subscriber,
    /// Where its request is logged, if requests are.
    pub access: Option<Arc<AccessEntry>>,
}

/// A connection and how far it is.
#[derive(Clone, Debug)]
pub struct ConnectionStatus {
    /// The connection.
    pub record: Arc<ConnectionRecord>,
    /// How many positions of the log it is behind.
    pub behind: u64,
}

/// A client and its connections, oldest first.
#[derive(Clone, Debug)]
pub struct Presence {
    /// The client.
    pub client_id: ClientId,
    /// The version of the registry when this was read. It grows with each change.
    pub version: u64,
    /// Its connections; empty when it has disconnected.
    pub connections: Vec<ConnectionStatus>,
}

/// Numbers of clients and connections.
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
