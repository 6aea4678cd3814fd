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
use rusqlite::{Connection, OptionalExtension};

use super::{
    audiences,
    error::StoreError,
    options::Clock,
    rows,
    schema::{kind, sql},
    store::Store,
};
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
    /// What is after this has not been had.
    pub fn unread_after(self) -> Seq {
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
struct News {
    place: ClientPlace,
    first_seen: Option<u64>,
    last_seen: Option<u64>,
    reason: Option<Arc<str>>,
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
    /// News that came when something had expired that was not settled yet. It must not make that look
    /// sent, so it waits.
    late: HashMap<ClientId, News>,
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
    pub fn new(clock: Clock) -> Self {
        Self {
            state: Mutex::default(),
            clock,
            next_expiry: AtomicU64::new(0),
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

    fn add(&self, client: &ClientId, change: impl FnOnce(&mut News)) {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        state.since.get_or_insert_with(Instant::now);
        let news = match self.unsettled() {
            true => &mut state.late,
            false => &mut state.clients,
        };
        match news.get_mut(client) {
            Some(news) => change(news),
            None => change(news.entry(client.clone()).or_default()),
        }
    }

    /// What the file does not say yet of a client.
    pub fn unwritten(&self, client: &ClientId) -> ClientPlace {
        let state = self.state.lock();
        let mut place = ClientPlace::default();
        for news in [&state.clients, &state.writing, &state.late] {
            place.merge(news.get(client).map(|news| news.place).unwrap_or_default());
        }
        place
    }

    /// The same without what is late.
    fn unwritten_in_time(&self, client: &ClientId) -> ClientPlace {
        let state = self.state.lock();
        state
            .clients
            .get(client)
            .map(|news| news.place)
            .unwrap_or_default()
    }

    /// What the file does not say yet of when a client was seen.
    pub fn unwritten_seen(&self, client: &ClientId) -> (Option<u64>, Option<Arc<str>>) {
        let state = self.state.lock();
        let all = [&state.writing, &state.clients, &state.late].map(|news| news.get(client));
        let mut news = News::default();
        all.into_iter()
            .flatten()
            .for_each(|newer| news.merge(newer.clone()));
        (news.last_seen, news.reason)
    }

    /// A client of which there is only news: how far it is and when it was seen first.
    pub fn is_new(&self, client: &ClientId) -> Option<(ClientPlace, Option<u64>)> {
        let state = self.state.lock();
        let all = [&state.writing, &state.clients, &state.late].map(|news| news.get(client));
        all.into_iter()
            .flatten()
            .cloned()
            .reduce(|mut first, second| {
                first.merge(second);
                first
            })
            .map(|news| (news.place, news.first_seen))
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
    fn take(&self) -> (HashMap<ClientId, News>, Vec<(Seq, Reach)>) {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        if !self.unsettled() {
            for (client, news) in state.late.drain() {
                state.clients.entry(client).or_default().merge(news);
            }
        }
        let writing: HashMap<_, _> = state
            .clients
            .extract_if(|_, _| true)
            .take(AT_ONCE)
            .collect();
        let reach = state.reach.extract_if(|_, _| true).take(AT_ONCE).collect();
        state.writing.clone_from(&writing);
        if state.clients.is_empty() && state.late.is_empty() && state.reach.is_empty() {
            state.since = None;
        }
        (writing, reach)
    }

    fn written(&self) {
        self.state.lock().writing.clear();
    }

    fn give_back(&self, reach: &[(Seq, Reach)]) {
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

impl Store {
    /// Writes some of what is new.
    pub fn write_places(&mut self) -> Result<(), StoreError> {
        let places = Arc::clone(&self.places);
        let (clients, reach) = places.take();
        let result = self.relaxed(|store| {
            for (client, news) in &clients {
                store.write_client(client, news)?;
            }
            let mut put = store.conn.prepare_cached(
                "INSERT INTO reach (seq, connections, delivered) VALUES (?1, ?2, ?3)
                 ON CONFLICT (seq) DO UPDATE SET connections = connections + excluded.connections,
                                                 delivered = delivered + excluded.delivered",
            )?;
            // A message that was pruned meanwhile has no reach to remember.
            for (seq, reach) in reach.iter().filter(|(seq, _)| *seq > store.pruned) {
                put.execute((sql(*seq), sql(reach.connections), sql(reach.delivered)))?;
            }
            store.count_messages()
        });
        match result {
            Ok(()) => places.written(),
            Err(_) => places.give_back(&reach),
        }
        result
    }

    /// How far the client of an audience is, with what is not written yet but was in time.
    pub fn place_in_time(&self, audience: i64) -> Result<ClientPlace, StoreError> {
        let mut place = place_of(&self.conn, audience)?;
        if self.places.state.lock().clients.is_empty() {
            return Ok(place);
        }
        if let Some((kind::CLIENT, name)) = rows::name_of(&self.conn, audience)?
            && let Ok(client) = ClientId::parse(&name)
        {
            place.merge(self.places.unwritten_in_time(&client));
        }
        Ok(place)
    }

    fn write_client(&mut self, client: &ClientId, news: &News) -> Result<(), StoreError> {
        let audience = self.audiences.client(&self.conn, client)?;
        self.conn
            .prepare_cached(
                "INSERT INTO clients (audience, sent, acked, first_seen, last_seen, last_reason)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (audience) DO UPDATE SET
                     sent = max(sent, excluded.sent),
                     acked = max(acked, excluded.acked),
                     first_seen = coalesce(first_seen, excluded.first_seen),
                     last_seen = coalesce(max(last_seen, excluded.last_seen), last_seen, excluded.last_seen),
                     last_reason = coalesce(excluded.last_reason, last_reason)",
            )?
            .execute((
                audience,
                sql(news.place.sent),
                sql(news.place.acked),
                news.first_seen.map(sql),
                news.last_seen.map(sql),
                news.reason.as_deref(),
            ))?;
        Ok(())
    }
}

/// How far the file says that a client is, and its audience's number; none: it does not know the name.
pub(super) fn written(
    conn: &Connection,
    client: &ClientId,
) -> rusqlite::Result<Option<(i64, ClientPlace)>> {
    let Some(id) = audiences::find(conn, kind::CLIENT, client.as_str())? else {
        return Ok(None);
    };
    Ok(Some((id, place_of(conn, id)?)))
}

/// How far the file says that a client is, by the number of its audience.
pub(super) fn place_of(conn: &Connection, audience: i64) -> rusqlite::Result<ClientPlace> {
    conn.prepare_cached("SELECT sent, acked FROM clients WHERE audience = ?1")?
        .query_row([audience], |row| {
            Ok(ClientPlace {
                sent: row.get(0)?,
                acked: row.get(1)?,
            })
        })
        .optional()
        .map(Option::unwrap_or_default)
}
