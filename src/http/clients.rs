//! `/api/clients`: the clients and their connections.

mod filter;
mod known;
pub mod list;
mod order;
pub mod presence;
pub mod wanted;

use std::sync::Arc;

use presence::ClientsPresence;

use app::wire::{ClientDetail, ConnectionInfo, Disconnected};
use axum::{Json, extract::State, http::StatusCode};

use super::{
    AppState, Code, Error,
    access::Caller,
    audited::Doing,
    body::PathId,
    off_thread,
    openapi::{refuses, values},
    visible::Visible,
};
use crate::{
    auth::{Action, Target},
    broker::Broker,
    log::{AuditTarget, ReadError},
    message::{Audience, ClientId},
};

/// The maximum that `unread` counts to.
const UNREAD: u64 = 1_000;

/// An inbox is cleared in so many steps, at most.
const CLEARING_STEPS: usize = 1_000;

refuses!(ShowRefusals: NotFound, ClientUnknown, InvalidField; READ);
refuses!(ClearRefusals: NotFound, ClientUnknown, InvalidField; WRITE);
refuses!(DisconnectRefusals: NotFound, ClientNotConnected, InvalidField);

/// One client, connected or not
#[utoipa::path(
    get, path = "/api/clients/{client_id}", tag = "clients",
    params(("client_id" = values::ClientId, Path, description = "The client")),
    responses((status = 200, description = "The client", body = ClientDetail), ShowRefusals),
)]
pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<Json<ClientDetail>, Error> {
    let client_id = parse(&id)?;
    let visible = Visible::from(&caller);
    if !visible.client(&client_id) {
        return Err(unknown(&client_id));
    }
    let presence = presence::of(&state.broker, std::slice::from_ref(&client_id)).await;
    off_thread(move || detail(&state.broker, &client_id, presence, &visible))
        .await
        .map(Json)
}

fn detail(
    broker: &Broker,
    client_id: &ClientId,
    presence: ClientsPresence,
    visible: &Visible,
) -> Result<ClientDetail, Error> {
    let connections = presence
        .clients
        .into_iter()
        .flat_map(|client| client.connections);
    let mut connections: Vec<ConnectionInfo> = connections.collect();
    for connection in &mut connections {
        visible.hide_topics(connection);
    }
    let known = broker.log().client(client_id)?;
    if known.is_none() && connections.is_empty() {
        return Err(unknown(client_id));
    }
    let online = !connections.is_empty();
    let known = known.as_ref();
    let position = known.map(|known| known.position).unwrap_or_default();
    let cursor = |seq| (seq > 0).then(|| broker.cursor(seq).to_string());
    Ok(ClientDetail {
        first_seen: known.and_then(|known| known.first_seen),
        last_reason: known
            .and_then(|known| known.last_reason.as_deref())
            .map(str::to_owned),
        sent: cursor(position.sent),
        acknowledged: cursor(position.acked),
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
    caller: Caller,
    doing: Doing,
    PathId(id): PathId,
) -> Result<Json<Disconnected>, Error> {
    let client_id = parse(&id)?;
    doing.action("disconnect");
    doing.to(AuditTarget::Audience(Audience::Client(client_id.clone())));
    let target = Target::Client(&client_id);
    if !Visible::from(&caller).client(&client_id) && !caller.0.may(Action::Disconnect, target) {
        return Err(not_connected(&client_id));
    }
    caller.check(&state, Action::Disconnect, target, Some("client_id"))?;
    match state.broker.disconnect(&client_id).await {
        0 => Err(not_connected(&client_id)),
        connections => Ok(Json(Disconnected { connections })),
    }
}

/// Clear an inbox
///
/// What waits for a client is not delivered to it any more: for this client, the messages expire now. Other recipients get theirs.
/// When the client comes back, its stream says so by `event: gap`.
#[utoipa::path(
    delete, path = "/api/clients/{client_id}/inbox", tag = "clients",
    params(("client_id" = values::ClientId, Path, description = "The client")),
    responses((status = 204, description = "Cleared, durably"), ClearRefusals),
)]
pub async fn clear_inbox(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    PathId(id): PathId,
) -> Result<StatusCode, Error> {
    let client_id = parse(&id)?;
    doing.action("inbox.clear");
    doing.to(AuditTarget::Audience(Audience::Client(client_id.clone())));
    let target = Target::Client(&client_id);
    if !Visible::from(&caller).client(&client_id) && !caller.0.may(Action::Recall, target) {
        return Err(unknown(&client_id));
    }
    caller.check(&state, Action::Recall, target, Some("client_id"))?;
    let broker = &state.broker;
    // What was received a moment ago is not in the file yet.
    broker.write_positions().await?;
    let until = broker.log().head();
    for step in 0..CLEARING_STEPS {
        let (this, client) = (Arc::clone(broker), client_id.clone());
        let look = off_thread(move || {
            let log = this.log();
            Ok::<_, ReadError>((log.client(&client)?, log.has_unread(&client, until)?))
        });
        let (known, has_unread) = look.await?;
        if step == 0 && known.is_none() {
            return Err(unknown(&client_id));
        }
        if !has_unread {
            break;
        }
        broker.log().clear_inbox(client_id.clone(), until).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

fn parse(id: &str) -> Result<ClientId, Error> {
    ClientId::parse(id).map_err(|why| Error::invalid("client_id", why))
}

fn unknown(client_id: &ClientId) -> Error {
    let detail = format!("there is no client {client_id}");
    Error::new(Code::ClientUnknown, detail).field("client_id")
}

fn not_connected(client_id: &ClientId) -> Error {
    Error::new(
        Code::ClientNotConnected,
        format!("{client_id} is not connected"),
    )
    .field("client_id")
}
