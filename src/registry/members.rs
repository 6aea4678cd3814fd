//! The connections themselves, by number, by client and by topic.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use indexmap::IndexMap;

use super::{
    Capacity, ConnectionId, Entry, Newcomer, Presence, Refusal, subscriptions::Subscriptions,
};
use crate::message::{Audience, ClientId, Seq};

/// The indexes, which always agree: nobody is in one and not in the others.
#[derive(Default)]
pub(super) struct Members {
    /// Dense, since a message to everyone walks it.
    pub(super) connections: IndexMap<ConnectionId, Entry>,
    pub(super) clients: BTreeMap<ClientId, Vec<ConnectionId>>,
    pub(super) observers: HashMap<ClientId, Vec<ConnectionId>>,
    pub(super) subscriptions: Subscriptions,
    version: u64,
}

impl Members {
    pub(super) fn check_capacity(
        &self,
        newcomer: &Newcomer,
        capacity: Capacity,
    ) -> Result<(), Refusal> {
        let connections = match newcomer.is_observer() {
            true => self.observers.get(&newcomer.client_id),
            false => self.clients.get(&newcomer.client_id),
        };
        if connections.is_some_and(|connections| connections.len() >= capacity.per_client) {
            Err(Refusal::PerClient(capacity.per_client))
        } else if self.connections.len() >= capacity.total {
            Err(Refusal::Total(capacity.total))
        } else {
            Ok(())
        }
    }

    pub(super) fn insert(&mut self, entry: Entry) {
        self.version += 1;
        let newcomer = Arc::clone(&entry.newcomer);
        for filter in &newcomer.filters {
            self.subscriptions.add(filter, entry.id);
        }
        let client_id = newcomer.client_id.clone();
        match newcomer.is_observer() {
            true => self.observers.entry(client_id).or_default().push(entry.id),
            false => self.clients.entry(client_id).or_default().push(entry.id),
        }
        self.connections.insert(entry.id, entry);
    }

    pub(super) fn remove(&mut self, id: ConnectionId) {
        let Some(entry) = self.connections.swap_remove(&id) else {
            return;
        };
        self.version += 1;
        for filter in &entry.newcomer.filters {
            self.subscriptions.remove(filter, id);
        }
        let client_id = &entry.newcomer.client_id;
        if entry.newcomer.is_observer() {
            if leaves_none(self.observers.get_mut(client_id), id) {
                self.observers.remove(client_id);
            }
        } else if leaves_none(self.clients.get_mut(client_id), id) {
            self.clients.remove(client_id);
        }
    }

    pub(super) fn for_each<'a>(&'a self, audience: &Audience, mut found: impl FnMut(&'a Entry)) {
        let mut client = |client_id: &ClientId| {
            let ids = self.clients.get(client_id).into_iter().flatten();
            ids.filter_map(|id| self.connections.get(id))
                .for_each(&mut found);
        };
        match audience {
            Audience::Client(client_id) => client(client_id),
            Audience::Clients(client_ids) => client_ids.iter().for_each(client),
            Audience::Topic(topic) => self.subscriptions.for_each(topic, |id| {
                self.connections.get(&id).into_iter().for_each(&mut found);
            }),
            Audience::Everyone => {
                self.connections
                    .values()
                    .filter(|entry| !entry.newcomer.is_observer())
                    .for_each(found);
            }
        }
    }

    pub(super) fn presence(&self, client_id: &ClientId, head: Seq) -> Presence {
        let ids = self.clients.get(client_id).into_iter().flatten();
        Presence {
            client_id: client_id.clone(),
            version: self.version,
            head,
            connections: ids
                .filter_map(|id| self.connections.get(id))
                .cloned()
                .collect(),
        }
    }

    pub(super) fn mentions(
        &self,
        client_id: &ClientId,
        ids: &[ConnectionId],
        search: &str,
    ) -> bool {
        let topics = |id| {
            self.connections
                .get(id)
                .into_iter()
                .flat_map(|entry| &entry.newcomer.filters)
        };
        search.is_empty()
            || contains(client_id.as_str(), search)
            || ids
                .iter()
                .flat_map(topics)
                .any(|filter| contains(filter.as_str(), search))
    }
}

/// Whether a text contains another, whatever the case of its ASCII letters, as the log compares too.
fn contains(text: &str, search: &str) -> bool {
    let mut windows = text.as_bytes().windows(search.len().max(1));
    windows.any(|window| window.eq_ignore_ascii_case(search.as_bytes()))
}

fn leaves_none(connections: Option<&mut Vec<ConnectionId>>, id: ConnectionId) -> bool {
    connections.is_some_and(|connections| {
        connections.retain(|other| *other != id);
        connections.is_empty()
    })
}
