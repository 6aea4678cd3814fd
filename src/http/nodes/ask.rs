//! What the nodes of a cluster ask each other for the lists of the API.

use serde::{Serialize, de::DeserializeOwned};

use crate::broker::Broker;

/// A part of the API that nodes ask each other for.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// A page of connected clients: its query, answered by a page.
    Clients,
    /// The connections of some clients: their ids, answered by a list.
    Presence,
    /// A page of topics: its query, answered by a page.
    Topics,
    /// Statistics: what the caller sees, answered by statistics.
    Stats,
    /// Active subscriptions of Mercure: nothing, answered by a list.
    Subscriptions,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 5] = [
        Self::Clients,
        Self::Presence,
        Self::Topics,
        Self::Stats,
        Self::Subscriptions,
    ];

    /// The name by which nodes ask for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clients => "clients",
            Self::Presence => "presence",
            Self::Topics => "topics",
            Self::Stats => "stats",
            Self::Subscriptions => "subscriptions",
        }
    }
}

/// The answers of other nodes.
pub struct Asked<T> {
    /// The answers, with the name of each node.
    pub answers: Vec<(String, T)>,
    /// The nodes that have not answered, or not as expected.
    pub missing: Vec<String>,
}

/// Asks all other nodes for a part of the API. Without a cluster there are none.
pub async fn ask<T: DeserializeOwned>(
    broker: &Broker,
    part: Part,
    query: &impl Serialize,
) -> Asked<T> {
    let mut asked = Asked {
        answers: Vec::new(),
        missing: Vec::new(),
    };
    let Some(nodes) = broker.nodes() else {
        return asked;
    };
    let query = serde_json::to_string(query).unwrap_or_default();
    let found = nodes.ask_api(part.name(), &query).await;
    asked.missing = found.missing;
    for (node, answer) in found.answers {
        match serde_json::from_str(&answer) {
            Ok(answer) => asked.answers.push((node, answer)),
            Err(_) => asked.missing.push(node),
        }
    }
    asked
}

/// The name of this node in the cluster. Empty without one.
pub fn own_name(broker: &Broker) -> String {
    let nodes = broker.nodes();
    nodes
        .map(|nodes| nodes.own_name().to_owned())
        .unwrap_or_default()
}
