//! `/api/stats` and `/health`: statistics and health of the node.

use std::sync::Arc;

use app::wire::{LogDamage, Stats};
use axum::{Json, extract::State};

use super::{
    AppState, Code, Error, messages,
    nodes::ask::{self, Part},
    off_thread,
    openapi::refuses,
};
use crate::log::{Damage, WHAT_TO_DO};

refuses!(StatsRefusals: ; READ);
refuses!(ReadyRefusals: ShuttingDown, ClusterUnavailable; READ);

/// Show statistics
#[utoipa::path(
    get, path = "/api/stats", tag = "node",
    responses((status = 200, description = "The counts", body = Stats), StatsRefusals),
)]
pub async fn stats(State(state): State<AppState>) -> Result<Json<Stats>, Error> {
    let (asked, size) = tokio::join!(
        ask::ask::<Stats>(&state.broker, Part::Stats, &()),
        state.broker.size()
    );
    let mut stats = here(&state).await?;
    (stats.clients, stats.connections) = (size.clients, size.connections);
    for (_, other) in asked.answers {
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
pub async fn here(state: &AppState) -> Result<Stats, Error> {
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
/// A damaged log is named in the answer, with what to do, and a certificate that could not be renewed. The status stays 200 as long as pushes are
/// accepted: with 503 all messages would be offline, not only those that are lost.
#[utoipa::path(
    get, path = "/health/ready", tag = "node",
    responses(
        (status = 200, description = "They should", body = String, content_type = "text/plain"),
        ReadyRefusals,
    ),
)]
pub async fn ready(State(state): State<AppState>) -> Result<String, Error> {
    if state.drain.has_begun() {
        return Err(Error::new(Code::ShuttingDown, "the server is shutting down").retry_after(1));
    }
    if let Some(why) = state.broker.not_in_step() {
        return Err(Error::new(Code::ClusterUnavailable, why).retry_after(1));
    }
    let broker = Arc::clone(&state.broker);
    off_thread(move || broker.log().stats()).await?;
    Ok(match state.broker.log().damage() {
        Some(damage) if damage.pushes_refused => {
            let text = format!("the log is damaged, and refuses pushes: {WHAT_TO_DO}");
            return Err(Error::new(Code::LogDamaged, text));
        }
        None => match state.certificate_warning() {
            None => "ready".to_owned(),
            Some(warning) => format!("ready, but {warning}"),
        },
        Some(damage) => format!(
            "ready, but the log is damaged: {}; {WHAT_TO_DO}",
            lost(&damage)
        ),
    })
}

/// What is lost by a damage, as text.
fn lost(damage: &Damage) -> String {
    if damage.unreadable.is_empty() {
        return damage.error.clone();
    }
    let ranges = damage.unreadable.iter();
    let ranges: Vec<String> = ranges.map(|(from, to)| format!("{from} to {to}")).collect();
    format!("messages {} can't be read", ranges.join(", "))
}
