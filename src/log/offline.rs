//! The log of a server that does not run, to make it a part of a cluster.

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::Connection;

use crate::log::{
    codes::sql,
    error::OpenError,
    files, migrations, openings,
    options::{Clock, LogOptions},
    replica_rows,
    replication::AppliedRecord,
    schema,
};
use crate::message::Seq;

/// A log that no server has open. Its folder is locked.
pub struct OfflineLog {
    path: PathBuf,
    conn: Connection,
    log_id: String,
    applied: Option<AppliedRecord>,
    head: Seq,
    messages: u64,
    _lock: File,
}

impl OfflineLog {
    /// Opens the log in a folder. An older file is migrated. Fails if there is none, or if a server uses it.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, OpenError> {
        let folder = folder.into();
        let path = files::database(&folder);
        std::fs::metadata(&path).map_err(|source| OpenError::Folder {
            path: path.clone(),
            source,
        })?;
        let lock = schema::lock(&folder)?;
        let failed = |source| OpenError::Database {
            path: path.clone(),
            source,
        };
        let conn = Connection::open(&path).map_err(failed)?;
        conn.busy_timeout(Duration::from_secs(2)).map_err(failed)?;
        migrations::identify(&conn, &path)?;
        schema::prepare(&conn, &LogOptions::new(folder)).map_err(failed)?;
        let (head, _, messages) = schema::read_state(&conn).map_err(failed)?;
        Ok(Self {
            log_id: openings::log_id(&conn).map_err(failed)?,
            applied: replica_rows::read(&conn).map_err(failed)?,
            head,
            messages,
            path,
            conn,
            _lock: lock,
        })
    }

    /// The database.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The permanent id of the log.
    pub fn log_id(&self) -> &str {
        &self.log_id
    }

    /// The newest record of the stream that was applied. None if the log belongs to a single server.
    pub fn applied(&self) -> Option<AppliedRecord> {
        self.applied
    }

    /// The number of messages.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// Makes the log a part of the cluster whose stream goes on after this record. All positions and cursors stay. What is
    /// written from now on has an epoch of its own, so a cursor of messages that are not in this log is noticed.
    pub fn go_on_after(&self, place: u64) -> Result<(), OpenError> {
        let change = || {
            let transaction = self.conn.unchecked_transaction()?;
            let first = self.head + 1;
            openings::insert(&transaction, Clock::default().now(), first)?;
            let at = self.applied.unwrap_or_default().at;
            transaction.execute(
                "INSERT INTO replica (id, place, at) VALUES (1, ?1, ?2)
                 ON CONFLICT (id) DO UPDATE SET place = ?1",
                (sql(place), sql(at)),
            )?;
            // They name records of another stream.
            transaction.execute("DELETE FROM stream_marks", [])?;
            transaction.commit()?;
            self.conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        };
        change().map_err(|source| OpenError::Database {
            path: self.path.clone(),
            source,
        })
    }
}
