//! Who is connected to this node now, by client and by topic.
//!
//! The registry knows of each connection where what is for it goes, its [`Outlet`]. Who is admitted gets an
//! [`Admission`], who listens a [`Registration`]; dropping either takes the connection out again, so that
//! nobody can be admitted and never reported gone.

mod keys;
mod members;
mod outlet;
mod presence;
mod ranking;
mod registration;
pub mod slab_growth;
mod subscriptions;

use std::{
    ops::Bound,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use parking_lot::Mutex;

use members::{Key, Members};
pub use outlet::{Outlet, ThreadQueueId};
pub use presence::{ConnectionId, Entry, Newcomer, Presence, Present, Remote};
pub use ranking::{Rank, Ranked, Ranking};
pub use registration::{Admission, Registration};

use crate::{
    change_feed::Changes,
    message::{Audience, ClientId, Seq},
    outbox::{CloseReason, Delivery, QueueLimits, ThreadQueue},
};

/// How many connections there may be.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Of one client.
    pub per_client: usize,
    /// In all.
    pub total: usize,
}

/// Why a connection was not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The client has as many as it may have.
    #[error("this client has {0} connections, and may have no more")]
    PerClient(usize),
    /// The node has as many as it may have.
    #[error("this server has {0} connections, and may have no more")]
    Total(usize),
}

/// Clients and connections, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Distinct clients.
    pub clients: u64,
    /// Their connections.
    pub connections: u64,
}

/// A connection that may be closed.
pub struct Closable {
    key: Key,
    entry: Arc<Entry>,
}

/// See the module's description.
pub struct Registry {
    members: Mutex<Members>,
    changes: Changes<ClientId, ()>,
    capacity: Capacity,
    limits: QueueLimits,
    /// Everything up to this place has been put into the outlets it was for.
    fanned_out: AtomicU64,
    deliveries: AtomicU64,
    opened: AtomicU64,
}

impl Registry {
    /// An empty one.
    pub fn new(capacity: Capacity, limits: QueueLimits) -> Arc<Self> {
        Arc::new(Self {
            members: Mutex::default(),
            changes: Changes::default(),
            capacity,
            limits,
            fanned_out: AtomicU64::new(0),
            deliveries: AtomicU64::new(0),
            opened: AtomicU64::new(0),
        })
    }

    /// Says that everything up to here came before this registry: nobody waits for it.
    pub fn start_at(&self, seq: Seq) {
        self.fanned_out.fetch_max(seq, Ordering::Release);
    }

    /// Has a queue lead to those who say so when they begin to listen.
    pub fn add_thread_queue(&self, queue: Arc<ThreadQueue>) -> ThreadQueueId {
        self.members.lock().thread_queues.add(queue)
    }

    /// Gives a connection its place, if there is one. It hears nothing before [`Admission::listen`].
    pub fn admit(self: &Arc<Self>, mut newcomer: Newcomer) -> Result<Admission, Refusal> {
        let mut members = self.members.lock();
        members.check_capacity(&newcomer, self.capacity)?;
        members.share_texts(&mut newcomer);
        let entry = Arc::new(Entry {
            id: self.opened.fetch_add(1, Ordering::Relaxed) + 1,
            since: now(),
            newcomer,
        });
        let key = members.insert(Arc::clone(&entry));
        drop(members);
        self.note_change(&entry.newcomer);
        Ok(Admission {
            registry: Arc::clone(self),
            entry,
            key,
        })
    }

    /// Puts a delivery into the outlet of everyone it is for, and says how many that were.
    pub fn fan_out(&self, audience: &Audience, delivery: &Delivery) -> u64 {
        let reached = self.put(audience, delivery);
        if let Delivery::Logged(logged) = delivery {
            self.fanned_out.fetch_max(logged.seq, Ordering::Release);
        }
        self.deliveries.fetch_add(reached, Ordering::Relaxed);
        reached
    }

    /// Does the same with what the server says of itself, which is counted nowhere.
    pub fn announce(&self, audience: &Audience, delivery: &Delivery) {
        self.put(audience, delivery);
    }

    fn put(&self, audience: &Audience, delivery: &Delivery) -> u64 {
        self.members.lock().put(audience, delivery)
    }

    /// What may wait for one connection.
    pub fn limits(&self) -> QueueLimits {
        self.limits
    }

    /// The place up to which every message has been put into the outlets it was for. Read it *before*
    /// looking into one: if that is empty then, its connection has been served up to here.
    pub fn fanned_out(&self) -> Seq {
        self.fanned_out.load(Ordering::Acquire)
    }

    /// How many a message would reach now.
    pub fn count(&self, audience: &Audience) -> Count {
        self.members.lock().count(audience)
    }

    /// Closes every connection of a client and says how many that were.
    pub fn disconnect(&self, client_id: &ClientId, reason: CloseReason) -> u64 {
        self.members.lock().disconnect(client_id, reason)
    }

    /// All connections, to close them one by one.
    pub fn everybody(&self) -> Vec<Closable> {
        let all = self.members.lock().all();
        all.into_iter()
            .map(|(key, entry)| Closable { key, entry })
            .collect()
    }

    /// Closes some of them, each for the reason that it is given.
    pub fn close(&self, connections: &[Closable], reason: impl Fn() -> CloseReason) {
        let mut members = self.members.lock();
        for Closable { key, entry } in connections {
            members.close(*key, entry, reason());
        }
    }

    /// One client and its connections.
    pub fn presence(&self, client_id: &ClientId) -> Presence {
        self.members.lock().presence(client_id, self.fanned_out())
    }

    /// Up to `limit` clients after `after` whose id or topics contain `search`, by id.
    pub fn list(&self, after: Option<&ClientId>, search: &str, limit: usize) -> Vec<Presence> {
        let members = self.members.lock();
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        members
            .clients
            .range::<ClientId, _>((start, Bound::Unbounded))
            .filter(|(client_id, ids)| members.mentions(client_id, ids, search))
            .take(limit)
            .map(|(client_id, _)| members.presence(client_id, self.fanned_out()))
            .collect()
    }

    /// Clients and connections now.
    pub fn size(&self) -> Count {
        self.members.lock().size()
    }

    /// Distinct topics and patterns that somebody is subscribed to.
    pub fn topics(&self) -> u64 {
        self.members.lock().subscriptions.len() as u64
    }

    /// Up to `limit` topics and patterns after `after` that contain `search`, by name, and how many
    /// connections are subscribed to each. The server's own are left out.
    pub fn list_topics(&self, after: &str, search: &str, limit: usize) -> Vec<(String, u64)> {
        let mut topics = Vec::new();
        self.members.lock().subscriptions.each(|topic, count| {
            if topic > after && topic.contains(search) && !topic.starts_with('$') {
                topics.push((topic.to_owned(), count as u64));
            }
        });
        topics.sort_unstable();
        topics.truncate(limit);
        topics
    }

    /// Deliveries since the start.
    pub fn deliveries(&self) -> u64 {
        self.deliveries.load(Ordering::Relaxed)
    }

    /// Connections admitted since the start.
    pub fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    /// Who came and went, for those who watch.
    pub fn changes(&self) -> &Changes<ClientId, ()> {
        &self.changes
    }

    fn note_change(&self, newcomer: &Newcomer) {
        if !newcomer.is_observer() {
            self.changes.note(newcomer.client_id.clone(), ());
        }
    }

    /// Whether anybody watches the server itself.
    pub fn is_observed(&self) -> bool {
        self.members.lock().is_observed()
    }
}

/// Milliseconds since 1970.
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |time| time.as_millis() as u64)
}
