//! The rows of a log that is part of a cluster.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use crate::log::{
    codes::sql,
    error::OpenError,
    files, openings,
    options::LogOptions,
    replication::{AppliedRecord, Replication},
    schema,
};

/// Checks that a file belongs to the cluster of these options, or to none if they have none. A new file becomes part of
/// the cluster. Returns the newest record that the file has applied; none without a cluster.
pub(super) fn open(
    conn: &Connection,
    options: &LogOptions,
    is_new: bool,
    path: &Path,
) -> Result<Option<AppliedRecord>, OpenError> {
    let failed = |source| OpenError::Database {
        path: path.to_path_buf(),
        source,
    };
    let applied = read(conn).map_err(failed)?;
    let Some(Replication { log_id, .. }) = &options.replication else {
        return match applied {
            Some(_) => Err(OpenError::OfCluster(path.to_path_buf())),
            None => Ok(None),
        };
    };
    match (applied, log_id) {
        (None, Some(_)) if is_new => begin(conn).map_err(failed),
        (None, None) if is_new => Err(OpenError::StreamUnknown(path.to_path_buf())),
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

/// Makes a new file part of a cluster: nothing was applied yet, and all positions have the epoch of the log.
fn begin(conn: &Connection) -> rusqlite::Result<Option<AppliedRecord>> {
    let transaction = conn.unchecked_transaction()?;
    transaction.execute_batch(
        "INSERT INTO openings (ordinal, random, first) VALUES (0, '', 1);
         INSERT INTO replica (id, place, at) VALUES (1, 0, 0);",
    )?;
    transaction.commit()?;
    Ok(Some(AppliedRecord::default()))
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

/// Records the newest record that was applied, in the current transaction.
pub(super) fn write(conn: &Connection, applied: AppliedRecord) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE replica SET place = ?1, at = ?2")?
        .execute((sql(applied.place), sql(applied.at)))?;
    Ok(())
}

/// The id of the log in a folder, and the newest record that it has applied. None if there is no log, or if it belongs to
/// no cluster. Errors are those that opening the log reports.
pub fn known(folder: &Path) -> Option<(String, AppliedRecord)> {
    let path = files::database(folder);
    if !path.exists() {
        return None;
    }
    let conn = schema::open_reader(&path).ok()?;
    let applied = read(&conn).ok()??;
    Some((openings::log_id(&conn).ok()?, applied))
}
