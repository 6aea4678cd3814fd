//! The connections of this node, by client and by topic.
//!
//! The registry knows the [`DeliveryTarget`] of each connection. An admitted connection holds an [`Admission`], a
//! registered one a [`Registration`]. Dropping either removes the connection, so none can be admitted and never
//! removed.

mod admission;
mod affix_index;
mod client_search;
mod connection_set;
mod connection_table;
mod delivery_target;
mod group_fan_out;
mod largest;
mod limits;
mod presence;
mod selector_index;
pub mod slab_growth;
mod sorted_clients;
mod stream_counters;
mod subscriptions;
mod topic_index;
mod watch;

use std::{
    ops::Bound,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;

pub use admission::{Admission, Registration};
pub use client_search::ClientSearch;
use connection_set::ConnectionKey;
use connection_table::{ConnectionTable, ThreadQueueList};
pub use delivery_target::{DeliveryTarget, ThreadQueueId};
pub use group_fan_out::GroupFanOut;
use group_fan_out::WaitingThreads;
use largest::Largest;
pub use largest::LargestTopics;
pub use limits::{AdmissionError, Capacity};
pub use presence::{
    ConnectionId, ConnectionRecord, ConnectionStatus, Count, Presence, Remote, StreamToken,
    Subscriber, now,
};
pub use sorted_clients::{ClientWindow, SortKey, SortOrder};
pub use stream_counters::{GAP_REASONS, OutboxDepth, StreamCounters, WriterCounters};
pub use subscriptions::{
    ActiveSubscriptions, MercureSubscriber, Subscription, SubscriptionChange, SubscriptionGuard,
};
pub use watch::ConnectionWatch;

use crate::{
    change_feed::ChangeFeed,
    message::{Audience, ClientId, Seq, TopicFilter},
    outbox::{CloseReason, Delivery, QueueLimits, ThreadQueue},
};

/// A reference to a connection, to close it.
pub struct ConnectionHandle {
    key: ConnectionKey,
    record: Arc<ConnectionRecord>,
}

impl ConnectionHandle {
    /// Whose connection it is.
    pub fn subscriber(&self) -> &Subscriber {
        &self.record.subscriber
    }

    /// When it was admitted, in milliseconds since 1970.
    pub fn since(&self) -> u64 {
        self.record.since
    }
}

/// See the module documentation.
pub struct Registry {
    table: Mutex<ConnectionTable>,
    changes: ChangeFeed<ClientId, ()>,
    limits: QueueLimits,
    /// Every message up to this position has been put into the targets of its recipients.
    fan_out_position: AtomicU64,
    deliveries: AtomicU64,
    opened: AtomicU64,
    counters: StreamCounters,
    subscriptions: Arc<ActiveSubscriptions>,
    watch: OnceLock<Box<dyn ConnectionWatch>>,
}

impl Registry {
    /// An empty registry. `limits` apply to the queue of each connection.
    pub fn new(capacity: Capacity, limits: QueueLimits) -> Arc<Self> {
        Arc::new(Self {
            table: Mutex::new(ConnectionTable::new(capacity)),
            changes: ChangeFeed::default(),
            limits,
            fan_out_position: AtomicU64::new(0),
            deliveries: AtomicU64::new(0),
            opened: AtomicU64::new(0),
            counters: StreamCounters::default(),
            subscriptions: Arc::default(),
            watch: OnceLock::new(),
        })
    }

    /// Sets who is told of connections from now on. Call it once.
    pub fn set_watch(&self, watch: Box<dyn ConnectionWatch>) {
        let first = self.watch.set(watch).is_ok();
        debug_assert!(first, "a registry is watched by one");
    }

    /// Whether a client has a connection. Observers do not count.
    pub fn is_connected(&self, client_id: &ClientId) -> bool {
        self.table.lock().clients.contains_key(client_id)
    }

    /// Whether somebody subscribes to exactly this topic or pattern. False for selectors of Mercure.
    pub fn has_subscriber(&self, filter: &TopicFilter) -> bool {
        self.table.lock().topic_index.has(filter)
    }

    /// Changes how many connections are admitted. Those that are open stay.
    pub fn set_capacity(&self, capacity: Capacity) {
        self.table.lock().capacity = capacity;
    }

    /// Sets the position of the log at the start: earlier messages are not fanned out.
    pub fn start_at(&self, seq: Seq) {
        self.fan_out_position.fetch_max(seq, Ordering::Release);
    }

    /// Adds the queue of a delivery thread, for [`DeliveryTarget::Thread`].
    pub fn add_thread_queue(&self, queue: Arc<ThreadQueue>) -> ThreadQueueId {
        self.table.lock().thread_queues.add(queue)
    }

    /// Puts a delivery into the target of each recipient. Returns the number of connections.
    pub fn fan_out(&self, audience: &Audience, delivery: &Delivery) -> u64 {
        match delivery {
            Delivery::Logged(logged) => self.fan_out_group().fan_out(audience, logged),
            Delivery::Ephemeral(_) => {
                let reached = self.put_and_write(audience, delivery);
                self.deliveries.fetch_add(reached, Ordering::Relaxed);
                reached
            }
        }
    }

    /// Begins to fan out several messages of the log, in order.
    pub fn fan_out_group(&self) -> GroupFanOut<'_> {
        GroupFanOut {
            table: &self.table,
            position: &self.fan_out_position,
            deliveries: &self.deliveries,
            waiting: WaitingThreads::default(),
        }
    }

    /// [`Registry::fan_out`] for the server's own messages, which are ephemeral and not counted.
    pub fn announce(&self, audience: &Audience, delivery: &Delivery) {
        self.put_and_write(audience, delivery);
    }

    fn put_and_write(&self, audience: &Audience, delivery: &Delivery) -> u64 {
        let mut queues = ThreadQueueList::new();
        let reached = self.table.lock().put(audience, delivery, &mut queues);
        // Without the lock, because closing a broken stream takes it.
        for queue in queues {
            queue.waker().write_or_wake();
        }
        reached
    }

    /// The limits of the queue of a connection.
    pub fn limits(&self) -> QueueLimits {
        self.limits
    }

    /// The position up to which every message has been put into the targets of its recipients. Read it *before* a
    /// queue: if the queue is empty then, its connection is up to date to this position.
    pub fn fan_out_position(&self) -> Seq {
        self.fan_out_position.load(Ordering::Acquire)
    }

    /// The recipients that a message would have now.
    pub fn count(&self, audience: &Audience) -> Count {
        self.table.lock().count(audience)
    }

    /// The clients that a message would reach now. None if there are more than `limit`.
    pub fn clients_of(&self, audience: &Audience, limit: usize) -> Option<Vec<ClientId>> {
        self.table.lock().clients_of(audience, limit)
    }

    /// Closes every connection of a client. Returns their number.
    pub fn disconnect(&self, client_id: &ClientId, reason: CloseReason) -> u64 {
        self.table.lock().disconnect(client_id, reason)
    }

    /// All connections, including observers, to close them.
    pub fn all_connections(&self) -> Vec<ConnectionHandle> {
        let all = self.table.lock().all();
        all.into_iter()
            .map(|(key, record)| ConnectionHandle { key, record })
            .collect()
    }

    /// Closes these connections. `reason` is called for each.
    pub fn close(&self, connections: &[ConnectionHandle], reason: impl Fn() -> CloseReason) {
        let mut table = self.table.lock();
        for ConnectionHandle { key, record } in connections {
            table.close(*key, record, reason());
        }
    }

    /// One client and its connections.
    pub fn presence(&self, client_id: &ClientId) -> Presence {
        self.table
            .lock()
            .presence(client_id, self.fan_out_position())
    }

    /// Closes the streams that were opened with API keys that have one of these numbers.
    pub fn close_keys(&self, numbers: &[u32], reason: CloseReason) {
        let all = self.all_connections();
        let of_keys = |one: &ConnectionHandle| numbers.contains(&one.record.subscriber.key);
        let ended: Vec<ConnectionHandle> = all.into_iter().filter(of_keys).collect();
        self.close(&ended, || reason);
    }

    /// Up to `limit` clients after `after` that match a search, by id.
    pub fn list(
        &self,
        after: Option<&ClientId>,
        search: &ClientSearch<'_>,
        limit: usize,
    ) -> Vec<Presence> {
        let find = |limit| -> Vec<ClientId> {
            let table = self.table.lock();
            let start = after.map_or(Bound::Unbounded, Bound::Excluded);
            let range = table
                .clients
                .range::<ClientId, _>((start, Bound::Unbounded));
            range
                .filter(|(client_id, ids)| table.matches_search(client_id, ids, search))
                .take(limit)
                .map(|(client_id, _)| client_id.clone())
                .collect()
        };
        let found: Vec<ClientId> = match search.keeps {
            None => find(limit),
            Some(keeps) => {
                let all = find(usize::MAX).into_iter();
                all.filter(|client_id| keeps(client_id))
                    .take(limit)
                    .collect()
            }
        };
        let table = self.table.lock();
        let presence = |client_id| table.presence(client_id, self.fan_out_position());
        found.iter().map(presence).collect()
    }

    /// The numbers of clients and connections now.
    pub fn size(&self) -> Count {
        self.table.lock().size()
    }

    /// The numbers of these clients and of their connections.
    pub fn count_clients(&self, which: impl Fn(&ClientId) -> bool) -> Count {
        let table = self.table.lock();
        let mut count = Count::default();
        for (_, connections) in table.clients.iter().filter(|(id, _)| which(id)) {
            count.clients += 1;
            count.connections += connections.len() as u64;
        }
        count
    }

    /// The number of distinct topics and patterns with subscribers.
    pub fn topics(&self) -> u64 {
        self.table.lock().topic_index.len() as u64
    }

    /// Up to `limit` topics and patterns after `after` that contain `search` and may be seen, sorted by name, with the
    /// number of their subscribers. The server's own topics are left out.
    pub fn list_topics(
        &self,
        after: &str,
        search: &str,
        limit: usize,
        sees: impl Fn(&str) -> bool,
    ) -> Vec<(String, u64)> {
        let mut topics = Vec::new();
        self.table.lock().topic_index.each(|topic, count| {
            if topic > after && topic.contains(search) && !topic.starts_with('$') {
                topics.push((topic.to_owned(), count as u64));
            }
        });
        topics.retain(|(topic, _)| sees(topic));
        topics.sort_unstable();
        topics.truncate(limit);
        topics
    }

    /// The `most` topics and patterns with most subscribers, and how many others there are. The server's own topics are left
    /// out. Looks at each topic while the table is locked, so ask seldom.
    pub fn largest_topics(&self, most: usize) -> LargestTopics {
        let mut largest = Largest::new(most);
        self.table.lock().topic_index.each(|topic, count| {
            if !topic.starts_with('$') {
                largest.add(topic, count as u64);
            }
        });
        largest.finish()
    }

    /// Deliveries since the start.
    pub fn deliveries(&self) -> u64 {
        self.deliveries.load(Ordering::Relaxed)
    }

    /// Connections admitted since the start.
    pub fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    /// What happens to streams.
    pub fn counters(&self) -> &StreamCounters {
        &self.counters
    }

    /// Who subscribes to what by the Mercure protocol, where others are told of it.
    pub fn subscriptions(&self) -> &Arc<ActiveSubscriptions> {
        &self.subscriptions
    }

    /// What waits for the writers of streams.
    pub fn outbox(&self) -> OutboxDepth {
        self.table.lock().outbox()
    }

    /// The clients that connected or disconnected, for observers.
    pub fn changes(&self) -> &ChangeFeed<ClientId, ()> {
        &self.changes
    }

    /// Passes on that a connection was opened or closed.
    fn note_change(
        &self,
        record: &ConnectionRecord,
        tell: fn(&dyn ConnectionWatch, &ConnectionRecord),
    ) {
        if !record.subscriber.is_observer() {
            self.changes.note(record.subscriber.client_id.clone(), ());
            if let Some(watch) = self.watch.get() {
                tell(&**watch, record);
            }
        }
    }

    /// Whether there is an observer.
    pub fn is_observed(&self) -> bool {
        self.table.lock().is_observed()
    }
}
