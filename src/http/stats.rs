//! `/api/stats` and `/health`: statistics and health of the node.

use std::sync::Arc;

use app::wire::{LogDamage, Stats};
use axum::{Extension, Json, extract::State};

use super::{
    AppState, Code, Error, NoStreams,
    access::Caller,
    messages,
    nodes::ask::{self, Part},
    off_thread,
    openapi::refuses,
    visible::Visible,
};
use crate::log::{Damage, WHAT_TO_DO};

refuses!(StatsRefusals: ; READ);
refuses!(ReadyRefusals: ShuttingDown, ClusterUnavailable, StorageFull, TooManyConnections; READ);

/// Show statistics
///
/// A caller that may read only some clients and topics gets the numbers of those. All that can't be counted for them is 0.
#[utoipa::path(
    get, path = "/api/stats", tag = "node",
    responses((status = 200, description = "The counts", body = Stats), StatsRefusals),
)]
pub async fn stats(State(state): State<AppState>, caller: Caller) -> Result<Json<Stats>, Error> {
    let visible = Visible::from(&caller);
    let (asked, size) = tokio::join!(
        ask::ask::<Stats>(&state.broker, Part::Stats, &visible),
        state.broker.size()
    );
    let mut stats = here(&state, &visible).await?;
    if visible.is_everything() {
        (stats.clients, stats.connections) = (size.clients, size.connections);
    }
    for (_, other) in asked.answers {
        if !visible.is_everything() {
            stats.clients += other.clients;
            stats.connections += other.connections;
        }
        // The same topics are in use at several nodes: as many as at one of them, at least.
        stats.topics = stats.topics.max(other.topics);
        stats.connections_opened += other.connections_opened;
        stats.messages += other.messages;
        stats.deliveries += other.deliveries;
    }
    stats.missing_nodes = asked.missing;
    Ok(Json(stats))
}

/// The statistics of this node.
pub async fn here(state: &AppState, visible: &Visible) -> Result<Stats, Error> {
    match visible.is_everything() {
        true => all(state).await,
        false => Ok(part(state, visible)),
    }
}

/// The numbers of the clients and topics that a caller may see.
fn part(state: &AppState, visible: &Visible) -> Stats {
    let registry = state.broker.registry();
    let size = registry.count_clients(|client_id| visible.client(client_id));
    let topics = registry.list_topics("", "", usize::MAX, |topic| visible.filter(topic));
    Stats {
        node: state.settings.node.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        uptime: state.started.elapsed().as_secs(),
        clients: size.clients,
        connections: size.connections,
        topics: topics.len() as u64,
        ..Stats::default()
    }
}

async fn all(state: &AppState) -> Result<Stats, Error> {
    let broker = Arc::clone(&state.broker);
    let log = off_thread(move || broker.log().stats()).await?;
    let registry = state.broker.registry();
    let size = registry.size();
    Ok(Stats {
        node: state.settings.node.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        uptime: state.started.elapsed().as_secs(),
        clients: size.clients,
        connections: size.connections,
        topics: registry.topics(),
        connections_opened: registry.opened(),
        messages: state.broker.messages(),
        log_messages: log.messages,
        log_bytes: log.bytes,
        deliveries: registry.deliveries(),
        log_damage: state.broker.log().damage().map(|damage| LogDamage {
            unreadable: messages::ranges(&state.broker, &damage.unreadable),
            error: damage.error,
        }),
        missing_nodes: Vec::new(),
    })
}

/// Whether the process answers
#[utoipa::path(
    get, path = "/health/live", tag = "node",
    responses((status = 200, description = "It does", body = String, content_type = "text/plain")),
)]
pub async fn live() -> &'static str {
    "live"
}

/// Whether new connections should come here
///
/// A damaged log, a certificate that could not be renewed, and what is weak in a cluster, is named in the answer. The
/// status stays 200 as long as pushes are accepted: with 503 all messages would be offline, not only those that are
/// lost.
#[utoipa::path(
    get, path = "/health/ready", tag = "node",
    responses(
        (status = 200, description = "They should", body = String, content_type = "text/plain"),
        ReadyRefusals,
    ),
)]
pub async fn ready(
    State(state): State<AppState>,
    scarce: Option<Extension<NoStreams>>,
) -> Result<String, Error> {
    if let Some(why) = not_ready(&state).await {
        return Err(why);
    }
    if let Some(Extension(NoStreams { limit, .. })) = scarce {
        let detail = format!(
            "no file descriptors are left for new streams, of {limit} that this process may have"
        );
        return Err(Error::new(Code::TooManyConnections, detail).retry_after(5));
    }
    let mut faults = Vec::new();
    if let Some(damage) = state.broker.log().damage() {
        faults.push(format!(
            "the log is damaged: {}; {WHAT_TO_DO}",
            lost(&damage)
        ));
    }
    if let Some(nodes) = state.broker.nodes() {
        faults.extend(nodes.cluster().warnings());
    }
    faults.extend(state.certificate_warning());
    faults.extend(state.auth.load().jwks().and_then(|jwks| jwks.warning()));
    Ok(match faults.is_empty() {
        true => "ready".to_owned(),
        false => format!("ready, but {}", faults.join("; ")),
    })
}

/// Why new streams should not come here. None if they should.
pub async fn not_ready(state: &AppState) -> Option<Error> {
    if state.drain.has_begun() {
        let text = "the server is shutting down";
        return Some(Error::new(Code::ShuttingDown, text).retry_after(1));
    }
    if let Some(why) = state.broker.not_in_step() {
        return Some(Error::new(Code::ClusterUnavailable, why).retry_after(1));
    }
    let broker = Arc::clone(&state.broker);
    let read = move || {
        let log = broker.log();
        log.stats().map(|_| log.is_disk_full())
    };
    match off_thread(read).await {
        Err(error) => return Some(error),
        Ok(true) => {
            let text = "the disk is full, and pushes are refused";
            return Some(Error::new(Code::StorageFull, text).retry_after(10));
        }
        Ok(false) => {}
    }
    let damage = state.broker.log().damage()?;
    damage.pushes_refused.then(|| {
        let text = format!("the log is damaged, and refuses pushes: {WHAT_TO_DO}");
        Error::new(Code::LogDamaged, text)
    })
}

/// What is lost by a damage, as text.
pub fn lost(damage: &Damage) -> String {
    if damage.unreadable.is_empty() {
        return damage.error.clone();
    }
    let ranges = damage.unreadable.iter();
    let ranges: Vec<String> = ranges.map(|(from, to)| format!("{from} to {to}")).collect();
    format!("messages {} can't be read", ranges.join(", "))
}
