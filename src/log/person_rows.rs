//! The rows of people.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row};

use crate::log::{
    api_key::KeyUse,
    codes::sql,
    person::{Hidden, PersonChange, PersonName, StoredPerson, StoredTotp},
    session_rows,
    told_rows::{Changed, Rows},
};

const COLUMNS: &str = "id, name, password, access, created_at, totp, totp_step, version, signed_in_at, signed_in_from, folded";

/// Reads the people of the file.
pub(super) fn read(conn: &Connection) -> rusqlite::Result<Rows<StoredPerson>> {
    let mut find = conn.prepare(&format!("SELECT {COLUMNS} FROM people"))?;
    let found = find.query_map([], |row| {
        let person = Arc::new(person(row)?);
        Ok((Arc::clone(&person.id), person))
    })?;
    found.collect()
}

fn person(row: &Row<'_>) -> rusqlite::Result<StoredPerson> {
    let step = row.get(6)?;
    let totp = row.get::<_, Option<_>>(5)?.map(|secret| StoredTotp {
        secret: Hidden(secret),
        step,
    });
    let signed_in_at: Option<u64> = row.get(8)?;
    let from = row.get(9)?;
    Ok(StoredPerson {
        id: Arc::from(row.get::<_, String>(0)?),
        name: PersonName {
            shown: row.get(1)?,
            folded: row.get(10)?,
        },
        password: Hidden(row.get(2)?),
        access: row.get(3)?,
        created_at: row.get(4)?,
        totp,
        version: row.get(7)?,
        signed_in: signed_in_at.map(|at| KeyUse { at, from }),
    })
}

/// Applies a change in the current transaction. Adds the people that have changed.
pub(super) fn apply(
    conn: &Connection,
    change: &PersonChange,
    at: u64,
    changed: &mut Vec<Changed<StoredPerson>>,
) -> rusqlite::Result<()> {
    let id = match change {
        PersonChange::Add {
            id,
            name,
            password,
            access,
        } => {
            conn.prepare_cached(
                "INSERT OR IGNORE INTO people (id, name, folded, password, access, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute((id, &name.shown, &name.folded, &password.0, access, sql(at)))?;
            id
        }
        PersonChange::Update { id, name, access } => {
            conn.prepare_cached(
                "UPDATE OR IGNORE people SET name = ?2, folded = ?3, access = ?4 WHERE id = ?1",
            )?
            .execute((id, &name.shown, &name.folded, access))?;
            id
        }
        PersonChange::Password {
            id,
            password,
            session,
        } => {
            conn.prepare_cached(
                "UPDATE people SET password = ?2, version = version + 1 WHERE id = ?1",
            )?
            .execute((id, &password.0))?;
            session_rows::close_all(conn, id)?;
            if let Some(session) = session {
                session_rows::apply(conn, session, Some(id), at)?;
            }
            id
        }
        PersonChange::Totp { id, totp } => {
            let secret = totp.as_ref().map(|totp| &totp.secret.0);
            let step = totp.as_ref().map_or(0, |totp| totp.step);
            conn.prepare_cached(
                "UPDATE people SET totp = ?2, totp_step = ?3, version = version + 1 WHERE id = ?1",
            )?
            .execute((id, secret, sql(step)))?;
            id
        }
        PersonChange::Remove(id) => {
            conn.prepare_cached("DELETE FROM people WHERE id = ?1")?
                .execute([id])?;
            session_rows::close_all(conn, id)?;
            changed.push((Arc::from(id.as_str()), None));
            return Ok(());
        }
        PersonChange::SignIn {
            id,
            version,
            step,
            session,
        } => {
            // A code counts once, also if two requests with it come at the same time.
            let is_good = conn
                .prepare_cached(
                    "UPDATE people SET signed_in_at = ?3, signed_in_from = ?4, totp_step = coalesce(?5, totp_step)
                     WHERE id = ?1 AND version = ?2
                         AND (totp IS NULL) = (?5 IS NULL) AND (?5 IS NULL OR totp_step < ?5)",
                )?
                .execute((id, sql(*version), sql(at), &session.from, step.map(sql)))?;
            if is_good > 0 {
                session_rows::apply(conn, session, Some(id), at)?;
            }
            id
        }
    };
    let find = format!("SELECT {COLUMNS} FROM people WHERE id = ?1");
    let found = conn
        .prepare_cached(&find)?
        .query_row([id], person)
        .optional()?;
    changed.extend(found.map(|person| (Arc::clone(&person.id), Some(Arc::new(person)))));
    Ok(())
}
