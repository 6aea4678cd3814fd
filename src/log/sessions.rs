//! Sessions of people who signed in. They are in the log, so that they survive a restart, and so that a session that was
//! opened or closed at one node of a cluster is open or closed at all of them.

use std::{collections::HashMap, time::Duration};

use parking_lot::RwLock;
use rusqlite::Connection;

use crate::log::{
    Log,
    change::{Change, SessionChange},
    codes::sql,
    error::AppendError,
    options::milliseconds,
    writer::queue::{ChangeTask, Task},
    writer::reply::channel,
};

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

    fn is_open(&self, digest: &SessionDigest, now: u64) -> bool {
        self.0
            .read()
            .get(digest)
            .is_some_and(|ends_at| *ends_at > now)
    }
}

/// Opens or closes a session in the current transaction.
pub(super) fn apply(conn: &Connection, change: &SessionChange, at: u64) -> rusqlite::Result<()> {
    let Some(ends_at) = change.ends_at else {
        let close = "DELETE FROM sessions WHERE digest = ?1";
        conn.prepare_cached(close)?.execute([change.digest])?;
        return Ok(());
    };
    conn.prepare_cached("INSERT OR REPLACE INTO sessions (digest, ends_at) VALUES (?1, ?2)")?
        .execute((change.digest, sql(ends_at)))?;
    conn.prepare_cached(
        "DELETE FROM sessions WHERE ends_at <= ?1 OR digest NOT IN
         (SELECT digest FROM sessions ORDER BY ends_at DESC, digest LIMIT ?2)",
    )?
    .execute((sql(at), sql(MAX_SESSIONS)))?;
    Ok(())
}

impl Log {
    /// Opens a session. It is durable when this returns.
    pub async fn open_session(
        &self,
        digest: SessionDigest,
        lifetime: Duration,
    ) -> Result<(), AppendError> {
        let ends_at = self.now().saturating_add(milliseconds(lifetime));
        self.change_session(SessionChange {
            digest,
            ends_at: Some(ends_at),
        })
        .await
    }

    /// Closes a session, if it is open. It is durable when this returns.
    pub async fn close_session(&self, digest: SessionDigest) -> Result<(), AppendError> {
        let ends_at = None;
        self.change_session(SessionChange { digest, ends_at }).await
    }

    /// Whether a session is open.
    pub fn has_session(&self, digest: &SessionDigest) -> bool {
        self.shared.sessions.is_open(digest, self.now())
    }

    async fn change_session(&self, change: SessionChange) -> Result<(), AppendError> {
        let (sender, receiver) = channel();
        self.shared.queue.push(0, 0, || {
            let answer = Box::new(move |outcome| sender.send(outcome));
            Some(Task::Change(ChangeTask::Other(
                Change::Session(change),
                answer,
            )))
        });
        receiver.await.unwrap_or(Err(AppendError::Closed))
    }
}
