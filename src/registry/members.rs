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
    Capacity, Count, Entry, Newcomer, Outlet, Presence, Present, Refusal, keys::Keys,
    outlet::ThreadQueues, subscriptions::Subscriptions,
};
use crate::{
    message::{Audience, ClientId, Seq},
    outbox::{CloseReason, Delivery, Recipients, StreamKey},
};

/// Where a connection stands among the members, for as long as it is one.
pub(super) type Key = u32;

/// Most of those who come give one of a few texts as their browser's name. So many are remembered.
const USER_AGENTS: usize = 256;

/// The indexes, which always agree: nobody is in one and not in the others.
#[derive(Default)]
pub(super) struct Members {
    connections: Slab<Member>,
    pub(super) clients: BTreeMap<ClientId, Keys>,
    observers: HashMap<ClientId, Keys>,
    observer_count: usize,
    pub(super) subscriptions: Subscriptions,
    pub(super) thread_queues: ThreadQueues,
    /// Those of the audience that have an outbox of their own.
    own_queue: Keys,
    user_agents: HashSet<ArcStr>,
    version: u64,
    /// Used again and again by [`Self::put`]: whom a delivery is for, by queue.
    stream_keys: Vec<Vec<StreamKey>>,
}

struct Member {
    entry: Arc<Entry>,
    outlet: Outlet,
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

    /// Has texts that many connections gave held once.
    pub(super) fn share_texts(&mut self, newcomer: &mut Newcomer) {
        if let Some((client_id, _)) = self.clients.get_key_value(&newcomer.client_id) {
            newcomer.client_id = client_id.clone();
        }
        for filter in &mut newcomer.filters {
            self.subscriptions.share_text(filter);
        }
        if let Some(user_agent) = &mut newcomer.user_agent {
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
    pub(super) fn insert(&mut self, entry: Arc<Entry>) -> Key {
        self.version += 1;
        let newcomer = &entry.newcomer;
        slab_growth::grow(&mut self.connections);
        let vacancy = self.connections.vacant_entry();
        // Descriptors end far below.
        let key = vacancy.key() as Key;
        for filter in &newcomer.filters {
            self.subscriptions.add(filter, key);
        }
        let client_id = newcomer.client_id.clone();
        match newcomer.is_observer() {
            true => {
                self.observer_count += 1;
                self.observers.entry(client_id).or_default().insert(key);
            }
            false => self.clients.entry(client_id).or_default().insert(key),
        }
        vacancy.insert(Member {
            entry,
            outlet: Outlet::Nowhere,
        });
        key
    }

    /// Has what is for a connection go there from now on.
    pub(super) fn listen(&mut self, key: Key, outlet: Outlet) {
        let Some(member) = self.connections.get_mut(key as usize) else {
            return;
        };
        let was = mem::replace(&mut member.outlet, outlet);
        if let Outlet::Closing(reason) = was {
            member.outlet.close(&self.thread_queues, reason);
        }
        if !member.entry.newcomer.is_observer() {
            match member.outlet {
                Outlet::Thread(id, _) => self.thread_queues.count(id, 1),
                _ => self.own_queue.insert(key),
            }
        }
    }

    pub(super) fn remove(&mut self, key: Key) {
        let Some(Member { entry, outlet }) = self.connections.try_remove(key as usize) else {
            return;
        };
        self.version += 1;
        for filter in &entry.newcomer.filters {
            self.subscriptions.remove(filter, key);
        }
        let client_id = &entry.newcomer.client_id;
        if entry.newcomer.is_observer() {
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
            match outlet {
                Outlet::Thread(id, _) => self.thread_queues.count(id, -1),
                _ => drop(self.own_queue.remove(key)),
            }
        }
        if self.connections.is_empty() {
            // The crowd has gone: what it took is given back.
            self.connections = Slab::new();
            self.subscriptions = Subscriptions::default();
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
            match &member.outlet {
                Outlet::Queue(queue) => queue.put(delivery.clone()),
                Outlet::Thread(id, stream_key) => stream_keys[usize::from(id.0)].push(*stream_key),
                Outlet::Nowhere | Outlet::Closing(_) => return,
            }
            reached += 1;
        });
        for (line, stream_keys) in self.thread_queues.lines().zip(&mut stream_keys) {
            let recipients = match stream_keys.as_slice() {
                [] => continue,
                [stream_key] => Recipients::One(*stream_key),
                stream_keys => Recipients::Many(stream_keys.into()),
            };
            line.queue.put(delivery.clone(), recipients);
            stream_keys.clear();
        }
        self.stream_keys = stream_keys;
        reached
    }

    fn put_to_everyone(&self, delivery: &Delivery) -> u64 {
        let mut reached = self.own_queue.len() as u64;
        for key in self.own_queue.iter() {
            if let Some(Member {
                outlet: Outlet::Queue(queue),
                ..
            }) = self.connections.get(key as usize)
            {
                queue.put(delivery.clone());
            }
        }
        for line in self.thread_queues.lines().filter(|line| line.audience > 0) {
            line.queue.put(delivery.clone(), Recipients::Everyone);
            reached += line.audience;
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
            clients.insert(&member.entry.newcomer.client_id);
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
    pub(super) fn all(&self) -> Vec<(Key, Arc<Entry>)> {
        let member = |(key, member): (usize, &Member)| (key as Key, Arc::clone(&member.entry));
        self.connections.iter().map(member).collect()
    }

    /// Ends one of [`Self::all`], if it is still there.
    pub(super) fn close(&mut self, key: Key, entry: &Entry, reason: CloseReason) {
        if let Some(member) = self.connections.get_mut(key as usize)
            && member.entry.id == entry.id
        {
            member.outlet.close(&self.thread_queues, reason);
        }
    }

    /// Ends every connection of a client, and says how many that were.
    pub(super) fn disconnect(&mut self, client_id: &ClientId, reason: CloseReason) -> u64 {
        let Some(keys) = self.clients.get(client_id) else {
            return 0;
        };
        for key in keys.iter() {
            if let Some(member) = self.connections.get_mut(key as usize) {
                member.outlet.close(&self.thread_queues, reason);
            }
        }
        keys.len() as u64
    }

    fn for_each<'a>(&'a self, audience: &Audience, mut found: impl FnMut(&'a Member)) {
        let mut one = |key: Key| {
            self.connections
                .get(key as usize)
                .into_iter()
                .for_each(&mut found);
        };
        let mut client = |client_id: &ClientId| {
            let keys = self.clients.get(client_id).into_iter().flat_map(Keys::iter);
            keys.for_each(&mut one);
        };
        match audience {
            Audience::Client(client_id) => client(client_id),
            Audience::Clients(client_ids) => client_ids.iter().for_each(client),
            Audience::Topic(topic) => self.subscriptions.for_each(topic, one),
            Audience::Everyone => {
                self.clients.values().flat_map(Keys::iter).for_each(one);
            }
        }
    }

    pub(super) fn presence(&self, client_id: &ClientId, head: Seq) -> Presence {
        let keys = self.clients.get(client_id).into_iter().flat_map(Keys::iter);
        let members = keys.filter_map(|key| self.connections.get(key as usize));
        let mut connections: Vec<Present> = members
            .map(|member| Present {
                entry: Arc::clone(&member.entry),
                behind: member.outlet.behind(&self.thread_queues, head),
            })
            .collect();
        connections.sort_unstable_by_key(|present| present.entry.id);
        Presence {
            client_id: client_id.clone(),
            version: self.version,
            connections,
        }
    }

    /// The number of the oldest of these connections.
    pub(super) fn oldest(&self, keys: &Keys) -> u64 {
        let members = keys
            .iter()
            .filter_map(|key| self.connections.get(key as usize));
        members
            .map(|member| member.entry.id)
            .min()
            .unwrap_or_default()
    }

    pub(super) fn mentions(&self, client_id: &ClientId, keys: &Keys, search: &str) -> bool {
        let topics = |key| {
            self.connections
                .get(key as usize)
                .into_iter()
                .flat_map(|member| &member.entry.newcomer.filters)
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
