//! All connections, indexed by client and by topic, with their delivery targets.

mod fan_out;
mod queries;

pub(super) use fan_out::ThreadQueueList;

use std::{
    collections::{BTreeMap, HashMap, HashSet, hash_map::Entry},
    mem,
    sync::Arc,
};

use arcstr::ArcStr;
use slab::Slab;

use super::slab_growth;
use super::{
    AdmissionError, Capacity, ConnectionRecord, DeliveryTarget, Subscriber,
    connection_set::{ConnectionKey, ConnectionSet},
    delivery_target::ThreadQueues,
    topic_index::TopicIndex,
};
use crate::{
    message::ClientId,
    network::Network,
    outbox::{CloseReason, StreamKey},
};

/// Distinct `User-Agent` texts that are shared between connections: most browsers send one of a few.
const USER_AGENTS: usize = 256;

/// The indexes. They always agree: a connection is in all of them or in none.
#[derive(Default)]
pub(super) struct ConnectionTable {
    connections: Slab<TableEntry>,
    pub(super) clients: BTreeMap<ClientId, ConnectionSet>,
    observers: HashMap<ClientId, ConnectionSet>,
    observer_count: usize,
    pub(super) topic_index: TopicIndex,
    pub(super) thread_queues: ThreadQueues,
    /// Connections with a queue of their own, without observers.
    with_own_queue: ConnectionSet,
    user_agents: HashSet<ArcStr>,
    /// Connections that may not have all messages of the topics that they subscribe to, even if none is private.
    restricted_count: usize,
    /// Connections by address, where these are limited.
    by_network: HashMap<Network, usize>,
    version: u64,
    /// Reused by [`Self::put`]: the recipients of a delivery, by thread queue.
    stream_keys: Vec<Vec<StreamKey>>,
    pub(super) capacity: Capacity,
}

struct TableEntry {
    record: Arc<ConnectionRecord>,
    target: DeliveryTarget,
}

impl ConnectionTable {
    pub(super) fn new(capacity: Capacity) -> Self {
        Self {
            capacity,
            ..Self::default()
        }
    }

    pub(super) fn check_capacity(&self, subscriber: &Subscriber) -> Result<(), AdmissionError> {
        let capacity = self.capacity;
        let connections = match subscriber.is_observer() {
            true => self.observers.get(&subscriber.client_id),
            false => self.clients.get(&subscriber.client_id),
        };
        if connections.is_some_and(|connections| connections.len() >= capacity.per_client) {
            Err(AdmissionError::PerClient(capacity.per_client))
        } else if self.connections_beside(subscriber) >= capacity.per_address {
            Err(AdmissionError::PerAddress(capacity.per_address))
        } else if self.connections.len() >= capacity.total {
            Err(AdmissionError::Total(capacity.total))
        } else {
            let room = self.topic_index.check_room(&subscriber.filters);
            room.map_err(AdmissionError::Templates)
        }
    }

    /// Connections that count together with this one by their address. 0: they are not limited.
    fn connections_beside(&self, subscriber: &Subscriber) -> usize {
        let network = subscriber.limited_network();
        let count = network.and_then(|network| self.by_network.get(&network));
        count.copied().unwrap_or_default()
    }

    /// Replaces texts that other connections hold too by shared copies.
    pub(super) fn intern_strings(&mut self, subscriber: &mut Subscriber) {
        if let Some((client_id, _)) = self.clients.get_key_value(&subscriber.client_id) {
            subscriber.client_id = client_id.clone();
        }
        for filter in &mut subscriber.filters {
            self.topic_index.intern(filter);
        }
        if let Some(user_agent) = &mut subscriber.user_agent {
            match self.user_agents.get(user_agent) {
                Some(known) => *user_agent = known.clone(),
                None if self.user_agents.len() < USER_AGENTS => {
                    self.user_agents.insert(user_agent.clone());
                }
                None => self.user_agents = HashSet::new(),
            }
        }
    }

    /// Adds a connection. It has no delivery target yet.
    pub(super) fn insert(&mut self, record: Arc<ConnectionRecord>) -> ConnectionKey {
        self.version += 1;
        let subscriber = &record.subscriber;
        if let Some(network) = subscriber.limited_network() {
            *self.by_network.entry(network).or_default() += 1;
        }
        slab_growth::grow(&mut self.connections);
        let vacancy = self.connections.vacant_entry();
        // There are far fewer file descriptors.
        let key = vacancy.key() as ConnectionKey;
        for filter in &subscriber.filters {
            self.topic_index.add(filter, key);
        }
        let client_id = subscriber.client_id.clone();
        match subscriber.is_observer() {
            true => {
                self.observer_count += 1;
                self.observers.entry(client_id).or_default().insert(key);
            }
            false => self.clients.entry(client_id).or_default().insert(key),
        }
        self.restricted_count += usize::from(subscriber.access.restricts_messages());
        vacancy.insert(TableEntry {
            record,
            target: DeliveryTarget::Unassigned,
        });
        key
    }

    /// Sets the delivery target of a connection.
    pub(super) fn register(&mut self, key: ConnectionKey, target: DeliveryTarget) {
        let Some(entry) = self.connections.get_mut(key as usize) else {
            return;
        };
        let was = mem::replace(&mut entry.target, target);
        if let DeliveryTarget::Closing(reason) = was {
            entry.target.close(&self.thread_queues, reason);
        }
        if !entry.record.subscriber.is_observer() {
            match entry.target {
                DeliveryTarget::Thread(id, _) => self.thread_queues.count(id, 1),
                _ => self.with_own_queue.insert(key),
            }
        }
    }

    pub(super) fn remove(&mut self, key: ConnectionKey) {
        let Some(TableEntry { record, target }) = self.connections.try_remove(key as usize) else {
            return;
        };
        self.version += 1;
        for filter in &record.subscriber.filters {
            self.topic_index.remove(filter, key);
        }
        if let Some(network) = record.subscriber.limited_network()
            && let Entry::Occupied(mut count) = self.by_network.entry(network)
        {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
        self.restricted_count -= usize::from(record.subscriber.access.restricts_messages());
        let client_id = &record.subscriber.client_id;
        if record.subscriber.is_observer() {
            self.observer_count -= 1;
            if self
                .observers
                .get_mut(client_id)
                .is_some_and(|keys| keys.remove(key))
            {
                self.observers.remove(client_id);
            }
        } else {
            if self
                .clients
                .get_mut(client_id)
                .is_some_and(|keys| keys.remove(key))
            {
                self.clients.remove(client_id);
            }
            match target {
                DeliveryTarget::Thread(id, _) => self.thread_queues.count(id, -1),
                _ => drop(self.with_own_queue.remove(key)),
            }
        }
        if self.connections.is_empty() {
            // Release the memory after the last connection.
            self.connections = Slab::new();
            self.topic_index = TopicIndex::default();
            self.by_network = HashMap::new();
        }
    }

    pub(super) fn is_observed(&self) -> bool {
        self.observer_count > 0
    }

    /// Closes one of [`Self::all`], if it is still connected.
    pub(super) fn close(
        &mut self,
        key: ConnectionKey,
        record: &ConnectionRecord,
        reason: CloseReason,
    ) {
        if let Some(entry) = self.connections.get_mut(key as usize)
            && entry.record.id == record.id
        {
            entry.target.close(&self.thread_queues, reason);
        }
    }

    /// Closes every connection of a client. Returns their number.
    pub(super) fn disconnect(&mut self, client_id: &ClientId, reason: CloseReason) -> u64 {
        let Some(keys) = self.clients.get(client_id) else {
            return 0;
        };
        for key in keys.iter() {
            if let Some(entry) = self.connections.get_mut(key as usize) {
                entry.target.close(&self.thread_queues, reason);
            }
        }
        keys.len() as u64
    }
}
