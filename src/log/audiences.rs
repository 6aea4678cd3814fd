//! Audiences by number: a name is written once, and everything else refers to it.

use std::{collections::HashMap, hash::Hash};

use rusqlite::{Connection, OptionalExtension};

use crate::log::codes::kind;
use crate::message::{ClientId, Topic};

/// Names whose number the writer remembers, in two generations of this size.
const REMEMBERED: usize = 1 << 16;

/// The numbers that the writer has met lately. What it has not met it looks up, or makes.
#[derive(Default)]
pub(super) struct Audiences {
    clients: Generations<ClientId>,
    topics: Generations<Topic>,
}

impl Audiences {
    /// The number of a client.
    pub fn client(&mut self, conn: &Connection, id: &ClientId) -> rusqlite::Result<i64> {
        self.clients
            .get_or(id, || intern(conn, kind::CLIENT, id.as_str()))
    }

    /// The number of a topic.
    pub fn topic(&mut self, conn: &Connection, topic: &Topic) -> rusqlite::Result<i64> {
        self.topics
            .get_or(topic, || intern(conn, kind::TOPIC, topic.as_str()))
    }

    /// Forgets all: some of the numbers may not be in the file any more.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// The number of a name, if it has one.
pub(super) fn find(conn: &Connection, kind: i64, name: &str) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT id FROM audiences WHERE kind = ?1 AND name = ?2")?
        .query_row((kind, name), |row| row.get(0))
        .optional()
}

/// The same from the table, because the index can't be read. Its cost grows with the number of names.
pub(super) fn scan(conn: &Connection, kind: i64, name: &str) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT id FROM audiences NOT INDEXED WHERE kind = ?1 AND name = ?2")?
        .query_row((kind, name), |row| row.get(0))
        .optional()
}

fn intern(conn: &Connection, kind: i64, name: &str) -> rusqlite::Result<i64> {
    if let Some(id) = find(conn, kind, name)? {
        return Ok(id);
    }
    conn.prepare_cached("INSERT INTO audiences (kind, name) VALUES (?1, ?2)")?
        .insert((kind, name))
}

/// A cache that forgets the older half at once when it is full.
struct Generations<K> {
    young: HashMap<K, i64>,
    old: HashMap<K, i64>,
}

impl<K> Default for Generations<K> {
    fn default() -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
        }
    }
}

impl<K: Clone + Eq + Hash> Generations<K> {
    fn get_or<E>(&mut self, key: &K, make: impl FnOnce() -> Result<i64, E>) -> Result<i64, E> {
        if let Some(id) = self.young.get(key) {
            return Ok(*id);
        }
        let id = match self.old.get(key) {
            Some(id) => *id,
            None => make()?,
        };
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key.clone(), id);
        Ok(id)
    }
}
