//! Windows of the sorted list of clients, for lists that are too long to load.

use std::cmp::Reverse;

use super::{Presence, Registry, client_search::ClientSearch, connection_set::ConnectionSet};
use crate::message::ClientId;

/// What clients are sorted by. Equal ones are sorted by their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// Their ids.
    ClientId,
    /// The time when the oldest of their connections was opened.
    Since,
    /// The number of their connections.
    Connections,
}

/// How clients are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortOrder {
    /// The key.
    pub by: SortKey,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// A window of the sorted list.
#[derive(Clone, Debug)]
pub struct ClientWindow {
    /// The clients in the window.
    pub clients: Vec<Presence>,
    /// The number of all clients that match the search.
    pub matching: u64,
}

impl Registry {
    /// Up to `limit` clients after the first `offset` of those that match a search.
    pub fn sorted_clients(
        &self,
        order: SortOrder,
        search: &ClientSearch<'_>,
        offset: usize,
        limit: usize,
    ) -> ClientWindow {
        let mut found = self.sort_values(order.by, search);
        if let Some(keeps) = search.keeps {
            found.retain(|(_, client_id)| keeps(client_id));
        }
        // It is sorted outside of the lock that a fan-out takes. What comes out of it is by id already.
        match (order.by, order.descending) {
            (SortKey::ClientId, false) => {}
            (SortKey::ClientId, true) => found.reverse(),
            (_, false) => found.sort_by_key(|(rank, _)| *rank),
            (_, true) => found.sort_by_key(|(rank, _)| Reverse(*rank)),
        }
        let matching = found.len() as u64;
        let window = found.into_iter().skip(offset).take(limit);
        let table = self.table.lock();
        let clients = window
            .map(|(_, client_id)| table.presence(&client_id, self.fan_out_position()))
            // Leave out clients that have disconnected since.
            .filter(|presence| !presence.connections.is_empty())
            .collect();
        ClientWindow { clients, matching }
    }

    fn sort_values(&self, by: SortKey, search: &ClientSearch<'_>) -> Vec<(u64, ClientId)> {
        let table = self.table.lock();
        let rank = |keys: &ConnectionSet| match by {
            SortKey::ClientId => 0,
            // Connection ids grow with time.
            SortKey::Since => table.oldest(keys),
            SortKey::Connections => keys.len() as u64,
        };
        table
            .clients
            .iter()
            .filter(|(client_id, keys)| table.matches_search(client_id, keys, search))
            .map(|(client_id, keys)| (rank(keys), client_id.clone()))
            .collect()
    }
}
