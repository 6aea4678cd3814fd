//! `/api/clients`: who is connected.

use std::sync::Arc;

use app::wire::{ClientDetail, ClientInfo, ClientsPage, ConnectionInfo, Disconnected, Problem};
use axum::{
    Json,
    extract::{Path, RawQuery, State},
};

use super::{AppState, Code, Error, body::Pairs, off_thread};
use crate::{
    broker::Broker,
    log::{KnownClient, ReadError},
    message::{ClientId, Seq},
    outbox::CloseReason,
    registry::{Entry, Presence},
};

/// Clients on one page, unless the request says otherwise.
const PAGE: u64 = 100;
/// The most it may say.
const MAX_PAGE: u64 = 1_000;
/// Unread messages are counted up to here.
const UNREAD: u64 = 1_000;

/// List clients
///
/// One page, by `client_id`; `next` of one page is `after` of the following.
#[utoipa::path(
    get, path = "/api/clients", tag = "clients",
    params(
        ("state" = Option<String>, Query, description = "`online` (the default), or `all`: also those who were here, or to whom something was pushed"),
        ("limit" = Option<u64>, Query, description = "Clients on one page, 1 to 1000; 100 by default"),
        ("after" = Option<String>, Query, description = "Only clients after this id"),
        ("q" = Option<String>, Query, description = "Only clients whose id contains this text, or, of those online, a topic"),
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
    let limit = pairs.page_limit(PAGE, MAX_PAGE, "clients")?;
    let after = pairs.get("after").map(ClientId::parse).transpose();
    let after = after.map_err(|why| Error::invalid("after", why))?;
    let search = pairs.get("q").unwrap_or_default().to_owned();
    let (clients, next) = match pairs.get("state") {
        None | Some("online") => online(&state.broker, after.as_ref(), &search, limit),
        Some("all") => {
            let broker = Arc::clone(&state.broker);
            off_thread(move || known(&broker, after.as_ref(), &search, limit)).await?
        }
        Some(_) => return Err(Error::invalid("state", "online or all")),
    };
    let total = state.broker.registry().size().clients;
    Ok(Json(ClientsPage {
        clients,
        next,
        total,
        matching: None,
    }))
}

/// Clients, and what comes after them.
type Found = (Vec<ClientInfo>, Option<String>);

fn online(broker: &Broker, after: Option<&ClientId>, search: &str, limit: usize) -> Found {
    let found = broker.registry().list(after, search, limit);
    let full = found.len() == limit;
    let next = found
        .last()
        .filter(|_| full)
        .map(|last| last.client_id.to_string());
    (found.into_iter().map(info).collect(), next)
}

fn known(
    broker: &Broker,
    after: Option<&ClientId>,
    search: &str,
    limit: usize,
) -> Result<Found, ReadError> {
    let page = broker.log().clients(search, after, limit)?;
    let client = |known: KnownClient| {
        let presence = broker.registry().presence(&known.id);
        let last_seen = known.last_seen.filter(|_| presence.connections.is_empty());
        ClientInfo {
            last_seen,
            ..info(presence)
        }
    };
    let clients = page.clients.into_iter().map(client).collect();
    Ok((clients, page.next.map(|next| next.to_string())))
}

/// One client, connected or not
#[utoipa::path(
    get, path = "/api/clients/{client_id}", tag = "clients",
    params(("client_id" = String, Path, description = "Who")),
    responses(
        (status = 200, description = "What is known of it", body = ClientDetail),
        (status = 404, description = "Nobody has heard of it", body = Problem),
    ),
)]
pub async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<ClientDetail>, Error> {
    let client_id = parse(&id)?;
    off_thread(move || detail(&state.broker, &client_id))
        .await
        .map(Json)
}

fn detail(broker: &Broker, client_id: &ClientId) -> Result<ClientDetail, Error> {
    let presence = broker.registry().presence(client_id);
    let known = broker.log().client(client_id)?;
    if known.is_none() && presence.connections.is_empty() {
        let detail = format!("nobody has heard of {client_id}");
        return Err(Error::new(Code::ClientUnknown, detail).field("client_id"));
    }
    let online = !presence.connections.is_empty();
    let known = known.as_ref();
    Ok(ClientDetail {
        first_seen: known.and_then(|known| known.first_seen),
        last_reason: known
            .and_then(|known| known.last_reason.as_deref())
            .map(str::to_owned),
        unread: broker.log().unread_count(client_id, UNREAD)?,
        last_seen: known.and_then(|known| known.last_seen).filter(|_| !online),
        client_id: client_id.to_string(),
        connections: info(presence).connections,
    })
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
    let connection = |entry: &Entry| connection_info(entry, presence.head);
    let connections = presence.connections.iter().map(connection).collect();
    ClientInfo {
        client_id: presence.client_id.to_string(),
        version: presence.version,
        connections,
        last_seen: None,
    }
}

fn connection_info(entry: &Entry, head: Seq) -> ConnectionInfo {
    ConnectionInfo {
        id: entry.id,
        topics: entry
            .newcomer
            .filters
            .iter()
            .map(ToString::to_string)
            .collect(),
        since: entry.since,
        behind: entry.behind(head),
        remote: entry.newcomer.remote.clone(),
        user_agent: entry.newcomer.user_agent.clone(),
    }
}
