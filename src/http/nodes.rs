//! `/api/nodes`: the nodes of the cluster.

pub mod answer;
pub mod ask;

use app::wire::{NodeInfo, NodeState, Nodes, StreamInfo};
use axum::{Json, extract::State};

use super::{AppState, Error, access::Caller};
use crate::{
    auth::{Action, Target},
    cluster::{ClusterStatus, Member},
};

/// The number of nodes in each state.
pub fn count_by_state(status: &ClusterStatus) -> [(&'static str, u64); 4] {
    let count = |wanted: fn(&NodeState) -> bool| {
        let states = status.members.iter().map(state_of);
        states.filter(wanted).count() as u64
    };
    [
        ("ready", count(|state| matches!(state, NodeState::Ready))),
        (
            "not_ready",
            count(|state| matches!(state, NodeState::NotReady)),
        ),
        (
            "draining",
            count(|state| matches!(state, NodeState::Draining)),
        ),
        ("gone", count(|state| matches!(state, NodeState::Gone))),
    ]
}

fn state_of(member: &Member) -> NodeState {
    let beat = &member.beat;
    match () {
        () if !member.live => NodeState::Gone,
        () if beat.draining => NodeState::Draining,
        () if beat.health.is_some() => NodeState::NotReady,
        () => NodeState::Ready,
    }
}

/// The names of the nodes that are gone or not ready.
pub fn missing(status: &ClusterStatus) -> Vec<String> {
    let is_missing = |member: &&Member| {
        let state = state_of(member);
        matches!(state, NodeState::Gone | NodeState::NotReady)
    };
    let missing = status.members.iter().filter(is_missing);
    missing.map(|member| member.beat.node.clone()).collect()
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
            dropped: status.dropped,
        }),
    }
}

fn describe(member: &Member, last: u64, janitor: bool) -> NodeInfo {
    let beat = &member.beat;
    NodeInfo {
        name: beat.node.clone(),
        state: state_of(member),
        reason: beat.health.clone(),
        version: beat.version.clone(),
        url: beat.advertise.clone(),
        janitor,
        clients: beat.clients,
        connections: beat.connections,
        lag: last.saturating_sub(beat.applied),
        uptime: beat.uptime.unwrap_or_default(),
        silent_ms: member.silent_for.as_millis() as u64,
    }
}

/// List nodes
///
/// The nodes of the cluster, as this node sees them. Without a cluster, this node alone. Needs the right to read everything.
#[utoipa::path(
    get, path = "/api/nodes", tag = "node",
    responses((status = 200, description = "The nodes", body = Nodes)),
)]
pub async fn list(State(state): State<AppState>, caller: Caller) -> Result<Json<Nodes>, Error> {
    caller.check(&state, Action::Read, Target::Everything, None)?;
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
        return Ok(Json(Nodes {
            node: state.settings.node.clone(),
            nodes: vec![alone],
            stream: None,
        }));
    };
    Ok(Json(described(&nodes.cluster().status())))
}
