//! `GET /api/clients`: a page after an id, or a window of a list in some order.

use std::sync::Arc;

use app::wire::{ClientInfo, ClientsPage};
use axum::{Json, extract::State};

use super::info;
use crate::{
    broker::Broker,
    http::{
        AppState, Error,
        body::Pairs,
        off_thread,
        openapi::{ClientOrder, ClientState, refuses, values},
    },
    log::{KnownClient, ReadError},
    message::ClientId,
    registry::{SortKey, SortOrder},
};

/// The default number of clients on a page.
const PAGE: u64 = 100;
/// The maximum number of clients on a page.
const MAX_PAGE: u64 = 1_000;

refuses!(Refusals: ; READ);

/// List clients
///
/// One page, by `client_id`: `next` of one page is `after` of the following. Or, with `offset`, a window of the
/// whole list in the order that `sort` says.
#[utoipa::path(
    get, path = "/api/clients", tag = "clients",
    params(
        ("state" = Option<ClientState>, Query, description = "`online` (the default), or `all`: also clients that were connected before, or to which a message was pushed"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "Clients on one page; 100 by default"),
        ("after" = Option<values::ClientId>, Query, description = "Only clients after this id. Can't be combined with `offset` or `sort`"),
        ("q" = Option<String>, Query, description = "Only clients whose id contains this text or, for connected clients, one of whose topics does"),
        ("offset" = Option<values::Number>, Query, description = "Skip so many clients; the answer says how many are `matching`"),
        ("sort" = Option<ClientOrder>, Query, description = "The order; `-` reverses it. With `state=all` only `client_id`"),
    ),
    responses((status = 200, description = "One page", body = ClientsPage), Refusals),
)]
pub async fn list(State(state): State<AppState>, pairs: Pairs) -> Result<Json<ClientsPage>, Error> {
    let wanted = Wanted::parse(&pairs)?;
    let broker = Arc::clone(&state.broker);
    // If the disk is full, the file lists the clients that were known before.
    if wanted.all
        && let Err(error) = broker.log().write_positions().await
    {
        tracing::warn!("the list of clients may lack the newest ones: {error}");
    }
    off_thread(move || wanted.find(&broker)).await.map(Json)
}

/// The query of a request.
struct Wanted {
    /// Also clients that are not connected.
    all: bool,
    search: String,
    limit: usize,
    from: From,
}

/// The first client of the page.
enum From {
    Id(Option<ClientId>),
    Offset(usize, SortOrder),
}

impl Wanted {
    fn parse(pairs: &Pairs) -> Result<Self, Error> {
        let all = match pairs.get("state") {
            None | Some("online") => false,
            Some("all") => true,
            Some(_) => return Err(Error::invalid("state", "must be online or all")),
        };
        Ok(Self {
            all,
            search: pairs.get("q").unwrap_or_default().to_owned(),
            limit: pairs.page_limit(PAGE, MAX_PAGE, "clients")?,
            from: from(pairs, all)?,
        })
    }

    fn find(&self, broker: &Broker) -> Result<ClientsPage, ReadError> {
        let (clients, next, matching) = match (&self.from, self.all) {
            (From::Id(after), false) => {
                let (clients, next) = self.online(broker, after.as_ref());
                (clients, next, None)
            }
            (From::Id(after), true) => {
                let page = broker
                    .log()
                    .clients(&self.search, after.as_ref(), self.limit)?;
                let next = page.next.map(|next| next.to_string());
                (known(broker, page.clients), next, None)
            }
            (From::Offset(offset, order), false) => {
                let registry = broker.registry();
                let window = registry.sorted_clients(*order, &self.search, *offset, self.limit);
                let clients = window.clients.into_iter().map(info).collect();
                (clients, None, Some(window.matching))
            }
            (From::Offset(offset, _), true) => {
                let range = (*offset as u64, self.limit as u64);
                let (clients, matching) =
                    broker.log().client_window(&self.search, range.0, range.1)?;
                (known(broker, clients), None, Some(matching))
            }
        };
        let total = broker.registry().size().clients;
        Ok(ClientsPage {
            clients,
            next,
            total,
            matching,
        })
    }

    fn online(
        &self,
        broker: &Broker,
        after: Option<&ClientId>,
    ) -> (Vec<ClientInfo>, Option<String>) {
        let found = broker.registry().list(after, &self.search, self.limit);
        let full = found.len() == self.limit;
        let last = found.last().filter(|_| full);
        let next = last.map(|last| last.client_id.to_string());
        (found.into_iter().map(info).collect(), next)
    }
}

fn from(pairs: &Pairs, all: bool) -> Result<From, Error> {
    let after = pairs.get("after").map(ClientId::parse).transpose();
    let after = after.map_err(|why| Error::invalid("after", why))?;
    let (offset, sort) = (pairs.number("offset")?, pairs.get("sort"));
    if offset.is_none() && sort.is_none() {
        return Ok(From::Id(after));
    }
    if after.is_some() {
        return Err(Error::invalid(
            "after",
            "can't be combined with offset or sort",
        ));
    }
    let order = order(sort.unwrap_or("client_id"))?;
    if all && (order.by != SortKey::ClientId || order.descending) {
        return Err(Error::invalid(
            "sort",
            "with state=all, only client_id is supported",
        ));
    }
    let offset = usize::try_from(offset.unwrap_or_default()).unwrap_or(usize::MAX);
    Ok(From::Offset(offset, order))
}

fn order(sort: &str) -> Result<SortOrder, Error> {
    let (descending, by) = match sort.strip_prefix('-') {
        Some(by) => (true, by),
        None => (false, sort),
    };
    let by = match by {
        "client_id" => SortKey::ClientId,
        "since" => SortKey::Since,
        "connections" => SortKey::Connections,
        _ => {
            let detail = "must be client_id, since or connections; - before it reverses the order";
            return Err(Error::invalid("sort", detail));
        }
    };
    Ok(SortOrder { by, descending })
}

fn known(broker: &Broker, clients: Vec<KnownClient>) -> Vec<ClientInfo> {
    let client = |known: KnownClient| {
        let presence = broker.registry().presence(&known.id);
        let last_seen = known.last_seen.filter(|_| presence.connections.is_empty());
        ClientInfo {
            last_seen,
            ..info(presence)
        }
    };
    clients.into_iter().map(client).collect()
}
