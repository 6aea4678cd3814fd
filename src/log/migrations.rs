//! The versions of the file: which program reads which, and how an older one becomes the newest.

use std::path::Path;

use rusqlite::Connection;

use crate::{
    log::{codes::sql, error::OpenError, options::LogOptions, replica_rows},
    message::Epoch,
};

/// The newest version of the file that this program supports.
pub(super) const VERSION: i64 = 12;

/// "Tdng". Programs such as `file` recognize the file by it.
const APPLICATION_ID: i64 = 0x5464_6E67;

/// The tables of version 1.
const TABLES: &str = include_str!("schema.sql");

/// The additions of version 2.
const JOBS: &str = include_str!("jobs.sql");

/// The additions of version 3.
const OPENINGS: &str = include_str!("openings.sql");

/// The additions of version 4.
const CLUSTER: &str = include_str!("cluster.sql");

/// The additions of version 5.
const TRACES: &str = include_str!("traces.sql");

/// The additions of version 6.
const KEYS: &str = include_str!("keys.sql");
const TOKENS: &str = include_str!("tokens.sql");

/// The additions of version 7.
const AUDIT: &str = include_str!("audit.sql");
const PEOPLE: &str = include_str!("people.sql");

/// The additions of version 8.
const QUOTAS: &str = include_str!("quotas.sql");
const UPDATES: &str = include_str!("updates.sql");

/// The additions of version 9.
const SCHEDULES: &str = include_str!("schedules.sql");
const HANDLINGS: &str = include_str!("handlings.sql");
const HOOKS: &str = include_str!("hooks.sql");

/// The additions of version 10.
const SAVED: &str = include_str!("saved.sql");

/// The additions of version 11.
const SAMPLES: &str = include_str!("samples.sql");

/// The additions of version 12.
const AUDIT_PACKS: &str = include_str!("audit_packs.sql");

/// Refuses files of other programs and of newer versions, before anything is changed.
pub(super) fn identify(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    let read = |pragma: &str| -> rusqlite::Result<i64> {
        conn.pragma_query_value(None, pragma, |row| row.get(0))
    };
    let tables = "SELECT count(*) FROM sqlite_schema";
    let look = || -> rusqlite::Result<_> {
        let count: i64 = conn.query_row(tables, [], |row| row.get(0))?;
        Ok((read("application_id")?, read("user_version")?, count))
    };
    let (application, found, tables) =
        look().map_err(|source| match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => OpenError::Foreign(path.to_path_buf()),
            _ => OpenError::Database {
                path: path.to_path_buf(),
                source,
            },
        })?;
    if application != APPLICATION_ID && tables > 0 {
        return Err(OpenError::Foreign(path.to_path_buf()));
    }
    if found > VERSION {
        return Err(OpenError::Newer {
            path: path.to_path_buf(),
            found,
            known: VERSION,
        });
    }
    Ok(())
}

/// Migrates the file from its version to the newest, in one transaction. A new file becomes part of the cluster of the
/// options.
pub(super) fn migrate(conn: &Connection, options: &LogOptions) -> rusqlite::Result<()> {
    let found: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found == VERSION {
        return Ok(());
    }
    let now = options.clock.now();
    let transaction = conn.unchecked_transaction()?;
    if found < 1 {
        transaction.execute_batch(TABLES)?;
        let shared = options.replication.as_ref();
        let id = shared.and_then(|replication| replication.log_id.clone());
        transaction.execute(
            "INSERT INTO log (id, epoch, made_at, turned_at) VALUES (1, ?1, ?2, ?2)",
            (
                id.unwrap_or_else(|| Epoch::random().as_str().to_owned()),
                sql(now),
            ),
        )?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    if found < 2 {
        transaction.execute_batch(JOBS)?;
    }
    if found < 3 {
        transaction.execute_batch(OPENINGS)?;
        if found > 0 {
            let older = "INSERT INTO openings (ordinal, random, first) VALUES (0, '', 1)";
            transaction.execute(older, [])?;
        }
    }
    if found < 4 {
        transaction.execute_batch(CLUSTER)?;
    }
    if found < 5 {
        transaction.execute_batch(TRACES)?;
    }
    if found < 6 {
        transaction.execute_batch(KEYS)?;
        transaction.execute_batch(TOKENS)?;
    }
    if found < 7 {
        transaction.execute_batch(AUDIT)?;
        transaction.execute_batch(PEOPLE)?;
    }
    if found < 8 {
        transaction.execute_batch(QUOTAS)?;
        transaction.execute_batch(UPDATES)?;
    }
    if found < 9 {
        later(&transaction)?;
        transaction.execute_batch(HOOKS)?;
    }
    if found < 10 {
        transaction.execute_batch(SAVED)?;
    }
    if found < 11 {
        transaction.execute_batch(SAMPLES)?;
    }
    if found < 12 {
        transaction.execute_batch(AUDIT_PACKS)?;
    }
    if found < 1 && options.replication.is_some() {
        replica_rows::begin(&transaction)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

/// Adds what version 9 has: messages that are to be pushed later, and those that are not treated as usual.
fn later(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(SCHEDULES)?;
    conn.execute_batch(HANDLINGS)
}
