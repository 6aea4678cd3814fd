//! The rows of API keys.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row};

use crate::log::{
    api_key::{ApiKey, KeyChange, KeyUse, NodePushes},
    codes::sql,
    told_rows::{Changed, Rows},
};

/// A key that has changed. None: it was removed.
pub(super) type ChangedKey = Changed<ApiKey>;

const COLUMNS: &str = "id, name, digest, previous, previous_until, access, created_at, expires_at, rotated_at, used_at, used_from, pushes_per_day";

const PUSHES: &str = "SELECT node, day, count FROM key_pushes WHERE key = ?1 ORDER BY node";

/// Reads the keys of the file.
pub(super) fn read(conn: &Connection) -> rusqlite::Result<Rows<ApiKey>> {
    let mut find = conn.prepare(&format!("SELECT {COLUMNS} FROM api_keys"))?;
    let found = find.query_map([], key)?;
    let whole = |key: rusqlite::Result<ApiKey>| {
        let key = with_pushes(conn, key?)?;
        Ok((Arc::clone(&key.id), Arc::new(key)))
    };
    found.map(whole).collect()
}

/// The key with what was pushed with it.
fn with_pushes(conn: &Connection, mut key: ApiKey) -> rusqlite::Result<ApiKey> {
    let mut find = conn.prepare_cached(PUSHES)?;
    let found = find.query_map([&*key.id], |row| {
        Ok(NodePushes {
            node: Arc::from(row.get::<_, String>(0)?),
            day: row.get(1)?,
            count: row.get(2)?,
        })
    })?;
    key.pushes = found.collect::<Result<_, _>>()?;
    Ok(key)
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
        pushes_per_day: row.get(11)?,
        pushes: Vec::new(),
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
                "INSERT OR IGNORE INTO api_keys
                 (id, name, digest, access, created_at, expires_at, pushes_per_day)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute((
                &new.id,
                &new.name,
                new.digest,
                &new.access,
                sql(at),
                new.expires_at.map(sql),
                new.pushes_per_day.map(sql),
            ))?;
            note(conn, &new.id, changed)
        }
        KeyChange::Update {
            id,
            name,
            access,
            expires_at,
            pushes_per_day,
        } => {
            conn.prepare_cached(
                "UPDATE api_keys SET name = ?2, access = ?3, expires_at = ?4, pushes_per_day = ?5
                 WHERE id = ?1",
            )?
            .execute((
                id,
                name,
                access,
                expires_at.map(sql),
                pushes_per_day.map(sql),
            ))?;
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
            conn.prepare_cached("DELETE FROM key_pushes WHERE key = ?1")?
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
        KeyChange::Pushed(pushes) => {
            for (id, here) in pushes {
                // A key that was revoked meanwhile has no rows.
                conn.prepare_cached(
                    "INSERT OR REPLACE INTO key_pushes (key, node, day, count)
                     SELECT id, ?2, ?3, ?4 FROM api_keys WHERE id = ?1",
                )?
                .execute((&**id, &*here.node, sql(here.day), sql(here.count)))?;
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
    let found = found.map(|key| with_pushes(conn, key)).transpose()?;
    changed.extend(found.map(|key| (Arc::clone(&key.id), Some(Arc::new(key)))));
    Ok(())
}
