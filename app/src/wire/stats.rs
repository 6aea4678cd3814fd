//! Statistics of the node.

use serde::{Deserialize, Serialize};

use super::messages::CursorRange;

/// What `GET /api/stats` answers. Counters start at 0 with the node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Stats {
    /// The name of this node.
    pub node: String,
    /// The version of the binary.
    pub version: String,
    /// Seconds since it started.
    pub uptime: u64,
    /// Clients connected now.
    pub clients: u64,
    /// Connections open now.
    pub connections: u64,
    /// Distinct subscriptions (topics and patterns) that are in use now.
    pub topics: u64,
    /// Connections opened since the start.
    pub connections_opened: u64,
    /// Messages accepted since the start.
    pub messages: u64,
    /// Messages in the log.
    pub log_messages: u64,
    /// Size of the log on disk, in bytes.
    pub log_bytes: u64,
    /// Frames handed to connections since the start.
    pub deliveries: u64,
    /// What was found damaged in the log since the start; none: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_damage: Option<LogDamage>,
    /// Nodes of the cluster that have not answered: their numbers are missing here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_nodes: Vec<String>,
}

/// A part of the log can't be read. Streams report it as `event: gap` with the reason `unreadable`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct LogDamage {
    /// The ranges of messages that can't be read, oldest first; empty if only something else is damaged.
    pub unreadable: Vec<CursorRange>,
    /// The first error.
    pub error: String,
}

/// Measurements of the node over a few seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Sample {
    /// The end of the interval, in milliseconds since 1970.
    pub at: u64,
    /// Clients connected at the end.
    pub clients: u64,
    /// Connections open at the end.
    pub connections: u64,
    /// Messages accepted, per second.
    pub pushes: f64,
    /// Frames handed to connections, per second.
    pub deliveries: f64,
    /// Milliseconds from the arrival of a push to its last connection's outbox: the median; none without pushes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_p50: Option<f64>,
    /// The same, 99th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_p99: Option<f64>,
    /// Memory of the process in bytes; 0 if the system does not report it.
    pub memory: u64,
}

/// What `GET /api/stats/history` answers: the last hour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct StatsHistory {
    /// Seconds between two samples.
    pub every: u64,
    /// Oldest first.
    pub samples: Vec<Sample>,
}

/// The answer of `GET /api/diagnosis`: how the server sees this request, and what it may run out of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Diagnosis {
    /// The address from which the request was sent, as far as trusted proxies say it. Left out for a Unix socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The address of the connection: that of the nearest proxy, if there is one. Left out for a Unix socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// Whether the peer has sent `Forwarded` or `X-Forwarded-For`, but does not count as a proxy.
    pub ignored: bool,
    /// How many files and sockets the process may have open. Left out where there is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub descriptor_limit: Option<u64>,
    /// How many it has open. Left out where the system does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub descriptors: Option<u64>,
}
