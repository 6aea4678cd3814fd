//! `/api/clients`: who is connected.

use app::wire::{ClientInfo, ClientsPage, ConnectionInfo, Disconnected, Problem};
use axum::{
    Json,
    extract::{Path, RawQuery, State},
};

use super::{AppState, Code, Error, body::Pairs};
use crate::{
    message::ClientId,
    outbox::CloseReason,
    registry::{Entry, Presence},
};

/// Clients on one page, unless the request says otherwise.
const PAGE: u64 = 100;
/// The most it may say.
const MAX_PAGE: u64 = 1_000;

/// List who is connected
///
/// One page, by `client_id`; `next` of one page is `after` of the following.
#[utoipa::path(
    get, path = "/api/clients", tag = "clients",
    params(
        ("limit" = Option<u64>, Query, description = "Clients on one page, 1 to 1000; 100 by default"),
        ("after" = Option<String>, Query, description = "Only clients after this id"),
        ("q" = Option<String>, Query, description = "Only clients whose id or topics contain this text"),
    ),
    responses(
        (status = 200, description = "One page", body = ClientsPage),
        (status = "4XX", description = "Refused", body = Problem),
    ),
)]
pub async fn list(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<ClientsPage>, Error> {
    let pairs = Pairs::parse(query.unwrap_or_default().as_bytes());
    let limit = pairs.number("limit")?.unwrap_or(PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Error::invalid(
            "limit",
            format!("a page has 1 to {MAX_PAGE} clients"),
        ));
    }
    let after = pairs.get("after").map(ClientId::parse).transpose();
    let after = after.map_err(|why| Error::invalid("after", why))?;
    let registry = state.broker.registry();
    let found = registry.list(
        after.as_ref(),
        pairs.get("q").unwrap_or_default(),
        limit as usize,
    );
    let full = found.len() as u64 == limit;
    Ok(Json(ClientsPage {
        next: found
            .last()
            .filter(|_| full)
            .map(|last| last.client_id.to_string()),
        clients: found.into_iter().map(info).collect(),
        total: registry.size().clients,
    }))
}

/// One client and its connections
#[utoipa::path(
    get, path = "/api/clients/{client_id}", tag = "clients",
    params(("client_id" = String, Path, description = "Who")),
    responses(
        (status = 200, description = "Connected", body = ClientInfo),
        (status = 404, description = "Not connected", body = Problem),
    ),
)]
pub async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<ClientInfo>, Error> {
    let client_id = parse(&id)?;
    let presence = state.broker.registry().presence(&client_id);
    match presence.connections.is_empty() {
        true => Err(not_connected(&client_id)),
        false => Ok(Json(info(presence))),
    }
}

/// Disconnect a client
///
/// Closes all its connections. They are told why; whether they come back is up to them.
#[utoipa::path(
    delete, path = "/api/clients/{client_id}", tag = "clients",
    params(("client_id" = String, Path, description = "Whom")),
    responses(
        (status = 200, description = "Closed", body = Disconnected),
        (status = 404, description = "Not connected", body = Problem),
    ),
)]
pub async fn disconnect(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Disconnected>, Error> {
    let client_id = parse(&id)?;
    match state
        .broker
        .registry()
        .disconnect(&client_id, CloseReason::Disconnected)
    {
        0 => Err(not_connected(&client_id)),
        connections => Ok(Json(Disconnected { connections })),
    }
}

fn parse(id: &str) -> Result<ClientId, Error> {
    ClientId::parse(id).map_err(|why| Error::invalid("client_id", why))
}

fn not_connected(client_id: &ClientId) -> Error {
    Error::new(
        Code::ClientNotConnected,
        format!("{client_id} has no connection here"),
    )
    .field("client_id")
}

/// A client as the API shows it.
pub fn info(presence: Presence) -> ClientInfo {
    ClientInfo {
        client_id: presence.client_id.to_string(),
        version: presence.version,
        connections: presence.connections.iter().map(connection_info).collect(),
    }
}

fn connection_info(entry: &Entry) -> ConnectionInfo {
    ConnectionInfo {
        id: entry.id,
        topics: entry
            .newcomer
            .filters
            .iter()
            .map(ToString::to_string)
            .collect(),
        since: entry.since,
        remote: entry.newcomer.remote.clone(),
        user_agent: entry.newcomer.user_agent.clone(),
    }
}
