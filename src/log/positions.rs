//! How far each client is: kept in memory first and written in batches, because a position that is lost
//! costs a repeat and never a message.

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

/// How long an update may stay in memory only.
const MAX_DELAY: Duration = Duration::from_secs(1);

/// Updates written in one commit: more would delay appends.
const BATCH: usize = 2000;

/// How far a client is with its direct messages. Neither part ever goes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientPosition {
    /// Everything up to here was written to one of its connections, whole.
    pub sent: Seq,
    /// Everything up to here was seen by its page.
    pub acked: Seq,
}

impl ClientPosition {
    /// What is after this has not been had. Of a client whose pages acknowledge, only that counts: what
    /// was written to one of them may never have been seen.
    pub fn unread_after(self) -> Seq {
        match self.acked {
            0 => self.sent,
            acked => acked,
        }
    }

    /// How far anything has come: written, or seen.
    pub(super) fn furthest(self) -> Seq {
        self.sent.max(self.acked)
    }

    /// The further of both.
    pub(super) fn merge(&mut self, other: Self) {
        self.sent = self.sent.max(other.sent);
        self.acked = self.acked.max(other.acked);
    }
}

/// What is new of one client.
#[derive(Clone, Default)]
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

/// Updates that are not in the file yet.
pub(super) struct Positions {
    state: Mutex<State>,
    clock: Clock,
    /// No message that is not settled has expired before this; milliseconds since 1970.
    pub next_expiry: AtomicU64,
}

#[derive(Default)]
struct State {
    clients: HashMap<ClientId, PendingUpdate>,
    /// Updates that came when something had expired that was not settled yet, with its time. It must not make
    /// that look sent, so it waits.
    late: HashMap<ClientId, Vec<(u64, PendingUpdate)>>,
    /// Connections that a message was handed to, and whole writes of it.
    reach: HashMap<Seq, Reach>,
    /// What is being written now; it still counts until the file shows it.
    writing: HashMap<ClientId, PendingUpdate>,
    since: Option<Instant>,
}

/// How far a message to a topic or to everyone came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
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

    /// Whether something has expired that is not settled.
    fn unsettled(&self) -> bool {
        self.next_expiry.load(Ordering::Acquire) <= self.clock.now()
    }

    /// Notes how far a client is.
    pub fn note(&self, client: &ClientId, position: ClientPosition) {
        self.add(client, |update| update.position.merge(position));
    }

    /// Notes that a client was there, and if it has just left, why.
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

    /// Adds to how far a message came.
    pub fn note_reach(&self, messages: impl Iterator<Item = (Seq, Reach)>) {
        let mut state = self.state.lock();
        for (seq, more) in messages {
            let reach = state.reach.entry(seq).or_default();
            reach.connections += more.connections;
            reach.delivered += more.delivered;
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

    /// What the file does not say yet of a client; none: nothing.
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

    /// What the file does not say yet of how far a client is.
    pub fn unwritten(&self, client: &ClientId) -> ClientPosition {
        self.pending_update(client)
            .map(|update| update.position)
            .unwrap_or_default()
    }

    /// The same, as far as it was known before a time when something expired.
    pub fn unwritten_before(&self, client: &ClientId, expiry: u64) -> ClientPosition {
        let state = self.state.lock();
        let in_time = state.clients.get(client).map(|update| update.position);
        let mut position = in_time.unwrap_or_default();
        let late = state.late.get(client).into_iter().flatten();
        late.filter(|(at, _)| *at < expiry)
            .for_each(|(_, update)| position.merge(update.position));
        position
    }

    /// Whether there are no updates of clients.
    pub fn is_empty(&self) -> bool {
        let state = self.state.lock();
        state.clients.is_empty() && state.late.is_empty()
    }

    /// What the file does not say yet of a message.
    pub fn unwritten_reach(&self, seq: Seq) -> Reach {
        self.state
            .lock()
            .reach
            .get(&seq)
            .copied()
            .unwrap_or_default()
    }

    /// Whether the file has every update.
    pub fn all_written(&self) -> bool {
        let state = self.state.lock();
        state.since.is_none() && state.writing.is_empty()
    }

    /// How long the oldest update may still wait; none: there are no updates.
    pub fn due_in(&self) -> Option<Duration> {
        let state = self.state.lock();
        let since = state.since?;
        let many = state.clients.len() + state.reach.len() >= BATCH;
        let age = if many { MAX_DELAY } else { since.elapsed() };
        Some(MAX_DELAY.saturating_sub(age))
    }

    /// Takes some updates to write them. They count as unwritten until [`Self::written`].
    pub fn take(&self) -> (HashMap<ClientId, PendingUpdate>, Vec<(Seq, Reach)>) {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        if !self.unsettled() {
            for (client, late) in state.late.drain() {
                let update = state.clients.entry(client).or_default();
                late.into_iter().for_each(|(_, newer)| update.merge(newer));
            }
        }
        let writing: HashMap<_, _> = state.clients.extract_if(|_, _| true).take(BATCH).collect();
        let reach = state.reach.extract_if(|_, _| true).take(BATCH).collect();
        state.writing.clone_from(&writing);
        // After a rush, what it took is given back.
        state.clients.shrink_to(2 * state.clients.len());
        state.late.shrink_to(2 * state.late.len());
        state.reach.shrink_to(2 * state.reach.len());
        if state.clients.is_empty() && state.late.is_empty() && state.reach.is_empty() {
            state.since = None;
        }
        (writing, reach)
    }

    pub fn written(&self) {
        self.state.lock().writing = HashMap::new();
    }

    pub fn give_back(&self, reach: &[(Seq, Reach)]) {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        for (client, mut older) in state.writing.drain() {
            if let Some(newer) = state.clients.remove(&client) {
                older.merge(newer);
            }
            state.clients.insert(client, older);
        }
        drop(guard);
        self.note_reach(reach.iter().copied());
        self.state.lock().since.get_or_insert_with(Instant::now);
    }
}
