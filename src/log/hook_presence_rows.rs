//! The rows of who is present at which node, for webhooks. Whether somebody is the first or the last one follows from them.

use rusqlite::Connection;

use crate::log::{
    codes::{kind, sql},
    event_kind::{EventKind, EventKinds},
    hook::Present,
    hook_event_rows::EventRow,
    writer::store::Store,
};

/// Up to `limit` of those who are present at a node.
pub(super) fn present(
    conn: &Connection,
    node: &str,
    limit: usize,
) -> rusqlite::Result<Vec<Present>> {
    let mut find = conn.prepare_cached(
        "SELECT kind, name FROM hook_presence WHERE node = ?1 ORDER BY kind, name LIMIT ?2",
    )?;
    let found = find.query_map((node, sql(limit as u64)), |row| {
        let name = row.get(1)?;
        Ok(match row.get::<_, i64>(0)? {
            kind::CLIENT => Present::Client(name),
            _ => Present::Topic(name),
        })
    })?;
    found.collect()
}

/// The nodes at which somebody is present.
pub(super) fn nodes(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut find = conn.prepare_cached("SELECT DISTINCT node FROM hook_presence ORDER BY node")?;
    find.query_map([], |row| row.get(0))?.collect()
}

/// Forgets who is present, as far as no hook wants to know.
pub(super) fn forget_present(conn: &Connection, wanted: EventKinds) -> rusqlite::Result<()> {
    for (which, kinds) in [
        (kind::CLIENT, EventKinds::CLIENTS),
        (kind::TOPIC, EventKinds::TOPICS),
    ] {
        if !wanted.has_any(kinds) {
            conn.prepare_cached("DELETE FROM hook_presence WHERE kind = ?1")?
                .execute([which])?;
        }
    }
    Ok(())
}

impl Store {
    /// Somebody is present at a node. It is an event if they were at no other one.
    pub(in crate::log) fn note_came(
        &mut self,
        node: &str,
        present: &Present,
        (at, is_event): (u64, bool),
    ) -> rusqlite::Result<()> {
        let wanted = self.hook_kinds()?;
        let (which, name, kinds) = parts(present);
        if !wanted.has_any(kinds) {
            return Ok(());
        }
        let was_there = self.is_present(which, name)?;
        self.conn
            .prepare_cached(
                "INSERT OR IGNORE INTO hook_presence (kind, name, node) VALUES (?1, ?2, ?3)",
            )?
            .execute((which, name, node))?;
        let event = match present {
            Present::Client(_) => EventKind::ClientOnline,
            Present::Topic(_) => EventKind::TopicOccupied,
        };
        match is_event && !was_there && wanted.has(event) {
            true => self.write_event(at, &of_present(event, present)),
            false => Ok(()),
        }
    }

    /// Somebody is gone from a node. It is an event if they are at no other one.
    pub(in crate::log) fn note_gone(
        &mut self,
        node: &str,
        present: &Present,
        at: u64,
    ) -> rusqlite::Result<()> {
        let (which, name, _) = parts(present);
        let gone = self
            .conn
            .prepare_cached(
                "DELETE FROM hook_presence WHERE kind = ?1 AND name = ?2 AND node = ?3",
            )?
            .execute((which, name, node))?;
        if gone == 0 || self.is_present(which, name)? {
            return Ok(());
        }
        let event = match present {
            Present::Client(_) => EventKind::ClientOffline,
            Present::Topic(_) => EventKind::TopicVacated,
        };
        match self.hook_kinds()?.has(event) {
            true => self.write_event(at, &of_present(event, present)),
            false => Ok(()),
        }
    }

    fn is_present(&self, which: i64, name: &str) -> rusqlite::Result<bool> {
        let find = "SELECT EXISTS (SELECT 1 FROM hook_presence WHERE kind = ?1 AND name = ?2)";
        self.conn
            .prepare_cached(find)?
            .query_row((which, name), |row| row.get(0))
    }
}

fn of_present(kind: EventKind, present: &Present) -> EventRow<'_> {
    let (client, topic) = match present {
        Present::Client(name) => (Some(&**name), None),
        Present::Topic(name) => (None, Some(&**name)),
    };
    EventRow {
        kind,
        client,
        topic,
        messages: &[],
        data: "{}",
    }
}

/// The number of its kind in the file, its name, and the kinds of events that are about it.
fn parts(present: &Present) -> (i64, &str, EventKinds) {
    match present {
        Present::Client(name) => (kind::CLIENT, name, EventKinds::CLIENTS),
        Present::Topic(name) => (kind::TOPIC, name, EventKinds::TOPICS),
    }
}
