//! The rows of API keys.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row};

use crate::log::{
    api_key::{ApiKey, KeyChange, KeyUse},
    codes::sql,
    told_rows::{Changed, Rows},
};

/// A key that has changed. None: it was removed.
pub(super) type ChangedKey = Changed<ApiKey>;

const COLUMNS: &str = "id, name, digest, previous, previous_until, access, created_at, expires_at, rotated_at, used_at, used_from";

/// Reads the keys of the file.
pub(super) fn read(conn: &Connection) -> rusqlite::Result<Rows<ApiKey>> {
    let mut find = conn.prepare(&format!("SELECT {COLUMNS} FROM api_keys"))?;
    let found = find.query_map([], |row| {
        let key = Arc::new(key(row)?);
        Ok((Arc::clone(&key.id), key))
    })?;
    found.collect()
}

fn key(row: &Row<'_>) -> rusqlite::Result<ApiKey> {
    let previous = row.get::<_, Option<_>>(3)?.zip(row.get(4)?);
    let used_at: Option<u64> = row.get(9)?;
    let from = row.get(10)?;
    Ok(ApiKey {
        id: Arc::from(row.get::<_, String>(0)?),
        name: row.get(1)?,
        digest: row.get(2)?,
        previous,
        access: row.get(5)?,
        created_at: row.get(6)?,
        expires_at: row.get(7)?,
        rotated_at: row.get(8)?,
        last_used: used_at.map(|at| KeyUse { at, from }),
    })
}

/// Applies a change in the current transaction. Adds the keys that have changed.
pub(super) fn apply(
    conn: &Connection,
    change: &KeyChange,
    at: u64,
    changed: &mut Vec<ChangedKey>,
) -> rusqlite::Result<()> {
    match change {
        KeyChange::Create(new) => {
            conn.prepare_cached(
                "INSERT OR IGNORE INTO api_keys (id, name, digest, access, created_at, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute((
                &new.id,
                &new.name,
                new.digest,
                &new.access,
                sql(at),
                new.expires_at.map(sql),
            ))?;
            note(conn, &new.id, changed)
        }
        KeyChange::Update {
            id,
            name,
            access,
            expires_at,
        } => {
            conn.prepare_cached(
                "UPDATE api_keys SET name = ?2, access = ?3, expires_at = ?4 WHERE id = ?1",
            )?
            .execute((id, name, access, expires_at.map(sql)))?;
            note(conn, id, changed)
        }
        KeyChange::Rotate {
            id,
            digest,
            previous_until,
        } => {
            conn.prepare_cached(
                "UPDATE api_keys SET previous = digest, previous_until = ?3, digest = ?2, rotated_at = ?4
                 WHERE id = ?1",
            )?
            .execute((id, digest, sql(*previous_until), sql(at)))?;
            note(conn, id, changed)
        }
        KeyChange::Revoke(id) => {
            conn.prepare_cached("DELETE FROM api_keys WHERE id = ?1")?
                .execute([id])?;
            changed.push((Arc::from(id.as_str()), None));
            Ok(())
        }
        KeyChange::Used(uses) => {
            for (id, last) in uses {
                conn.prepare_cached(
                    "UPDATE api_keys SET used_at = ?2, used_from = ?3
                     WHERE id = ?1 AND coalesce(used_at, 0) < ?2",
                )?
                .execute((&**id, sql(last.at), &last.from))?;
                note(conn, id, changed)?;
            }
            Ok(())
        }
    }
}

fn note(conn: &Connection, id: &str, changed: &mut Vec<ChangedKey>) -> rusqlite::Result<()> {
    let find = format!("SELECT {COLUMNS} FROM api_keys WHERE id = ?1");
    let found = conn
        .prepare_cached(&find)?
        .query_row([id], key)
        .optional()?;
    changed.extend(found.map(|key| (Arc::clone(&key.id), Some(Arc::new(key)))));
    Ok(())
}
