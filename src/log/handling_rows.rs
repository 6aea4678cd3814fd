//! How messages are treated that are not treated as usual: the column `handling`, and the tables `handlings`, `replaceable` and
//! `urgent`.

use std::sync::Arc;

use rusqlite::{
    Connection, OptionalExtension, ToSql,
    types::{ToSqlOutput, Value},
};
use sha2::{Digest as _, Sha256};

use crate::log::{
    audiences,
    codes::{EVERYONE, kind, sql},
    error::ReadError,
};
use crate::message::{Audience, Handling, ReplaceKey, Replaced, Seq, Urgency};

/// The bits of the column that are the urgency.
const URGENCY: i64 = 3;
/// There is a row in `handlings`.
const HAS_KEY: i64 = 4;
/// It has set the state of its topic.
const IS_STATE: i64 = 8;

/// An audience in the table `replaceable`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scope {
    One(i64),
    /// The hash of the numbers of several clients.
    Several([u8; 16]),
}

impl Scope {
    /// The audience with this number, or the clients with these numbers, in the order of the message.
    pub fn new(audience: Option<i64>, several: &[i64]) -> Self {
        match audience {
            Some(id) => Self::One(id),
            None => {
                let mut numbers = Sha256::new();
                several
                    .iter()
                    .for_each(|id| numbers.update(id.to_le_bytes()));
                let mut hash = [0; 16];
                hash.copy_from_slice(&numbers.finalize()[..16]);
                Self::Several(hash)
            }
        }
    }

    /// The scope of an audience. None if the file does not know it yet.
    pub fn find(conn: &Connection, audience: &Audience) -> rusqlite::Result<Option<Self>> {
        let client = |id: &str| audiences::find(conn, kind::CLIENT, id);
        let one = match audience {
            Audience::Everyone => Some(EVERYONE),
            Audience::Client(id) => client(id.as_str())?,
            Audience::Topic(topic) => audiences::find(conn, kind::TOPIC, topic.as_str())?,
            Audience::Clients(ids) => {
                let ids: Result<Option<Vec<i64>>, _> =
                    ids.iter().map(|id| client(id.as_str())).collect();
                return Ok(ids?.map(|ids| Self::new(None, &ids)));
            }
        };
        Ok(one.map(Self::One))
    }
}

impl ToSql for Scope {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::One(id) => ToSqlOutput::Owned(Value::Integer(*id)),
            Self::Several(hash) => ToSqlOutput::Owned(Value::Blob(hash.to_vec())),
        })
    }
}

/// The newest message with this key, and the first one.
pub(super) fn newest(
    conn: &Connection,
    scope: &Scope,
    key: &ReplaceKey,
) -> rusqlite::Result<Option<(Seq, Seq)>> {
    conn.prepare_cached("SELECT seq, first FROM replaceable WHERE scope = ?1 AND key = ?2")?
        .query_row((scope, key.as_str()), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Writes how a new message is treated.
pub(super) fn insert(
    conn: &Connection,
    seq: Seq,
    handling: &Handling,
    scope: &Scope,
) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE messages SET handling = ?2 WHERE seq = ?1")?
        .execute((sql(seq), code(handling)))?;
    let Some(key) = &handling.replace else {
        return Ok(());
    };
    let replaces = handling.replaces;
    conn.prepare_cached("INSERT INTO handlings (seq, key, first, last) VALUES (?1, ?2, ?3, ?4)")?
        .execute((
            sql(seq),
            key.as_str(),
            replaces.map(|one| sql(one.first)),
            replaces.map(|one| sql(one.last)),
        ))?;
    let first = replaces.map_or(seq, |one| one.first);
    conn.prepare_cached(
        "INSERT OR REPLACE INTO replaceable (scope, key, seq, first) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((scope, key.as_str(), sql(seq), sql(first)))?;
    Ok(())
}

/// Notes an urgent message to a client.
pub(super) fn note_urgent(conn: &Connection, audience: i64, seq: Seq) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT INTO urgent (audience, seq) VALUES (?1, ?2)")?
        .execute((audience, sql(seq)))?;
    Ok(())
}

/// Whether there is an urgent message to a client.
pub(super) fn any_urgent(conn: &Connection) -> rusqlite::Result<bool> {
    conn.query_row("SELECT EXISTS (SELECT 1 FROM urgent)", [], |row| row.get(0))
}

/// The urgent messages to a client in a range, in order.
pub(super) fn urgent(
    conn: &Connection,
    audience: i64,
    (after, until): (Seq, Seq),
    limit: usize,
) -> rusqlite::Result<Vec<Seq>> {
    let find = "SELECT seq FROM urgent WHERE audience = ?1 AND seq > ?2 AND seq <= ?3
                ORDER BY seq LIMIT ?4";
    let mut find = conn.prepare_cached(find)?;
    let rows = (audience, sql(after), sql(until), sql(limit as u64));
    find.query_map(rows, |row| row.get(0))?.collect()
}

/// Removes what is known of a message that is pruned. `code`: its column, `audiences`: its numbers.
pub(super) fn remove(
    conn: &Connection,
    seq: Seq,
    code: i64,
    audiences: impl Iterator<Item = i64>,
) -> rusqlite::Result<()> {
    if code & HAS_KEY != 0 {
        conn.prepare_cached("DELETE FROM handlings WHERE seq = ?1")?
            .execute([sql(seq)])?;
        conn.prepare_cached("DELETE FROM replaceable WHERE seq = ?1")?
            .execute([sql(seq)])?;
    }
    if urgency(code) == Urgency::High {
        let delete = "DELETE FROM urgent WHERE audience = ?1 AND seq = ?2";
        let mut delete = conn.prepare_cached(delete)?;
        for audience in audiences {
            delete.execute((audience, sql(seq)))?;
        }
    }
    Ok(())
}

/// How a message with this column is treated.
pub(super) fn read(conn: &Connection, seq: Seq, code: i64) -> Result<Arc<Handling>, ReadError> {
    let mut handling = Handling {
        urgency: urgency(code),
        is_state: code & IS_STATE != 0,
        ..Handling::default()
    };
    if code & HAS_KEY != 0 {
        let find = "SELECT key, first, last FROM handlings WHERE seq = ?1";
        let (key, first, last): (String, Option<Seq>, Option<Seq>) =
            conn.prepare_cached(find)?.query_row([sql(seq)], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        let key = ReplaceKey::stored(&key)
            .map_err(|why| ReadError::Invalid(format!("replace key {key:?}: {why}")))?;
        handling.replace = Some(key);
        handling.replaces = first
            .zip(last)
            .map(|(first, last)| Replaced { first, last });
    }
    Ok(Arc::new(handling))
}

fn code(handling: &Handling) -> i64 {
    let key = if handling.replace.is_some() {
        HAS_KEY
    } else {
        0
    };
    let state = if handling.is_state { IS_STATE } else { 0 };
    i64::from(handling.urgency.code()) | key | state
}

fn urgency(code: i64) -> Urgency {
    Urgency::of_code((code & URGENCY) as u8)
}
