//! The rows of saved lists and templates, and of the pushes that try jobs again.

use rusqlite::{Connection, OptionalExtension, Row};

use crate::{
    job::{JobId, Retry},
    log::{
        codes::sql,
        saved_item::{SavedChange, SavedHead, SavedItem, SavedKind},
    },
};

/// The kind of the pushes that try jobs again.
const RETRY: i64 = 3;
const HEAD: &str = "id, name, summary, made_by, made_at, changed_by, changed_at";

/// Applies a change in the current transaction.
pub(super) fn apply(conn: &Connection, change: &SavedChange, at: u64) -> rusqlite::Result<()> {
    let (write, new) = match change {
        SavedChange::Add(new) => (
            "INSERT OR IGNORE INTO saved
             (id, kind, name, folded, summary, content, made_by, made_at, changed_by, changed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7, ?8)",
            new,
        ),
        SavedChange::Replace(new) => (
            "UPDATE OR IGNORE saved SET name = ?3, folded = ?4, summary = ?5, content = ?6,
             changed_by = ?7, changed_at = ?8 WHERE id = ?1 AND kind = ?2",
            new,
        ),
        SavedChange::Remove(kind, id) => {
            conn.prepare_cached("DELETE FROM saved WHERE id = ?1 AND kind = ?2")?
                .execute((id, *kind as i64))?;
            return Ok(());
        }
    };
    conn.prepare_cached(write)?.execute((
        &new.id,
        new.kind as i64,
        &new.name,
        &new.folded,
        &new.summary,
        &new.content,
        &new.by,
        sql(at),
    ))?;
    Ok(())
}

/// Stores the push that tries a job again, in place of the one before.
pub(super) fn put_retry(
    conn: &Connection,
    job: JobId,
    retry: &Retry,
    at: u64,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO saved
         (id, kind, name, folded, summary, content, made_by, made_at, changed_by, changed_at)
         VALUES (?1, ?2, '', ?1, '', ?3, '', ?4, '', ?4)",
    )?
    .execute((job.to_string(), RETRY, retry.json(), sql(at)))?;
    Ok(())
}

/// The push that tries a job again, as JSON.
pub(super) fn retry(conn: &Connection, job: JobId) -> rusqlite::Result<Option<String>> {
    conn.prepare_cached("SELECT content FROM saved WHERE id = ?1 AND kind = ?2")?
        .query_row((job.to_string(), RETRY), |row| row.get(0))
        .optional()
}

/// Removes the push that tries a job again.
pub(super) fn remove_retry(conn: &Connection, job: JobId) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM saved WHERE id = ?1 AND kind = ?2")?
        .execute((job.to_string(), RETRY))?;
    Ok(())
}

/// All items of a kind, by name.
pub(super) fn heads(conn: &Connection, kind: SavedKind) -> rusqlite::Result<Vec<SavedHead>> {
    let find = format!("SELECT {HEAD} FROM saved WHERE kind = ?1 ORDER BY folded");
    let mut find = conn.prepare_cached(&find)?;
    find.query_map([kind as i64], head)?.collect()
}

/// The item of a kind with this id.
pub(super) fn item(
    conn: &Connection,
    kind: SavedKind,
    id: &str,
) -> rusqlite::Result<Option<SavedItem>> {
    let find = format!("SELECT {HEAD}, content FROM saved WHERE id = ?1 AND kind = ?2");
    let mut find = conn.prepare_cached(&find)?;
    let item = |row: &Row<'_>| {
        Ok(SavedItem {
            head: head(row)?,
            content: row.get(7)?,
        })
    };
    find.query_row((id, kind as i64), item).optional()
}

fn head(row: &Row<'_>) -> rusqlite::Result<SavedHead> {
    Ok(SavedHead {
        id: row.get(0)?,
        name: row.get(1)?,
        summary: row.get(2)?,
        made_by: row.get(3)?,
        made_at: row.get(4)?,
        changed_by: row.get(5)?,
        changed_at: row.get(6)?,
    })
}
