//! What updates of Mercure have besides the columns of their messages (table `updates`).

use rusqlite::{Connection, OptionalExtension};

use crate::log::{audiences::Audiences, codes::sql, error::unless_damaged};
use crate::message::{Seq, Update, UpdateId};

/// How many updates with the same id are compared with a new one.
const COMPARED: i64 = 8;

/// Writes the row of an update. Returns the numbers of its alternate topics.
pub(super) fn insert(
    conn: &Connection,
    seq: Seq,
    update: &Update,
    audiences: &mut Audiences,
) -> rusqlite::Result<Vec<i64>> {
    conn.prepare_cached("INSERT INTO updates (seq, private, id, retry) VALUES (?1, ?2, ?3, ?4)")?
        .execute((
            sql(seq),
            update.private,
            update.id.as_ref().map(UpdateId::as_str),
            update.retry.map(sql),
        ))?;
    let alternates = update.alternates.iter();
    alternates
        .map(|topic| audiences.topic(conn, topic))
        .collect()
}

/// The columns of an update.
pub(super) struct UpdateRow {
    pub private: bool,
    pub id: Option<String>,
    pub retry: Option<u64>,
}

/// The row of an update. None if there is none.
pub(super) fn find(conn: &Connection, seq: Seq) -> rusqlite::Result<Option<UpdateRow>> {
    let find = "SELECT private, id, retry FROM updates WHERE seq = ?1";
    let found = conn.prepare_cached(find)?.query_row([sql(seq)], |row| {
        Ok(UpdateRow {
            private: row.get(0)?,
            id: row.get(1)?,
            retry: row.get(2)?,
        })
    });
    found.optional()
}

/// The position of the first update that is kept with this id. None if there is none.
pub(super) fn position_of(conn: &Connection, id: &UpdateId) -> rusqlite::Result<Option<Seq>> {
    conn.prepare_cached("SELECT min(seq) FROM updates WHERE id = ?1")?
        .query_row([id.as_str()], |row| row.get(0))
}

/// The newest updates with this id, at most a few.
pub(super) fn with_id(conn: &Connection, id: &UpdateId) -> rusqlite::Result<Vec<Seq>> {
    conn.prepare_cached("SELECT seq FROM updates WHERE id = ?1 ORDER BY seq DESC LIMIT ?2")?
        .query_map((id.as_str(), COMPARED), |row| row.get(0))?
        .collect()
}

/// Removes the row of a message, if it was an update.
pub(super) fn remove(conn: &Connection, seq: Seq) -> rusqlite::Result<()> {
    let mut remove = conn.prepare_cached("DELETE FROM updates WHERE seq = ?1")?;
    unless_damaged(remove.execute([sql(seq)]).map(drop))
}
