//! The table of recalls.
//!
//! A recalled message is not delivered any more. But a reader that has received it and was away when it was recalled
//! still shows it. Its cursor tells: it is at or after the message, and not after the head of that time.

use rusqlite::Connection;

use crate::log::codes::sql;
use crate::message::Seq;

/// The newest head at which a message was recalled; 0: none was.
pub(super) fn newest(conn: &Connection) -> rusqlite::Result<Seq> {
    let find = "SELECT coalesce(max(head), 0) FROM recalls";
    conn.query_row(find, [], |row| row.get(0))
}

/// Notes that a message is recalled while this position is the head.
pub(super) fn add(conn: &Connection, seq: Seq, head: Seq) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO recalls (seq, head) VALUES (?1, ?2)")?
        .execute((sql(seq), sql(head)))?;
    Ok(())
}

/// Removes those of messages up to this position, which are gone.
pub(super) fn prune(conn: &Connection, pruned: Seq) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM recalls WHERE seq <= ?1")?
        .execute([sql(pruned)])?;
    Ok(())
}
