//! `/api/stats` and `/health`: statistics and health of the node.

use std::sync::Arc;

use app::wire::{Problem, Stats};
use axum::{Json, extract::State};

use super::{AppState, Code, Error, off_thread};

/// Show statistics
#[utoipa::path(
    get, path = "/api/stats", tag = "node",
    responses((status = 200, description = "The counts", body = Stats)),
)]
pub async fn stats(State(state): State<AppState>) -> Result<Json<Stats>, Error> {
    let broker = Arc::clone(&state.broker);
    let log = off_thread(move || broker.log().stats()).await?;
    let registry = state.broker.registry();
    let size = registry.size();
    Ok(Json(Stats {
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
    }))
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
#[utoipa::path(
    get, path = "/health/ready", tag = "node",
    responses(
        (status = 200, description = "They should", body = String, content_type = "text/plain"),
        (status = 503, description = "The node is on its way down, or its log does not answer", body = Problem),
    ),
)]
pub async fn ready(State(state): State<AppState>) -> Result<&'static str, Error> {
    if state.drain.has_begun() {
        return Err(Error::new(Code::ShuttingDown, "the server is shutting down").retry_after(1));
    }
    off_thread(move || state.broker.log().stats()).await?;
    Ok("ready")
}
