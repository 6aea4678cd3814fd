//! Who is connected to this node now, by client and by topic.
//!
//! The registry holds a cheap handle, the [`Outbox`], of each connection; whoever registers gets a
//! [`Registration`] whose drop takes the handle out again, so that nobody can be admitted and never
//! reported gone.

mod members;
mod presence;
mod ranking;
mod registration;
mod subscriptions;

use std::{
    collections::HashSet,
    ops::Bound,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use parking_lot::Mutex;

use members::Members;
pub use presence::{ConnectionId, Entry, Newcomer, Presence};
pub use ranking::{Rank, Ranked, Ranking};
pub use registration::Registration;

use crate::{
    changes::Changes,
    message::{Audience, ClientId, Seq},
    outbox::{Bounds, CloseReason, Delivery, Outbox},
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

/// See the module's description.
pub struct Registry {
    members: Mutex<Members>,
    changes: Changes<ClientId, ()>,
    capacity: Capacity,
    bounds: Bounds,
    /// Everything up to this place has been put into the outboxes it was for.
    fanned_out: AtomicU64,
    deliveries: AtomicU64,
    opened: AtomicU64,
}

impl Registry {
    /// An empty one.
    pub fn new(capacity: Capacity, bounds: Bounds) -> Arc<Self> {
        Arc::new(Self {
            members: Mutex::default(),
            changes: Changes::default(),
            capacity,
            bounds,
            fanned_out: AtomicU64::new(0),
            deliveries: AtomicU64::new(0),
            opened: AtomicU64::new(0),
        })
    }

    /// Says that everything up to here came before this registry: nobody waits for it.
    pub fn start_at(&self, seq: Seq) {
        self.fanned_out.fetch_max(seq, Ordering::Release);
    }

    /// Admits a connection. From this moment on, everything for it is in its outbox.
    pub fn register(self: &Arc<Self>, newcomer: Newcomer) -> Result<Registration, Refusal> {
        let outbox = Outbox::new(self.bounds);
        let mut members = self.members.lock();
        members.check_capacity(&newcomer, self.capacity)?;
        let entry = Entry {
            id: self.opened.fetch_add(1, Ordering::Relaxed) + 1,
            newcomer: Arc::new(newcomer),
            since: now(),
            outbox: Arc::clone(&outbox),
        };
        let (id, newcomer) = (entry.id, Arc::clone(&entry.newcomer));
        members.insert(entry);
        drop(members);
        self.note_change(&newcomer);
        Ok(Registration {
            registry: Arc::clone(self),
            id,
            newcomer,
            outbox,
        })
    }

    /// Puts a delivery into the outbox of everyone it is for, and says how many that were.
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
        let members = self.members.lock();
        let mut reached = 0;
        members.for_each(audience, |entry| {
            entry.outbox.put(delivery.clone());
            reached += 1;
        });
        reached
    }

    /// The place up to which every message has been put into the outboxes it was for. Read it *before*
    /// looking into an outbox: if that is empty then, its connection has been served up to here.
    pub fn fanned_out(&self) -> Seq {
        self.fanned_out.load(Ordering::Acquire)
    }

    /// How many a message would reach now.
    pub fn count(&self, audience: &Audience) -> Count {
        let members = self.members.lock();
        let mut clients = HashSet::new();
        let mut connections = 0;
        members.for_each(audience, |entry| {
            clients.insert(&entry.newcomer.client_id);
            connections += 1;
        });
        Count {
            clients: clients.len() as u64,
            connections,
        }
    }

    /// Closes every connection of a client and says how many that were.
    pub fn disconnect(&self, client_id: &ClientId, reason: CloseReason) -> u64 {
        let members = self.members.lock();
        let mut closed = 0;
        members.for_each(&Audience::Client(client_id.clone()), |entry| {
            entry.outbox.close(reason);
            closed += 1;
        });
        closed
    }

    /// The outboxes of all connections, to close them one by one.
    pub fn outboxes(&self) -> Vec<Arc<Outbox>> {
        self.members
            .lock()
            .connections
            .values()
            .map(|entry| Arc::clone(&entry.outbox))
            .collect()
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
        let members = self.members.lock();
        let observers: usize = members.observers.values().map(Vec::len).sum();
        Count {
            clients: members.clients.len() as u64,
            connections: (members.connections.len() - observers) as u64,
        }
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

    /// Frames put into outboxes since the start.
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
        !self.members.lock().observers.is_empty()
    }
}

/// Milliseconds since 1970.
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |time| time.as_millis() as u64)
}
