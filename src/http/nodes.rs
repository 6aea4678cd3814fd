//! `/api/nodes`, and what the nodes of a cluster ask each other for the lists of the API.

use std::sync::Arc;

use app::wire::{ClientInfo, NodeInfo, NodeState, Nodes, StreamInfo};
use axum::{Json, extract::State};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    AppState, clients,
    clients::list::Wanted,
    topics::{self, WantedTopics},
};
use crate::{
    broker::Broker,
    cluster::{ClusterStatus, Member},
    message::ClientId,
    registry,
};

/// A part of the API that nodes ask each other for.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// A page of connected clients: [`Wanted`], answered by a page.
    Clients,
    /// The connections of some clients: their ids, answered by a list.
    Presence,
    /// A page of topics: [`WantedTopics`], answered by a page.
    Topics,
    /// Statistics: nothing, answered by [`app::wire::Stats`].
    Stats,
}

impl Part {
    const ALL: [Self; 4] = [Self::Clients, Self::Presence, Self::Topics, Self::Stats];

    fn name(self) -> &'static str {
        match self {
            Self::Clients => "clients",
            Self::Presence => "presence",
            Self::Topics => "topics",
            Self::Stats => "stats",
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

/// Answers what other nodes ask.
pub fn serve(state: &AppState) {
    let Some(nodes) = state.broker.nodes() else {
        return;
    };
    let state = state.downgrade();
    nodes.serve_api(Box::new(move |part, query| {
        let state = state.clone();
        Box::pin(async move {
            let answered = match (state.upgrade(), part_of(&part)) {
                (Some(state), Some(part)) => answer(&state, part, &query).await,
                _ => None,
            };
            // Not JSON, so that this node counts as one that has not answered.
            answered.unwrap_or_default()
        })
    }));
}

fn part_of(name: &str) -> Option<Part> {
    Part::ALL.into_iter().find(|part| part.name() == name)
}

async fn answer(state: &AppState, part: Part, query: &str) -> Option<String> {
    let broker = Arc::clone(&state.broker);
    match part {
        Part::Clients => {
            let wanted: Wanted = serde_json::from_str(query).ok()?;
            let page = tokio::task::spawn_blocking(move || wanted.find(&broker));
            json(&page.await.ok()?.ok()?)
        }
        Part::Presence => {
            let names: Vec<String> = serde_json::from_str(query).ok()?;
            let ids = names.iter().filter_map(|name| ClientId::parse(name).ok());
            let ids: Vec<ClientId> = ids.collect();
            let clients: Vec<ClientInfo> = clients::presence::here(&broker, &ids);
            json(&clients)
        }
        Part::Topics => {
            let wanted: WantedTopics = serde_json::from_str(query).ok()?;
            json(&topics::here(&broker, &wanted))
        }
        Part::Stats => json(&super::stats::here(state).await.ok()?),
    }
}

fn json(answer: &impl Serialize) -> Option<String> {
    serde_json::to_string(answer).ok()
}

fn described(status: &ClusterStatus) -> Nodes {
    let stream = status.stream.as_ref();
    let last = stream.map_or(0, |stream| stream.last);
    let last = last.max(status.received);
    let able = |member: &&Member| member.live && member.beat.able;
    let janitor = status.members.iter().find(able);
    let describe = |member| describe(member, last, janitor == Some(member));
    Nodes {
        node: status.node.clone(),
        nodes: status.members.iter().map(describe).collect(),
        stream: Some(StreamInfo {
            name: stream.map(|stream| stream.name.clone()).unwrap_or_default(),
            reachable: status.reachable,
            server: status.server.as_ref().map(|server| server.name.clone()),
            leader: stream.and_then(|stream| stream.leader.clone()),
            replicas: stream.map_or(0, |stream| stream.replicas.len() as u64 + 1),
            last,
            weaknesses: status.weaknesses.clone(),
        }),
    }
}

fn describe(member: &Member, last: u64, janitor: bool) -> NodeInfo {
    let beat = &member.beat;
    let state = match () {
        () if !member.live => NodeState::Gone,
        () if beat.draining => NodeState::Draining,
        () if beat.health.is_some() => NodeState::NotReady,
        () => NodeState::Ready,
    };
    NodeInfo {
        name: beat.node.clone(),
        state,
        reason: beat.health.clone(),
        version: beat.version.clone(),
        url: beat.advertise.clone(),
        janitor,
        clients: beat.clients,
        connections: beat.connections,
        lag: last.saturating_sub(beat.applied),
        uptime: registry::now().saturating_sub(beat.started_at) / 1000,
        silent_ms: member.silent_for.as_millis() as u64,
    }
}

/// List nodes
///
/// The nodes of the cluster, as this node sees them. Without a cluster, this node alone.
#[utoipa::path(
    get, path = "/api/nodes", tag = "node",
    responses((status = 200, description = "The nodes", body = Nodes)),
)]
pub async fn list(State(state): State<AppState>) -> Json<Nodes> {
    let size = state.broker.registry().size();
    let Some(nodes) = state.broker.nodes() else {
        let alone = NodeInfo {
            name: state.settings.node.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            janitor: true,
            clients: size.clients,
            connections: size.connections,
            uptime: state.started.elapsed().as_secs(),
            ..NodeInfo::default()
        };
        return Json(Nodes {
            node: state.settings.node.clone(),
            nodes: vec![alone],
            stream: None,
        });
    };
    Json(described(&nodes.cluster().status()))
}
