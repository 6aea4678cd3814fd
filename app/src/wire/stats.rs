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

/// Measurements of the node since the sample before. Of an interval that is longer than a few seconds: the highest numbers of
/// clients and connections and the most memory, the mean rates, the mean of the medians, and the highest 99th percentile.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Sample {
    /// The end of the interval, in milliseconds since 1970.
    pub at: u64,
    /// Clients connected.
    pub clients: u64,
    /// Connections open.
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

/// What `GET /api/stats/history` answers: the last hour, or the range that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct StatsHistory {
    /// Seconds between two samples.
    pub every: u64,
    /// Oldest first.
    pub samples: Vec<Sample>,
    /// What happened to the node in this range, oldest first. Only if a range was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<StatsMark>,
}

/// A moment at which something happened to the node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct StatsMark {
    /// In milliseconds since 1970.
    pub at: u64,
    /// `started` (the value is the version), `log_damaged` (the first error), `disk_full`, `slow_storage` (the mean
    /// duration of a commit in milliseconds), or `gaps` (how many streams were told of gaps).
    pub kind: String,
    /// What is known of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
}

/// What `GET /api/stats/top` answers, of this node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct StatsTop {
    /// The name of this node.
    pub node: String,
    /// The seconds in which deliveries and pushes were counted: the last five to ten minutes.
    pub seconds: u64,
    /// The topics with most deliveries, at most 10.
    pub topics: Vec<TopEntry>,
    /// The clients with most deliveries of messages to clients, at most 10.
    pub clients: Vec<TopEntry>,
    /// The topics and patterns with most subscribers, at most 60.
    pub map: Vec<TopicArea>,
    /// How many others have subscribers.
    pub other_topics: u64,
    /// The connections of these, added up.
    pub other_connections: u64,
    /// Streams that have ended since the start, by reason; most first. Empty for who may not read everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closes: Vec<NamedCount>,
    /// Requests that were refused since the start, by the code of the error; most first. The same holds for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<NamedCount>,
}

/// A topic or client with many deliveries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TopEntry {
    /// The topic, or the id of the client.
    pub name: String,
    /// Connections that pushes to it were handed to.
    pub deliveries: u64,
    /// By how much this may be too high, because only some names are counted at a time. 0: it is exact.
    #[serde(default)]
    pub uncertain: u64,
    /// Pushes to it, as far as they were counted.
    pub pushes: u64,
}

/// A topic or pattern with subscribers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TopicArea {
    /// The topic or pattern.
    pub topic: String,
    /// Connections that subscribe to it.
    pub connections: u64,
    /// Pushes to it per minute, as far as they were counted.
    pub pushes: f64,
}

/// How often something has happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct NamedCount {
    /// What.
    pub name: String,
    /// How often.
    pub count: u64,
}

/// What `GET /api/stats/health` answers, of this node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct StatsHealth {
    /// What is not as it should be, the worst first. Empty: everything is fine.
    pub conditions: Vec<Condition>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Condition {
    /// What it is: `not_ready`, `disk_full`, `log_damaged`, `descriptors_low`, `disk_low`, `nodes_missing`, `cluster_weak`,
    /// `certificate`, `issuer`, `slow_storage`, `pushes_limited`, `streams_limited`, `slow_readers`, `hooks_paused`,
    /// `hooks_failing`, or `settings_refused`.
    pub code: String,
    /// Whether something does not work now. Otherwise it may stop working, or works badly.
    pub bad: bool,
    /// The same in words.
    pub detail: String,
    /// The number in these words, if there is one: how often in the last ten minutes, how many, a percentage, milliseconds,
    /// or the bytes that are free.
    #[serde(default)]
    pub count: u64,
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
