//! How far each client is: kept in memory first and written in batches, because a place that is lost
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

use super::options::Clock;
use crate::message::{ClientId, Seq};

/// How long news may stay in memory only.
const LAZY: Duration = Duration::from_secs(1);

/// News written in one commit, so that none holds up the appends for long.
const AT_ONCE: usize = 2000;

/// How far a client is with its direct messages. Neither part ever goes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientPlace {
    /// Everything up to here was written to one of its connections, whole.
    pub sent: Seq,
    /// Everything up to here was seen by its page.
    pub acked: Seq,
}

impl ClientPlace {
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
pub(super) struct News {
    pub place: ClientPlace,
    pub first_seen: Option<u64>,
    pub last_seen: Option<u64>,
    pub reason: Option<Arc<str>>,
}

impl News {
    fn merge(&mut self, newer: Self) {
        self.place.merge(newer.place);
        self.first_seen = self.first_seen.or(newer.first_seen);
        self.last_seen = self.last_seen.max(newer.last_seen);
        self.reason = newer.reason.or(self.reason.take());
    }
}

/// News that is not in the file yet.
pub(super) struct Places {
    state: Mutex<State>,
    clock: Clock,
    /// No message that is not settled has expired before this; milliseconds since 1970.
    pub next_expiry: AtomicU64,
}

#[derive(Default)]
struct State {
    clients: HashMap<ClientId, News>,
    /// News that came when something had expired that was not settled yet, with its time. It must not make
    /// that look sent, so it waits.
    late: HashMap<ClientId, Vec<(u64, News)>>,
    /// Connections that a message was handed to, and whole writes of it.
    reach: HashMap<Seq, Reach>,
    /// What is being written now; it still counts until the file shows it.
    writing: HashMap<ClientId, News>,
    since: Option<Instant>,
}

/// How far a message to a topic or to everyone came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
    pub connections: u64,
    pub delivered: u64,
}

impl Places {
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
    pub fn note(&self, client: &ClientId, place: ClientPlace) {
        self.add(client, |news| news.place.merge(place));
    }

    /// Notes that a client was there, and if it has just left, why.
    pub fn note_seen(&self, client: &ClientId, at: u64, reason: Option<&str>) {
        self.add(client, |news| {
            news.merge(News {
                first_seen: Some(at),
                last_seen: Some(at),
                reason: reason.map(Arc::from),
                ..News::default()
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

    fn add(&self, client: &ClientId, mut change: impl FnMut(&mut News)) {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        state.since.get_or_insert_with(Instant::now);
        let now = self.clock.now();
        if self.next_expiry.load(Ordering::Acquire) <= now {
            let late = state.late.entry(client.clone()).or_default();
            late.push((now, News::default()));
            late.last_mut()
                .into_iter()
                .for_each(|(_, news)| change(news));
            return;
        }
        match state.clients.get_mut(client) {
            Some(news) => change(news),
            None => change(state.clients.entry(client.clone()).or_default()),
        }
    }

    /// What the file does not say yet of a client; none: nothing.
    pub fn unwritten_news(&self, client: &ClientId) -> Option<News> {
        let state = self.state.lock();
        let late = state.late.get(client).into_iter().flatten();
        [state.writing.get(client), state.clients.get(client)]
            .into_iter()
            .flatten()
            .chain(late.map(|(_, news)| news))
            .cloned()
            .reduce(|mut older, newer| {
                older.merge(newer);
                older
            })
    }

    /// What the file does not say yet of how far a client is.
    pub fn unwritten(&self, client: &ClientId) -> ClientPlace {
        self.unwritten_news(client)
            .map(|news| news.place)
            .unwrap_or_default()
    }

    /// The same, as far as it was known before a time when something expired.
    pub fn unwritten_before(&self, client: &ClientId, expiry: u64) -> ClientPlace {
        let state = self.state.lock();
        let in_time = state.clients.get(client).map(|news| news.place);
        let mut place = in_time.unwrap_or_default();
        let late = state.late.get(client).into_iter().flatten();
        late.filter(|(at, _)| *at < expiry)
            .for_each(|(_, news)| place.merge(news.place));
        place
    }

    /// Whether there is no news of any client.
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

    /// How long the oldest news may still wait; none: there is none.
    pub fn due_in(&self) -> Option<Duration> {
        let state = self.state.lock();
        let since = state.since?;
        let many = state.clients.len() + state.reach.len() >= AT_ONCE;
        let age = if many { LAZY } else { since.elapsed() };
        Some(LAZY.saturating_sub(age))
    }

    /// Takes some news to write them. They count as unwritten until [`Self::written`].
    pub fn take(&self) -> (HashMap<ClientId, News>, Vec<(Seq, Reach)>) {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        if !self.unsettled() {
            for (client, late) in state.late.drain() {
                let news = state.clients.entry(client).or_default();
                late.into_iter().for_each(|(_, newer)| news.merge(newer));
            }
        }
        let writing: HashMap<_, _> = state
            .clients
            .extract_if(|_, _| true)
            .take(AT_ONCE)
            .collect();
        let reach = state.reach.extract_if(|_, _| true).take(AT_ONCE).collect();
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
