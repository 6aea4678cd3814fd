//! The nodes of a cluster.

use serde::{Deserialize, Serialize};

/// What `GET /api/nodes` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Nodes {
    /// The name of the node that answers.
    pub node: String,
    /// All nodes, by name; only this one without a cluster.
    pub nodes: Vec<NodeInfo>,
    /// The stream of the cluster; none without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<StreamInfo>,
}

/// A node of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct NodeInfo {
    /// Its name.
    pub name: String,
    /// What it does.
    pub state: NodeState,
    /// Why it is not ready, or what is wrong with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The version of its binary.
    pub version: String,
    /// Where it can be reached, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether it decides what expires and what is pruned.
    pub janitor: bool,
    /// Clients connected to it.
    pub clients: u64,
    /// Connections to it.
    pub connections: u64,
    /// Records of the stream that it has not applied yet.
    pub lag: u64,
    /// Seconds since it started.
    pub uptime: u64,
    /// Milliseconds since it was last heard of; 0 for the node that answers.
    pub silent_ms: u64,
}

/// The state of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// It serves.
    #[default]
    Ready,
    /// It is alive, and new connections should go elsewhere.
    NotReady,
    /// It is shutting down.
    Draining,
    /// It was not heard of for some seconds, or has left.
    Gone,
}

/// The stream that the nodes share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct StreamInfo {
    /// Its name in NATS JetStream.
    pub name: String,
    /// Whether this node reaches it.
    pub reachable: bool,
    /// The NATS server that this node is connected to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The NATS server that leads the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader: Option<String>,
    /// Copies of the stream.
    pub replicas: u64,
    /// The position of its newest record, as far as this node knows.
    pub last: u64,
    /// What is weaker than it should be: plain sentences.
    pub weaknesses: Vec<String>,
    /// Messages between the nodes that this node could not send or take since its start, and dropped. No page shows it.
    #[cfg(feature = "ssr")]
    #[serde(default)]
    pub dropped: u64,
}
