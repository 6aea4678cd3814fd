//! Client positions. They are kept in memory first and written in batches: a lost position costs a duplicate, never a
//! message.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::log::options::Clock;
use crate::message::{ClientId, Seq};

/// How long an update may stay in memory before it is written.
const MAX_DELAY: Duration = Duration::from_secs(1);

/// Maximum number of updates in one commit. More would delay appends.
const BATCH: usize = 2000;

/// The position of a client in its direct messages. Neither field ever decreases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientPosition {
    /// Everything up to here was written completely to one of the client's connections.
    pub sent: Seq,
    /// Everything up to here was acknowledged by the client.
    pub acked: Seq,
}

impl ClientPosition {
    /// The inbox begins after this position. For clients that acknowledge, only acknowledgements count: what was
    /// written to a connection may never have been seen.
    pub fn unread_after(self) -> Seq {
        match self.acked {
            0 => self.sent,
            acked => acked,
        }
    }

    /// The larger of both positions.
    pub(super) fn furthest(self) -> Seq {
        self.sent.max(self.acked)
    }

    /// Takes the larger value of each field.
    pub(super) fn merge(&mut self, other: Self) {
        self.sent = self.sent.max(other.sent);
        self.acked = self.acked.max(other.acked);
    }
}

/// Changes of one client that are not in the file yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct PendingUpdate {
    pub position: ClientPosition,
    pub first_seen: Option<u64>,
    pub last_seen: Option<u64>,
    pub reason: Option<Arc<str>>,
}

impl PendingUpdate {
    fn merge(&mut self, newer: Self) {
        self.position.merge(newer.position);
        self.first_seen = self.first_seen.or(newer.first_seen);
        self.last_seen = self.last_seen.max(newer.last_seen);
        self.reason = newer.reason.or(self.reason.take());
    }
}

/// The updates that are not in the file yet.
pub(super) struct Positions {
    state: Mutex<State>,
    clock: Clock,
    /// No expired message before this time (milliseconds since 1970) is still unprocessed.
    pub next_expiry: AtomicU64,
}

#[derive(Default)]
struct State {
    clients: HashMap<ClientId, PendingUpdate>,
    /// Updates, with their time, that came while a message had expired but was not marked as expired yet. They are
    /// written after it was marked, because they must not make that message look sent.
    late: HashMap<ClientId, Vec<(u64, PendingUpdate)>>,
    /// For each message, the connections it was sent to, and how many of these writes were completed.
    counts: HashMap<Seq, DeliveryCounts>,
    /// The updates of the current write. They count as pending until the commit.
    writing: HashMap<ClientId, PendingUpdate>,
    since: Option<Instant>,
    /// Whether an update is to be written soon.
    hurry: bool,
}

/// Delivery counts of a message to a topic or to everyone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct DeliveryCounts {
    pub connections: u64,
    pub delivered: u64,
}

impl Positions {
    pub fn new(clock: Clock, next_expiry: u64) -> Self {
        Self {
            state: Mutex::default(),
            clock,
            next_expiry: next_expiry.into(),
        }
    }

    /// Records the position of a client.
    pub fn note(&self, client: &ClientId, position: ClientPosition) {
        self.add(client, |update| update.position.merge(position));
    }

    /// Records that a client was connected, and if it has just disconnected, the reason.
    pub fn note_seen(&self, client: &ClientId, at: u64, reason: Option<&str>) {
        self.add(client, |update| {
            update.merge(PendingUpdate {
                first_seen: Some(at),
                last_seen: Some(at),
                reason: reason.map(Arc::from),
                ..PendingUpdate::default()
            });
        });
    }

    /// Adds to the delivery counts of messages.
    pub fn record_deliveries(&self, messages: impl Iterator<Item = (Seq, DeliveryCounts)>) {
        let mut state = self.state.lock();
        for (seq, more) in messages {
            let counts = state.counts.entry(seq).or_default();
            counts.connections += more.connections;
            counts.delivered += more.delivered;
            state.since.get_or_insert_with(Instant::now);
        }
    }

    fn add(&self, client: &ClientId, mut change: impl FnMut(&mut PendingUpdate)) {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        state.since.get_or_insert_with(Instant::now);
        let now = self.clock.now();
        if self.next_expiry.load(Ordering::Acquire) <= now {
            let late = state.late.entry(client.clone()).or_default();
            late.push((now, PendingUpdate::default()));
            late.last_mut()
                .into_iter()
                .for_each(|(_, update)| change(update));
            return;
        }
        match state.clients.get_mut(client) {
            Some(update) => change(update),
            None => change(state.clients.entry(client.clone()).or_default()),
        }
    }

    /// The changes of a client that are not in the file yet. None if there are none.
    pub fn pending_update(&self, client: &ClientId) -> Option<PendingUpdate> {
        let state = self.state.lock();
        let late = state.late.get(client).into_iter().flatten();
        [state.writing.get(client), state.clients.get(client)]
            .into_iter()
            .flatten()
            .chain(late.map(|(_, update)| update))
            .cloned()
            .reduce(|mut older, newer| {
                older.merge(newer);
                older
            })
    }

    /// The position of a client according to the pending updates.
    pub fn pending_position(&self, client: &ClientId) -> ClientPosition {
        self.pending_update(client)
            .map(|update| update.position)
            .unwrap_or_default()
    }

    /// The same, counting only updates before the time when a message expired.
    pub fn pending_position_before(&self, client: &ClientId, expiry: u64) -> ClientPosition {
        let state = self.state.lock();
        let in_time = state.clients.get(client).map(|update| update.position);
        let mut position = in_time.unwrap_or_default();
        let late = state.late.get(client).into_iter().flatten();
        late.filter(|(at, _)| *at < expiry)
            .for_each(|(_, update)| position.merge(update.position));
        position
    }

    /// Whether no updates of clients are pending.
    pub fn is_empty(&self) -> bool {
        let state = self.state.lock();
        state.clients.is_empty() && state.late.is_empty()
    }

    /// The pending delivery counts of a message.
    pub fn pending_counts(&self, seq: Seq) -> DeliveryCounts {
        self.state
            .lock()
            .counts
            .get(&seq)
            .copied()
            .unwrap_or_default()
    }

    /// Whether the file has all updates.
    pub fn all_written(&self) -> bool {
        let state = self.state.lock();
        state.since.is_none() && state.writing.is_empty()
    }

    /// The time until the oldest update must be written. None if there are no updates.
    pub fn due_in(&self) -> Option<Duration> {
        let state = self.state.lock();
        let since = state.since?;
        let many = state.hurry || state.clients.len() + state.counts.len() >= BATCH;
        let age = if many { MAX_DELAY } else { since.elapsed() };
        Some(MAX_DELAY.saturating_sub(age))
    }

    /// Asks for the pending updates to be written soon.
    pub fn hurry(&self) {
        self.state.lock().hurry = true;
    }

    /// Takes a batch of updates to write. They count as pending until [`Self::written`].
    pub fn take(&self) -> (HashMap<ClientId, PendingUpdate>, Vec<(Seq, DeliveryCounts)>) {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        state.hurry = false;
        let unmarked = self.next_expiry.load(Ordering::Acquire);
        for (client, late) in &mut state.late {
            let ready = late.partition_point(|(at, _)| *at < unmarked);
            if ready > 0 {
                let update = state.clients.entry(client.clone()).or_default();
                late.drain(..ready)
                    .for_each(|(_, newer)| update.merge(newer));
            }
        }
        state.late.retain(|_, late| !late.is_empty());
        let writing: HashMap<_, _> = state.clients.extract_if(|_, _| true).take(BATCH).collect();
        let counts = state.counts.extract_if(|_, _| true).take(BATCH).collect();
        state.writing.clone_from(&writing);
        // Release memory that a burst of updates has allocated.
        state.clients.shrink_to(2 * state.clients.len());
        state.late.shrink_to(2 * state.late.len());
        state.counts.shrink_to(2 * state.counts.len());
        if state.clients.is_empty() && state.late.is_empty() && state.counts.is_empty() {
            state.since = None;
        }
        (writing, counts)
    }

    pub fn written(&self) {
        self.state.lock().writing = HashMap::new();
    }

    pub fn restore(&self, counts: &[(Seq, DeliveryCounts)]) {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        for (client, mut older) in state.writing.drain() {
            if let Some(newer) = state.clients.remove(&client) {
                older.merge(newer);
            }
            state.clients.insert(client, older);
        }
        drop(guard);
        self.record_deliveries(counts.iter().copied());
        self.state.lock().since.get_or_insert_with(Instant::now);
    }
}
