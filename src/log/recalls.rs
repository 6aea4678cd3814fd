//! The table of recalls.
//!
//! A recalled message is no longer delivered. But a reader that received it and was disconnected during the recall still
//! shows it. Its cursor is at or after the message, and not after the head at the time of the recall.

use rusqlite::Connection;

use crate::log::codes::sql;
use crate::message::Seq;

/// The newest head at which a message was recalled. 0 if there were no recalls.
pub(super) fn newest(conn: &Connection) -> rusqlite::Result<Seq> {
    let find = "SELECT coalesce(max(head), 0) FROM recalls";
    conn.query_row(find, [], |row| row.get(0))
}

/// Records the recall of a message with the current head.
pub(super) fn add(conn: &Connection, seq: Seq, head: Seq) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO recalls (seq, head) VALUES (?1, ?2)")?
        .execute((sql(seq), sql(head)))?;
    Ok(())
}

/// Removes the recalls of messages up to this position, because they were pruned.
pub(super) fn prune(conn: &Connection, pruned: Seq) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM recalls WHERE seq <= ?1")?
        .execute([sql(pruned)])?;
    Ok(())
}
