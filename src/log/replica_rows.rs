//! The rows of a log that is part of a cluster.

use std::{collections::HashMap, path::Path};

use rusqlite::{Connection, OptionalExtension};

use crate::log::{
    codes::sql,
    damage::DamageRecord,
    error::{OpenError, is_damage},
    openings,
    options::LogOptions,
    replication::{AppliedRecord, Replication},
};
use crate::message::Seq;

/// The time between two records that are remembered, in milliseconds.
const MARK_INTERVAL: u64 = 10 * 60 * 1000;

/// A day in milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// Checks that a file belongs to the cluster of these options, or to none if they have none. Returns the newest record that the file has applied; none without a cluster.
pub(super) fn open(
    conn: &Connection,
    options: &LogOptions,
    path: &Path,
    damage: &DamageRecord,
) -> Result<Option<AppliedRecord>, OpenError> {
    let failed = |source| OpenError::Database {
        path: path.to_path_buf(),
        source,
    };
    let applied = read(conn).or_else(|error| match is_damage(&error) {
        // A single server has nothing there.
        true if options.replication.is_none() => {
            let what = "whether the log belongs to a cluster";
            damage.note(&format!("it can't be read {what}: {error}"));
            Ok(None)
        }
        _ => Err(failed(error)),
    })?;
    let Some(Replication { log_id, .. }) = &options.replication else {
        return match applied {
            Some(_) => Err(OpenError::OfCluster(path.to_path_buf())),
            None => Ok(None),
        };
    };
    match (applied, log_id) {
        (None, _) => Err(OpenError::OfSingleServer(path.to_path_buf())),
        (Some(_), Some(expected)) => {
            let found = openings::log_id(conn).map_err(failed)?;
            match found == *expected {
                true => Ok(applied),
                false => Err(OpenError::OfOtherCluster {
                    path: path.to_path_buf(),
                    found,
                    expected: expected.clone(),
                }),
            }
        }
        (Some(_), None) => Ok(applied),
    }
}

/// Makes a new file part of a cluster, in the current transaction: nothing was applied yet, and all positions have the epoch of the log.
pub(super) fn begin(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(
        "INSERT INTO openings (ordinal, random, first) VALUES (0, '', 1);
         INSERT INTO replica (id, place, at) VALUES (1, 0, 0);",
    )
}

/// The newest record that a file has applied. None if the file is not part of a cluster.
pub(super) fn read(conn: &Connection) -> rusqlite::Result<Option<AppliedRecord>> {
    let find = "SELECT place, at FROM replica";
    let found = conn.query_row(find, [], |row| {
        Ok(AppliedRecord {
            place: row.get(0)?,
            at: row.get(1)?,
        })
    });
    found.optional()
}

/// Records the newest record that was applied, and the time of its changes, in the current transaction.
pub(super) fn write(conn: &Connection, applied: AppliedRecord, time: u64) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE replica SET place = ?1, at = ?2, time = ?3")?
        .execute((sql(applied.place), sql(applied.at), sql(time)))?;
    Ok(())
}

/// The time of the newest changes.
pub(super) fn time(conn: &Connection) -> rusqlite::Result<u64> {
    conn.query_row("SELECT time FROM replica", [], |row| row.get(0))
}

/// The numbers of the newest records of all processes that have published lately.
pub(super) fn published(conn: &Connection) -> rusqlite::Result<HashMap<u64, u64>> {
    let mut find = conn.prepare("SELECT boot, number FROM publishers")?;
    let found = find.query_map([], |row| {
        Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?))
    })?;
    found.collect()
}

/// Records the number of a record of a process. Processes that have not published for a day are forgotten: the stream and
/// the connections to it keep no record for so long.
pub(super) fn note_published(
    conn: &Connection,
    boot: u64,
    number: u64,
    at: u64,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO publishers (boot, number, at) VALUES (?1, ?2, ?3)",
    )?
    .execute((boot.cast_signed(), sql(number), sql(at)))?;
    conn.prepare_cached("DELETE FROM publishers WHERE at < ?1")?
        .execute([sql(at.saturating_sub(DAY))])?;
    Ok(())
}

/// Remembers a record, if the last one that was remembered is old enough.
pub(super) fn mark(conn: &Connection, place: u64, at: u64, head: Seq) -> rusqlite::Result<()> {
    let last = "SELECT coalesce(max(at), 0) FROM stream_marks";
    let last: u64 = conn.prepare_cached(last)?.query_row([], |row| row.get(0))?;
    if at < last.saturating_add(MARK_INTERVAL) {
        return Ok(());
    }
    conn.prepare_cached(
        "INSERT OR REPLACE INTO stream_marks (place, at, head) VALUES (?1, ?2, ?3)",
    )?
    .execute((sql(place), sql(at), sql(head)))?;
    Ok(())
}

/// The newest record that no node needs: it is older than `too_old`, or its messages were pruned and it is older than
/// `unneeded`. Forgets the records before it.
pub(super) fn expendable(
    conn: &Connection,
    pruned: Seq,
    too_old: u64,
    unneeded: u64,
) -> rusqlite::Result<Option<u64>> {
    let find = "SELECT max(place) FROM stream_marks WHERE at < ?1 OR (head <= ?2 AND at < ?3)";
    let place: Option<u64> = conn
        .prepare_cached(find)?
        .query_row((sql(too_old), sql(pruned), sql(unneeded)), |row| row.get(0))?;
    if let Some(place) = place {
        conn.prepare_cached("DELETE FROM stream_marks WHERE place < ?1")?
            .execute([sql(place)])?;
    }
    Ok(place)
}
