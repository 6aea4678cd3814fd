//! Clients and their connections.

use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::values;

/// One open EventSource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ConnectionInfo {
    /// Its number on this node, unique while the node runs.
    pub id: u64,
    /// Its topics and patterns.
    pub topics: Vec<String>,
    /// When it was opened, in milliseconds since 1970.
    pub since: u64,
    /// The number of positions in the log that it is behind the newest message.
    #[serde(default)]
    pub behind: u64,
    /// The remote address.
    pub remote: String,
    /// The `User-Agent` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The node that it is connected to; only in a cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
}

/// A client and its connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ClientInfo {
    /// The client id.
    #[cfg_attr(feature = "ssr", schema(value_type = values::ClientId))]
    pub client_id: String,
    /// Increases with every change of the registry, so that the newer of two versions is known.
    pub version: u64,
    /// Its open connections, oldest first; empty: it is not connected.
    pub connections: Vec<ConnectionInfo>,
    /// When it was last connected, in milliseconds since 1970, if that is known and it is offline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<u64>,
}

/// What `GET /api/clients/{client_id}` answers: a client, connected or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ClientDetail {
    /// The client id.
    #[cfg_attr(feature = "ssr", schema(value_type = values::ClientId))]
    pub client_id: String,
    /// Its open connections, oldest first; empty: it is not connected.
    pub connections: Vec<ConnectionInfo>,
    /// When it was last connected, in milliseconds since 1970, if that is known and it is offline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<u64>,
    /// When it first connected, in milliseconds since 1970; none: messages were pushed to it, but it never connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<u64>,
    /// Why its last connection ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_reason: Option<String>,
    /// Up to which cursor its direct messages were written to one of its connections; none: nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::Cursor>))]
    pub sent: Option<String>,
    /// Up to which cursor its pages have acknowledged; none: they never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::Cursor>))]
    pub acknowledged: Option<String>,
    /// Direct messages that it has not received, counted up to a thousand.
    pub unread: u64,
    /// Nodes of the cluster that have not answered: their connections are missing here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_nodes: Vec<String>,
}

/// What `GET /api/clients` answers: one page, by `client_id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ClientsPage {
    /// The clients of this page.
    pub clients: Vec<ClientInfo>,
    /// The value of `after` for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::ClientId>))]
    pub next: Option<String>,
    /// The number of connected clients, whatever the filter.
    pub total: u64,
    /// The number of clients that match the filter, on all pages; only with `offset`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matching: Option<u64>,
    /// Nodes of the cluster that have not answered: their connections are missing here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_nodes: Vec<String>,
}

/// What `DELETE /api/clients/{id}` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Disconnected {
    /// How many connections were closed.
    pub connections: u64,
}
