//! The rows of open sessions.

use std::{collections::HashMap, sync::Arc};

use parking_lot::RwLock;
use rusqlite::{Connection, Row};
use tokio::sync::watch;

use crate::log::{
    codes::sql,
    session::{OpenedBy, Session, SessionChange, SessionDigest},
};

/// The maximum number of sessions. When there are more, the one that ends first is closed.
const MAX_SESSIONS: u64 = 1000;

/// The open sessions. Looking up a digest takes the same time for every guess.
#[derive(Default)]
pub(super) struct Sessions {
    sessions: RwLock<HashMap<SessionDigest, Arc<Session>>>,
    changes: watch::Sender<()>,
}

impl Sessions {
    /// Reads the sessions of the file.
    pub fn read(&self, conn: &Connection) -> rusqlite::Result<()> {
        let rows =
            "SELECT digest, ends_at, key, person, opened_at, opened_from, program FROM sessions";
        let mut find = conn.prepare_cached(rows)?;
        let found = find.query_map([], |row| Ok((row.get(0)?, Arc::new(session(row)?))))?;
        *self.sessions.write() = found.collect::<Result<_, _>>()?;
        self.changes.send_replace(());
        Ok(())
    }

    /// A session. None if it is not open at this time.
    pub fn get(&self, digest: &SessionDigest, now: u64) -> Option<Arc<Session>> {
        let sessions = self.sessions.read();
        let session = sessions.get(digest)?;
        (session.ends_at > now).then(|| Arc::clone(session))
    }

    /// All sessions that are open at this time.
    pub fn all(&self, now: u64) -> Vec<(SessionDigest, Arc<Session>)> {
        let sessions = self.sessions.read();
        let open = sessions.iter().filter(|(_, one)| one.ends_at > now);
        open.map(|(digest, one)| (*digest, Arc::clone(one)))
            .collect()
    }

    /// Tells about changes.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }
}

fn session(row: &Row<'_>) -> rusqlite::Result<Session> {
    let person: Option<String> = row.get(3)?;
    let by = match (row.get(2)?, person) {
        (_, Some(id)) => OpenedBy::Person(id.into()),
        (Some(key), None) => OpenedBy::Key(key),
        (None, None) => OpenedBy::AdminToken,
    };
    Ok(Session {
        by,
        ends_at: row.get(1)?,
        opened_at: row.get(4)?,
        from: row.get(5)?,
        program: row.get(6)?,
    })
}

/// Opens a session until a time, or closes it, in the current transaction. `person` opens it, if somebody does.
pub(super) fn apply(
    conn: &Connection,
    change: &SessionChange,
    person: Option<&str>,
    at: u64,
) -> rusqlite::Result<()> {
    let Some(ends_at) = change.ends_at else {
        let close = "DELETE FROM sessions WHERE digest = ?1";
        conn.prepare_cached(close)?.execute([change.digest])?;
        return Ok(());
    };
    let open = "INSERT OR REPLACE INTO sessions (digest, ends_at, key, person, opened_at, opened_from, program)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    conn.prepare_cached(open)?.execute((
        change.digest,
        sql(ends_at),
        change.key,
        person,
        sql(at),
        &change.from,
        &change.program,
    ))?;
    conn.prepare_cached(
        "DELETE FROM sessions WHERE ends_at <= ?1 OR digest NOT IN
         (SELECT digest FROM sessions ORDER BY ends_at DESC, digest LIMIT ?2)",
    )?
    .execute((sql(at), sql(MAX_SESSIONS)))?;
    Ok(())
}

/// Closes all sessions of a person, in the current transaction.
pub(super) fn close_all(conn: &Connection, person: &str) -> rusqlite::Result<()> {
    let close = "DELETE FROM sessions WHERE person = ?1";
    conn.prepare_cached(close)?.execute([person])?;
    Ok(())
}
