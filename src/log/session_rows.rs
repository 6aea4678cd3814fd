//! The rows of open sessions.

use std::collections::HashMap;

use parking_lot::RwLock;
use rusqlite::Connection;

use crate::log::{api_key::KeyDigest, codes::sql};

/// A hash of the id of a session. The id itself is only in the cookie.
pub type SessionDigest = [u8; 32];

/// The maximum number of sessions. When there are more, the one that ends first is closed.
const MAX_SESSIONS: u64 = 1000;

/// The open sessions. Looking up a digest takes the same time for every guess.
#[derive(Default)]
pub(super) struct Sessions(RwLock<HashMap<SessionDigest, Session>>);

struct Session {
    /// In milliseconds since 1970.
    ends_at: u64,
    key: Option<KeyDigest>,
}

/// How an open session was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenedBy {
    /// With the admin token.
    AdminToken,
    /// With the API key whose text has this hash.
    Key(KeyDigest),
}

impl Sessions {
    /// Reads the sessions of the file.
    pub fn read(&self, conn: &Connection) -> rusqlite::Result<()> {
        let mut find = conn.prepare_cached("SELECT digest, ends_at, key FROM sessions")?;
        let found = find.query_map([], |row| {
            let (ends_at, key) = (row.get(1)?, row.get(2)?);
            Ok((row.get(0)?, Session { ends_at, key }))
        })?;
        *self.0.write() = found.collect::<Result<_, _>>()?;
        Ok(())
    }

    /// How a session was opened. None if it is not open at this time.
    pub fn opened_by(&self, digest: &SessionDigest, now: u64) -> Option<OpenedBy> {
        let sessions = self.0.read();
        let session = sessions.get(digest)?;
        let by = session.key.map_or(OpenedBy::AdminToken, OpenedBy::Key);
        (session.ends_at > now).then_some(by)
    }
}

/// Opens a session until a time, or closes it, in the current transaction.
pub(super) fn apply(
    conn: &Connection,
    digest: &SessionDigest,
    (ends_at, key): (Option<u64>, Option<KeyDigest>),
    at: u64,
) -> rusqlite::Result<()> {
    let Some(ends_at) = ends_at else {
        let close = "DELETE FROM sessions WHERE digest = ?1";
        conn.prepare_cached(close)?.execute([digest])?;
        return Ok(());
    };
    let open = "INSERT OR REPLACE INTO sessions (digest, ends_at, key) VALUES (?1, ?2, ?3)";
    conn.prepare_cached(open)?
        .execute((digest, sql(ends_at), key))?;
    conn.prepare_cached(
        "DELETE FROM sessions WHERE ends_at <= ?1 OR digest NOT IN
         (SELECT digest FROM sessions ORDER BY ends_at DESC, digest LIMIT ?2)",
    )?
    .execute((sql(at), sql(MAX_SESSIONS)))?;
    Ok(())
}
