//! `/api/clients`: the clients and their connections.

pub mod list;
pub mod presence;

use presence::ClientsPresence;

use app::wire::{ClientDetail, ConnectionInfo, Disconnected};
use axum::{Json, extract::State};

use super::{
    AppState, Code, Error,
    body::PathId,
    off_thread,
    openapi::{refuses, values},
};
use crate::{broker::Broker, message::ClientId};

/// The maximum that `unread` counts to.
const UNREAD: u64 = 1_000;

refuses!(ShowRefusals: NotFound, ClientUnknown, InvalidField; READ);
refuses!(DisconnectRefusals: NotFound, ClientNotConnected, InvalidField);

/// One client, connected or not
#[utoipa::path(
    get, path = "/api/clients/{client_id}", tag = "clients",
    params(("client_id" = values::ClientId, Path, description = "The client")),
    responses((status = 200, description = "The client", body = ClientDetail), ShowRefusals),
)]
pub async fn show(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<ClientDetail>, Error> {
    let client_id = parse(&id)?;
    let presence = presence::of(&state.broker, std::slice::from_ref(&client_id)).await;
    off_thread(move || detail(&state.broker, &client_id, presence))
        .await
        .map(Json)
}

fn detail(
    broker: &Broker,
    client_id: &ClientId,
    presence: ClientsPresence,
) -> Result<ClientDetail, Error> {
    let connections = presence
        .clients
        .into_iter()
        .flat_map(|client| client.connections);
    let connections: Vec<ConnectionInfo> = connections.collect();
    let known = broker.log().client(client_id)?;
    if known.is_none() && connections.is_empty() {
        let detail = format!("there is no client {client_id}");
        return Err(Error::new(Code::ClientUnknown, detail).field("client_id"));
    }
    let online = !connections.is_empty();
    let known = known.as_ref();
    Ok(ClientDetail {
        first_seen: known.and_then(|known| known.first_seen),
        last_reason: known
            .and_then(|known| known.last_reason.as_deref())
            .map(str::to_owned),
        unread: broker.log().unread_count(client_id, UNREAD)?,
        last_seen: known.and_then(|known| known.last_seen).filter(|_| !online),
        client_id: client_id.to_string(),
        connections,
        missing_nodes: presence.missing,
    })
}

/// Disconnect a client
///
/// Closes all connections of a client, with the reason `disconnected`. The client may connect again.
#[utoipa::path(
    delete, path = "/api/clients/{client_id}", tag = "clients",
    params(("client_id" = values::ClientId, Path, description = "The client")),
    responses((status = 200, description = "Disconnected", body = Disconnected), DisconnectRefusals),
)]
pub async fn disconnect(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<Disconnected>, Error> {
    let client_id = parse(&id)?;
    match state.broker.disconnect(&client_id).await {
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
        format!("{client_id} is not connected"),
    )
    .field("client_id")
}
