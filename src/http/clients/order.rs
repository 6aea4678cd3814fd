//! The order of a list of clients.

use std::cmp::Reverse;

use app::wire::ClientInfo;

use crate::{
    http::Error,
    registry::{SortKey, SortOrder},
};

/// The order of a list that does not say another one.
pub const BY_ID: SortOrder = SortOrder {
    by: SortKey::ClientId,
    descending: false,
};

/// Sorts clients as a node sorts its own.
pub fn sort_by(clients: &mut [ClientInfo], order: SortOrder) {
    let key = |client: &ClientInfo| match order.by {
        SortKey::ClientId => 0,
        SortKey::Since => client.connections.first().map_or(0, |first| first.since),
        SortKey::Connections => client.connections.len() as u64,
    };
    match (order.by, order.descending) {
        // They are sorted by id.
        (SortKey::ClientId, false) => {}
        (SortKey::ClientId, true) => clients.reverse(),
        (_, false) => clients.sort_by_key(key),
        (_, true) => clients.sort_by_key(|client| Reverse(key(client))),
    }
}

/// The order with this name in the API.
pub fn parse_order(sort: &str) -> Result<SortOrder, Error> {
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
