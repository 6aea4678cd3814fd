//! The connections themselves, by client and by topic, and where what is for them goes.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    mem,
    sync::Arc,
};

use arcstr::ArcStr;
use slab::Slab;

use super::slab_growth;
use super::{
    AdmissionError, Capacity, ConnectionRecord, ConnectionStatus, Count, DeliveryTarget, Presence,
    Subscriber,
    connection_set::{ConnectionKey, ConnectionSet},
    delivery_target::ThreadQueues,
    topic_index::TopicIndex,
};
use crate::{
    message::{Audience, ClientId, Seq},
    outbox::{CloseReason, Delivery, Recipients, StreamKey},
};

/// Most of those who come give one of a few texts as their browser's name. So many are remembered.
const USER_AGENTS: usize = 256;

/// The indexes, which always agree: nobody is in one and not in the others.
#[derive(Default)]
pub(super) struct ConnectionTable {
    connections: Slab<TableEntry>,
    pub(super) clients: BTreeMap<ClientId, ConnectionSet>,
    observers: HashMap<ClientId, ConnectionSet>,
    observer_count: usize,
    pub(super) topic_index: TopicIndex,
    pub(super) thread_queues: ThreadQueues,
    /// Those of the audience that have an outbox of their own.
    own_queue: ConnectionSet,
    user_agents: HashSet<ArcStr>,
    version: u64,
    /// Used again and again by [`Self::put`]: whom a delivery is for, by queue.
    stream_keys: Vec<Vec<StreamKey>>,
}

struct TableEntry {
    record: Arc<ConnectionRecord>,
    target: DeliveryTarget,
}

impl ConnectionTable {
    pub(super) fn check_capacity(
        &self,
        subscriber: &Subscriber,
        capacity: Capacity,
    ) -> Result<(), AdmissionError> {
        let connections = match subscriber.is_observer() {
            true => self.observers.get(&subscriber.client_id),
            false => self.clients.get(&subscriber.client_id),
        };
        if connections.is_some_and(|connections| connections.len() >= capacity.per_client) {
            Err(AdmissionError::PerClient(capacity.per_client))
        } else if self.connections.len() >= capacity.total {
            Err(AdmissionError::Total(capacity.total))
        } else {
            Ok(())
        }
    }

    /// Has texts that many connections gave held once.
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

    /// Takes a connection in. Nothing goes to it before it listens.
    pub(super) fn insert(&mut self, record: Arc<ConnectionRecord>) -> ConnectionKey {
        self.version += 1;
        let subscriber = &record.subscriber;
        slab_growth::grow(&mut self.connections);
        let vacancy = self.connections.vacant_entry();
        // Descriptors end far below.
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
        vacancy.insert(TableEntry {
            record,
            target: DeliveryTarget::Unassigned,
        });
        key
    }

    /// Has what is for a connection go there from now on.
    pub(super) fn register(&mut self, key: ConnectionKey, target: DeliveryTarget) {
        let Some(member) = self.connections.get_mut(key as usize) else {
            return;
        };
        let was = mem::replace(&mut member.target, target);
        if let DeliveryTarget::Closing(reason) = was {
            member.target.close(&self.thread_queues, reason);
        }
        if !member.record.subscriber.is_observer() {
            match member.target {
                DeliveryTarget::Thread(id, _) => self.thread_queues.count(id, 1),
                _ => self.own_queue.insert(key),
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
                _ => drop(self.own_queue.remove(key)),
            }
        }
        if self.connections.is_empty() {
            // The crowd has gone: what it took is given back.
            self.connections = Slab::new();
            self.topic_index = TopicIndex::default();
        }
    }

    /// Puts a delivery where those take it from whom it is for, and says how many that are.
    pub(super) fn put(&mut self, audience: &Audience, delivery: &Delivery) -> u64 {
        if *audience == Audience::Everyone {
            return self.put_to_everyone(delivery);
        }
        let mut stream_keys = mem::take(&mut self.stream_keys);
        stream_keys.resize_with(self.thread_queues.len(), Vec::new);
        let mut reached = 0;
        self.for_each(audience, |member| {
            match &member.target {
                DeliveryTarget::Queue(queue) => queue.put(delivery.clone()),
                DeliveryTarget::Thread(id, stream_key) => {
                    stream_keys[usize::from(id.0)].push(*stream_key)
                }
                DeliveryTarget::Unassigned | DeliveryTarget::Closing(_) => return,
            }
            reached += 1;
        });
        for (entry, stream_keys) in self.thread_queues.entries().zip(&mut stream_keys) {
            let recipients = match stream_keys.as_slice() {
                [] => continue,
                [stream_key] => Recipients::One(*stream_key),
                stream_keys => Recipients::Many(stream_keys.into()),
            };
            entry.queue.put(delivery.clone(), recipients);
            stream_keys.clear();
        }
        self.stream_keys = stream_keys;
        reached
    }

    fn put_to_everyone(&self, delivery: &Delivery) -> u64 {
        let mut reached = self.own_queue.len() as u64;
        for key in self.own_queue.iter() {
            if let Some(TableEntry {
                target: DeliveryTarget::Queue(queue),
                ..
            }) = self.connections.get(key as usize)
            {
                queue.put(delivery.clone());
            }
        }
        for entry in self
            .thread_queues
            .entries()
            .filter(|entry| entry.audience > 0)
        {
            entry.queue.put(delivery.clone(), Recipients::Everyone);
            reached += entry.audience;
        }
        reached
    }

    /// How many a message would reach.
    pub(super) fn count(&self, audience: &Audience) -> Count {
        if *audience == Audience::Everyone {
            return self.size();
        }
        let mut clients = HashSet::new();
        let mut connections = 0;
        self.for_each(audience, |member| {
            clients.insert(&member.record.subscriber.client_id);
            connections += 1;
        });
        Count {
            clients: clients.len() as u64,
            connections,
        }
    }

    /// Clients and connections of the audience.
    pub(super) fn size(&self) -> Count {
        Count {
            clients: self.clients.len() as u64,
            connections: (self.connections.len() - self.observer_count) as u64,
        }
    }

    pub(super) fn is_observed(&self) -> bool {
        self.observer_count > 0
    }

    /// All connections.
    pub(super) fn all(&self) -> Vec<(ConnectionKey, Arc<ConnectionRecord>)> {
        let member = |(key, member): (usize, &TableEntry)| {
            (key as ConnectionKey, Arc::clone(&member.record))
        };
        self.connections.iter().map(member).collect()
    }

    /// Ends one of [`Self::all`], if it is still there.
    pub(super) fn close(
        &mut self,
        key: ConnectionKey,
        record: &ConnectionRecord,
        reason: CloseReason,
    ) {
        if let Some(member) = self.connections.get_mut(key as usize)
            && member.record.id == record.id
        {
            member.target.close(&self.thread_queues, reason);
        }
    }

    /// Ends every connection of a client, and says how many that were.
    pub(super) fn disconnect(&mut self, client_id: &ClientId, reason: CloseReason) -> u64 {
        let Some(keys) = self.clients.get(client_id) else {
            return 0;
        };
        for key in keys.iter() {
            if let Some(member) = self.connections.get_mut(key as usize) {
                member.target.close(&self.thread_queues, reason);
            }
        }
        keys.len() as u64
    }

    fn for_each<'a>(&'a self, audience: &Audience, mut found: impl FnMut(&'a TableEntry)) {
        let mut one = |key: ConnectionKey| {
            self.connections
                .get(key as usize)
                .into_iter()
                .for_each(&mut found);
        };
        let mut client = |client_id: &ClientId| {
            let keys = self
                .clients
                .get(client_id)
                .into_iter()
                .flat_map(ConnectionSet::iter);
            keys.for_each(&mut one);
        };
        match audience {
            Audience::Client(client_id) => client(client_id),
            Audience::Clients(client_ids) => client_ids.iter().for_each(client),
            Audience::Topic(topic) => self.topic_index.for_each(topic, one),
            Audience::Everyone => {
                self.clients
                    .values()
                    .flat_map(ConnectionSet::iter)
                    .for_each(one);
            }
        }
    }

    pub(super) fn presence(&self, client_id: &ClientId, head: Seq) -> Presence {
        let keys = self
            .clients
            .get(client_id)
            .into_iter()
            .flat_map(ConnectionSet::iter);
        let members = keys.filter_map(|key| self.connections.get(key as usize));
        let mut connections: Vec<ConnectionStatus> = members
            .map(|member| ConnectionStatus {
                record: Arc::clone(&member.record),
                behind: member.target.behind(&self.thread_queues, head),
            })
            .collect();
        connections.sort_unstable_by_key(|status| status.record.id);
        Presence {
            client_id: client_id.clone(),
            version: self.version,
            connections,
        }
    }

    /// The number of the oldest of these connections.
    pub(super) fn oldest(&self, keys: &ConnectionSet) -> u64 {
        let members = keys
            .iter()
            .filter_map(|key| self.connections.get(key as usize));
        members
            .map(|member| member.record.id)
            .min()
            .unwrap_or_default()
    }

    pub(super) fn matches_search(
        &self,
        client_id: &ClientId,
        keys: &ConnectionSet,
        search: &str,
    ) -> bool {
        let topics = |key| {
            self.connections
                .get(key as usize)
                .into_iter()
                .flat_map(|member| &member.record.subscriber.filters)
        };
        search.is_empty()
            || contains(client_id.as_str(), search)
            || keys
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
