//! Clients in some order, and a window of them: for a list so long that nobody loads it whole.

use std::cmp::Reverse;

use super::{Presence, Registry, keys::Keys};
use crate::message::ClientId;

/// By what clients are put in order. Those who are equal come by their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// Their ids.
    ClientId,
    /// When the oldest of their connections was opened.
    Since,
    /// How many connections they have.
    Connections,
}

/// An order of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranking {
    /// By what.
    pub by: Rank,
    /// The greatest first.
    pub descending: bool,
}

/// A window of the clients.
#[derive(Clone, Debug)]
pub struct Ranked {
    /// Those in the window.
    pub clients: Vec<Presence>,
    /// All whose id or topics contain what was searched for.
    pub matching: u64,
}

impl Registry {
    /// Up to `limit` clients after the first `offset` of those whose id or topics contain `search`.
    pub fn rank(&self, ranking: Ranking, search: &str, offset: usize, limit: usize) -> Ranked {
        let mut found = self.found(ranking.by, search);
        // It is sorted outside of the lock that a fan-out takes. What comes out of it is by id already.
        match (ranking.by, ranking.descending) {
            (Rank::ClientId, false) => {}
            (Rank::ClientId, true) => found.reverse(),
            (_, false) => found.sort_by_key(|(rank, _)| *rank),
            (_, true) => found.sort_by_key(|(rank, _)| Reverse(*rank)),
        }
        let matching = found.len() as u64;
        let window = found.into_iter().skip(offset).take(limit);
        let members = self.members.lock();
        let clients = window
            .map(|(_, client_id)| members.presence(&client_id, self.fanned_out()))
            // Whoever has left since is not shown as somebody without connections.
            .filter(|presence| !presence.connections.is_empty())
            .collect();
        Ranked { clients, matching }
    }

    fn found(&self, by: Rank, search: &str) -> Vec<(u64, ClientId)> {
        let members = self.members.lock();
        let rank = |keys: &Keys| match by {
            Rank::ClientId => 0,
            // The numbers of connections grow with time.
            Rank::Since => members.oldest(keys),
            Rank::Connections => keys.len() as u64,
        };
        members
            .clients
            .iter()
            .filter(|(client_id, keys)| members.mentions(client_id, keys, search))
            .map(|(client_id, keys)| (rank(keys), client_id.clone()))
            .collect()
    }
}
