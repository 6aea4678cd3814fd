//! The rows of open sessions.

use std::collections::HashMap;

use parking_lot::RwLock;
use rusqlite::Connection;

use crate::log::codes::sql;

/// A hash of the id of a session. The id itself is only in the cookie.
pub type SessionDigest = [u8; 32];

/// The maximum number of sessions. When there are more, the one that ends first is closed.
const MAX_SESSIONS: u64 = 1000;

/// The open sessions, with the time at which each ends, in milliseconds since 1970. Looking up a digest takes the same
/// time for every guess.
#[derive(Default)]
pub(super) struct Sessions(RwLock<HashMap<SessionDigest, u64>>);

impl Sessions {
    /// Reads the sessions of the file.
    pub fn read(&self, conn: &Connection) -> rusqlite::Result<()> {
        let mut find = conn.prepare_cached("SELECT digest, ends_at FROM sessions")?;
        let found = find.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        *self.0.write() = found.collect::<Result<_, _>>()?;
        Ok(())
    }

    /// Whether a session is open at this time.
    pub fn is_open(&self, digest: &SessionDigest, now: u64) -> bool {
        self.0
            .read()
            .get(digest)
            .is_some_and(|ends_at| *ends_at > now)
    }
}

/// Opens a session until a time, or closes it, in the current transaction.
pub(super) fn apply(
    conn: &Connection,
    digest: &SessionDigest,
    ends_at: Option<u64>,
    at: u64,
) -> rusqlite::Result<()> {
    let Some(ends_at) = ends_at else {
        let close = "DELETE FROM sessions WHERE digest = ?1";
        conn.prepare_cached(close)?.execute([digest])?;
        return Ok(());
    };
    conn.prepare_cached("INSERT OR REPLACE INTO sessions (digest, ends_at) VALUES (?1, ?2)")?
        .execute((digest, sql(ends_at)))?;
    conn.prepare_cached(
        "DELETE FROM sessions WHERE ends_at <= ?1 OR digest NOT IN
         (SELECT digest FROM sessions ORDER BY ends_at DESC, digest LIMIT ?2)",
    )?
    .execute((sql(at), sql(MAX_SESSIONS)))?;
    Ok(())
}
