//! Clients in some order, and a window of them: for a list so long that nobody loads it whole.

use std::cmp::Reverse;

use super::{Presence, Registry, connection_set::ConnectionSet};
use crate::message::ClientId;

/// By what clients are put in order. Those who are equal come by their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// Their ids.
    ClientId,
    /// When the oldest of their connections was opened.
    Since,
    /// How many connections they have.
    Connections,
}

/// An order of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortOrder {
    /// By what.
    pub by: SortKey,
    /// The greatest first.
    pub descending: bool,
}

/// A window of the clients.
#[derive(Clone, Debug)]
pub struct ClientWindow {
    /// Those in the window.
    pub clients: Vec<Presence>,
    /// All whose id or topics contain what was searched for.
    pub matching: u64,
}

impl Registry {
    /// Up to `limit` clients after the first `offset` of those whose id or topics contain `search`.
    pub fn sorted_clients(
        &self,
        order: SortOrder,
        search: &str,
        offset: usize,
        limit: usize,
    ) -> ClientWindow {
        let mut found = self.sort_values(order.by, search);
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
            // Whoever has left since is not shown as somebody without connections.
            .filter(|presence| !presence.connections.is_empty())
            .collect();
        ClientWindow { clients, matching }
    }

    fn sort_values(&self, by: SortKey, search: &str) -> Vec<(u64, ClientId)> {
        let table = self.table.lock();
        let rank = |keys: &ConnectionSet| match by {
            SortKey::ClientId => 0,
            // The numbers of connections grow with time.
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
