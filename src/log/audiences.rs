//! Interns the names of clients and topics: each name is stored once with a number, and all other tables use the
//! number.

use std::{collections::HashMap, hash::Hash};

use rusqlite::{Connection, OptionalExtension};

use crate::log::codes::kind;
use crate::message::{ClientId, Topic};

/// Names in each of the two generations of the writer's cache.
const GENERATION_SIZE: usize = 1 << 16;

/// The writer's cache of numbers. A name that is not in it is looked up in the file, or added to it.
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

    /// Empties the cache. Numbers from a transaction that was rolled back are not in the file.
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

/// A cache that drops its older half when it is full.
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
        if self.young.len() >= GENERATION_SIZE {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key.clone(), id);
        Ok(id)
    }
}
