//! `GET /api/clients`: a page after an id, or a window of a list in some order.

use std::sync::Arc;

use app::wire::ClientsPage;
use axum::{Json, extract::State};

use super::{known, wanted::Wanted};
use crate::http::{
    AppState, Error,
    access::Caller,
    body::Pairs,
    off_thread,
    openapi::{ClientOrder, ClientState, refuses, values},
};

refuses!(Refusals: ; READ);

/// List clients
///
/// One page, by `client_id`: `next` of one page is `after` of the following. Or, with `offset`, a window of the
/// whole list in the order that `sort` says. `topic`, `browser` and `connected_after` are conditions on one connection together, so
/// only connected clients match them.
#[utoipa::path(
    get, path = "/api/clients", tag = "clients",
    params(
        ("state" = Option<ClientState>, Query, description = "`online` (the default), `all`: also clients that were connected before, or to which a message was pushed, or `away`: of those only the ones that are not connected"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "Clients on one page; 100 by default"),
        ("after" = Option<values::ClientId>, Query, description = "Only clients after this id. Can't be combined with `offset` or `sort`"),
        ("q" = Option<String>, Query, description = "Only clients whose id contains this text or, for connected clients and callers that may read everything, one of whose topics does"),
        ("topic" = Option<String>, Query, description = "Only clients that are subscribed to this topic, or by this pattern"),
        ("browser" = Option<String>, Query, description = "Only clients that are connected by this browser or program, such as `Firefox`: what its `User-Agent` says"),
        ("connected_after" = Option<values::Number>, Query, description = "Only clients that have opened a connection at this time or later, in milliseconds since 1970"),
        ("unread" = Option<bool>, Query, description = "`true`: only clients with messages that they have not received. The inbox of each client is looked at, so this takes longer"),
        ("offset" = Option<values::Number>, Query, description = "Skip so many clients; the answer says how many are `matching`"),
        ("sort" = Option<ClientOrder>, Query, description = "The order; `-` reverses it. With `all` and `away` only `client_id`"),
    ),
    responses((status = 200, description = "One page", body = ClientsPage), Refusals),
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    pairs: Pairs,
) -> Result<Json<ClientsPage>, Error> {
    let wanted = Wanted::parse(&pairs, (&caller).into())?;
    let broker = &state.broker;
    // If the disk is full, the file lists the clients that were known before.
    if wanted.all
        && let Err(error) = broker.write_positions().await
    {
        tracing::warn!("the list of clients may lack the newest ones: {error}");
    }
    let looks = wanted.all && wanted.filter.of_known();
    if broker.nodes().is_none() && !looks {
        let broker = Arc::clone(broker);
        return off_thread(move || wanted.find(&broker)).await.map(Json);
    }
    if looks {
        return known::find(&wanted, broker).await.map(Json);
    }
    match wanted.all {
        true => wanted.find_known(broker).await.map(Json),
        false => wanted.find_online(broker).await.map(Json),
    }
}
