//! Clients and their connections.

use serde::{Deserialize, Serialize};

/// One open EventSource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ConnectionInfo {
    /// Its number on this node; never used twice while the node runs.
    pub id: u64,
    /// What it subscribed to, patterns included.
    pub topics: Vec<String>,
    /// When it was opened, in milliseconds since 1970.
    pub since: u64,
    /// How many places of the log it is behind the newest message.
    #[serde(default)]
    pub behind: u64,
    /// The address it came from.
    pub remote: String,
    /// The `User-Agent` it gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

/// A client and its connections to this node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ClientInfo {
    /// Who it is.
    pub client_id: String,
    /// Grows with every change of the registry, so that of two accounts of one client the newer is known.
    pub version: u64,
    /// Its open connections, oldest first; none: it is not connected.
    pub connections: Vec<ConnectionInfo>,
    /// When it was last here, in milliseconds since 1970, where that is known and it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<u64>,
}

/// What `GET /api/clients/{client_id}` answers: a client, connected or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ClientDetail {
    /// Who it is.
    pub client_id: String,
    /// Its open connections, oldest first; none: it is not connected.
    pub connections: Vec<ConnectionInfo>,
    /// When it was last here, in milliseconds since 1970, where that is known and it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<u64>,
    /// When it was first seen, in milliseconds since 1970; none: something was pushed to it, and it never came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<u64>,
    /// Why its last connection ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_reason: Option<String>,
    /// Direct messages that it has not had, counted up to a thousand.
    pub unread: u64,
}

/// What `GET /api/clients` answers: one page, by `client_id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ClientsPage {
    /// The clients of this page.
    pub clients: Vec<ClientInfo>,
    /// What `after` must be for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How many clients are connected in all, whatever the filter.
    pub total: u64,
    /// How many clients the filter lets through, on all pages; told where `offset` was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matching: Option<u64>,
}

/// What `DELETE /api/clients/{id}` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Disconnected {
    /// How many connections were closed.
    pub connections: u64,
}
