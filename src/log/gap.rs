//! What can not be replayed any more. Never silent: whoever resumes is told the range and the reason.

use rusqlite::{Connection, OptionalExtension};

use crate::log::codes::sql;
use crate::message::Seq;

/// Why messages are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogGapReason {
    /// Their time to live was over.
    Expired,
    /// The log's bounds of age or size.
    Pruned,
}

/// Somewhere in this range messages are missing; others in it may still come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogGap {
    /// The first position that may be missing.
    pub from: Seq,
    /// The last position that is missing.
    pub to: Seq,
    /// Why.
    pub reason: LogGapReason,
}

/// The gaps of some audiences after a position. Each audience remembers only the newest message that it
/// has lost for each reason, and that is enough to know whether anything after a position is missing.
pub(super) struct GapCollector {
    after: Seq,
    expired: Seq,
    pruned: Seq,
}

impl GapCollector {
    pub fn new(after: Seq) -> Self {
        Self {
            after,
            expired: 0,
            pruned: 0,
        }
    }

    /// Adds what this audience has lost.
    pub fn of_audience(&mut self, conn: &Connection, id: i64) -> rusqlite::Result<()> {
        let (expired, pruned) = marks(conn, id)?;
        self.expired = self.expired.max(expired);
        self.pruned = self.pruned.max(pruned);
        Ok(())
    }

    /// Whether this audience has lost anything after the position.
    pub fn any(&self, conn: &Connection, id: i64) -> rusqlite::Result<bool> {
        let (expired, pruned) = marks(conn, id)?;
        Ok(expired.max(pruned) > self.after)
    }

    /// Adds what an audience may have lost that the log has forgotten, or never had. Only old cursors
    /// come before that, and for them it is better to say too much.
    pub fn unknown_audience(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        if self.after > 0 {
            let forgotten = conn
                .prepare_cached("SELECT forgotten FROM log")?
                .query_row([], |row| row.get(0))?;
            self.pruned = self.pruned.max(forgotten);
        }
        Ok(())
    }

    /// Adds a message that has just been found expired.
    pub fn expired(&mut self, seq: Seq) {
        self.expired = self.expired.max(seq);
    }

    pub fn into_vec(self) -> Vec<LogGap> {
        let both = [
            (self.expired, LogGapReason::Expired),
            (self.pruned, LogGapReason::Pruned),
        ];
        let lost = both.into_iter().filter(|(to, _)| *to > self.after);
        lost.map(|(to, reason)| LogGap {
            from: self.after + 1,
            to,
            reason,
        })
        .collect()
    }
}

fn marks(conn: &Connection, id: i64) -> rusqlite::Result<(Seq, Seq)> {
    conn.prepare_cached("SELECT expired, pruned FROM audiences WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .map(Option::unwrap_or_default)
}

/// Notes in an audience that it has lost this position.
pub(super) fn mark(
    conn: &Connection,
    id: i64,
    seq: Seq,
    reason: LogGapReason,
) -> rusqlite::Result<()> {
    let sql_text = match reason {
        LogGapReason::Expired => "UPDATE audiences SET expired = max(expired, ?2) WHERE id = ?1",
        LogGapReason::Pruned => "UPDATE audiences SET pruned = max(pruned, ?2) WHERE id = ?1",
    };
    conn.prepare_cached(sql_text)?.execute((id, sql(seq)))?;
    Ok(())
}
