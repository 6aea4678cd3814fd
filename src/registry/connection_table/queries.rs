//! What the registry tells about clients and their connections.

use std::{collections::HashSet, sync::Arc};

use super::{ConnectionTable, TableEntry};
use crate::{
    message::{Audience, ClientId, Seq},
    registry::{
        client_search::ClientSearch,
        connection_set::{ConnectionKey, ConnectionSet},
        delivery_target::DeliveryTarget,
        presence::{ConnectionRecord, ConnectionStatus, Count, Presence},
        stream_counters::OutboxDepth,
    },
};

impl ConnectionTable {
    /// What waits for the writers of streams.
    pub(in crate::registry) fn outbox(&self) -> OutboxDepth {
        let mut depth = OutboxDepth::default();
        for entry in self.thread_queues.entries() {
            let (messages, bytes, behind) = entry.queue.depth();
            depth.messages += messages;
            depth.bytes += bytes;
            depth.behind += behind;
        }
        for key in self.with_own_queue.iter() {
            if let Some(entry) = self.connections.get(key as usize)
                && let DeliveryTarget::Queue(queue) = &entry.target
            {
                depth.behind += u64::from(queue.position().is_some());
            }
        }
        depth
    }

    /// The recipients that a message would have now.
    pub(in crate::registry) fn count(&self, audience: &Audience) -> Count {
        if *audience == Audience::Everyone {
            return self.size();
        }
        let mut clients = HashSet::new();
        let mut connections = 0;
        self.for_each(audience, &[], |entry| {
            clients.insert(&entry.record.subscriber.client_id);
            connections += 1;
        });
        Count {
            clients: clients.len() as u64,
            connections,
        }
    }

    /// The clients that a message would reach now. None if there are more than `limit`.
    pub(in crate::registry) fn clients_of(
        &self,
        audience: &Audience,
        limit: usize,
    ) -> Option<Vec<ClientId>> {
        if *audience == Audience::Everyone {
            let few = self.clients.len() <= limit;
            return few.then(|| self.clients.keys().cloned().collect());
        }
        let mut clients = HashSet::new();
        self.for_each(audience, &[], |entry| {
            clients.insert(entry.record.subscriber.client_id.clone());
        });
        (clients.len() <= limit).then(|| clients.into_iter().collect())
    }

    /// All clients and connections, without observers.
    pub(in crate::registry) fn size(&self) -> Count {
        Count {
            clients: self.clients.len() as u64,
            connections: (self.connections.len() - self.observer_count) as u64,
        }
    }

    /// All connections.
    pub(in crate::registry) fn all(&self) -> Vec<(ConnectionKey, Arc<ConnectionRecord>)> {
        let entry =
            |(key, entry): (usize, &TableEntry)| (key as ConnectionKey, Arc::clone(&entry.record));
        self.connections.iter().map(entry).collect()
    }

    /// A client and its connections, whose lag is measured from `head`.
    pub(in crate::registry) fn presence(&self, client_id: &ClientId, head: Seq) -> Presence {
        let keys = self
            .clients
            .get(client_id)
            .into_iter()
            .flat_map(ConnectionSet::iter);
        let entrys = keys.filter_map(|key| self.connections.get(key as usize));
        let mut connections: Vec<ConnectionStatus> = entrys
            .map(|entry| ConnectionStatus {
                record: Arc::clone(&entry.record),
                behind: entry.target.behind(&self.thread_queues, head),
            })
            .collect();
        connections.sort_unstable_by_key(|status| status.record.id);
        Presence {
            client_id: client_id.clone(),
            version: self.version,
            connections,
        }
    }

    /// The smallest id of these connections, which is the oldest one.
    pub(in crate::registry) fn oldest(&self, keys: &ConnectionSet) -> u64 {
        let entrys = keys
            .iter()
            .filter_map(|key| self.connections.get(key as usize));
        entrys
            .map(|entry| entry.record.id)
            .min()
            .unwrap_or_default()
    }

    /// Whether a client matches a search.
    pub(in crate::registry) fn matches_search(
        &self,
        client_id: &ClientId,
        keys: &ConnectionSet,
        ClientSearch {
            text,
            topics: in_topics,
            sees,
            connection,
            ..
        }: &ClientSearch<'_>,
    ) -> bool {
        let topics = |key| {
            self.connections
                .get(key as usize)
                .into_iter()
                .flat_map(|entry| &entry.record.subscriber.filters)
        };
        let found = text.is_empty()
            || contains(client_id.as_str(), text)
            || *in_topics
                && keys
                    .iter()
                    .flat_map(topics)
                    .any(|filter| contains(filter.as_str(), text));
        let is_wanted = |wanted: &dyn Fn(&ConnectionRecord) -> bool| {
            let records = keys
                .iter()
                .filter_map(|key| self.connections.get(key as usize));
            records.into_iter().any(|entry| wanted(&entry.record))
        };
        found && sees(client_id) && connection.is_none_or(is_wanted)
    }
}

/// Whether a text contains another, ignoring ASCII case, as searches of the log do.
fn contains(text: &str, search: &str) -> bool {
    let mut windows = text.as_bytes().windows(search.len().max(1));
    windows.any(|window| window.eq_ignore_ascii_case(search.as_bytes()))
}
