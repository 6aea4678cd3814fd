//! Messages that can't be replayed any more. A reader that resumes always gets their range and the reason.

use rusqlite::{Connection, OptionalExtension};

use crate::log::{codes::sql, damage::DamageRecord, error::ReadError, reader::salvage};
use crate::message::Seq;

/// Why messages are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogGapReason {
    /// They have expired.
    Expired,
    /// They were pruned because of their age or the size of the log.
    Pruned,
    /// This part of the file is damaged.
    Unreadable,
}

/// A range in which messages are missing. Others in the range may still be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogGap {
    /// The first position that may be missing.
    pub from: Seq,
    /// The last position that is missing.
    pub to: Seq,
    /// The reason.
    pub reason: LogGapReason,
}

/// Collects the gaps of some audiences after a position. For each audience and reason, the file only has the position of
/// the newest lost message. That is enough to decide whether anything after a position is missing.
pub(super) struct GapCollector<'d> {
    after: Seq,
    expired: Seq,
    pruned: Seq,
    unreadable: Vec<(Seq, Seq)>,
    damage: &'d DamageRecord,
}

impl<'d> GapCollector<'d> {
    pub fn new(after: Seq, damage: &'d DamageRecord) -> Self {
        Self {
            after,
            expired: 0,
            pruned: 0,
            unreadable: Vec::new(),
            damage,
        }
    }

    /// Adds the gaps of an audience.
    pub fn of_audience(&mut self, conn: &Connection, id: i64) -> rusqlite::Result<()> {
        let (expired, pruned) = marks(conn, id)?;
        self.expired = self.expired.max(expired);
        self.pruned = self.pruned.max(pruned);
        Ok(())
    }

    /// Whether an audience has lost a message after the position.
    pub fn any(&self, conn: &Connection, id: i64) -> rusqlite::Result<bool> {
        let (expired, pruned) = marks(conn, id)?;
        Ok(expired.max(pruned) > self.after)
    }

    /// Adds the possible gap of an audience that the log does not know: it may have been pruned. Only old cursors are
    /// before that gap, and an unnecessary gap is better than a missing one.
    pub fn unknown_audience(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        if self.after > 0 {
            let forgotten = conn
                .prepare_cached("SELECT forgotten FROM log")?
                .query_row([], |row| row.get(0))?;
            self.pruned = self.pruned.max(forgotten);
        }
        Ok(())
    }

    /// Adds a message that has expired, but is not marked as expired yet.
    pub fn expired(&mut self, seq: Seq) {
        self.expired = self.expired.max(seq);
    }

    /// Adds a message that can't be read, with the unreadable messages around it.
    pub fn unreadable(&mut self, conn: &Connection, seq: Seq, error: &ReadError) {
        let reported = |(from, to): &(Seq, Seq)| (*from..=*to).contains(&seq);
        if self.unreadable.iter().any(reported) {
            return;
        }
        let known = self.damage.range_of(seq);
        self.unreadable_range(known.unwrap_or_else(|| salvage::extent(conn, seq)), error);
    }

    /// Adds a range in which no message can be read.
    pub fn unreadable_range(&mut self, range: (Seq, Seq), error: &ReadError) {
        self.damage.note_range(range, error);
        self.unreadable.push(range);
    }

    /// Adds a range in which the messages of one of the audiences are unknown.
    pub fn unknown_range(&mut self, range: (Seq, Seq), error: &ReadError) {
        self.damage.note(error);
        self.unreadable.push(range);
    }

    /// The gaps up to a position.
    pub fn into_vec(mut self, until: Seq) -> Vec<LogGap> {
        self.unreadable.sort_unstable();
        let unreadable = self.unreadable.iter().map(|(from, to)| LogGap {
            from: (*from).max(self.after + 1),
            to: (*to).min(until),
            reason: LogGapReason::Unreadable,
        });
        let unreadable = unreadable.filter(|gap| gap.from <= gap.to);
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
        .chain(unreadable)
        .collect()
    }
}

fn marks(conn: &Connection, id: i64) -> rusqlite::Result<(Seq, Seq)> {
    conn.prepare_cached("SELECT expired, pruned FROM audiences WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .map(Option::unwrap_or_default)
}

/// Records that an audience has lost this position because the message has expired.
pub(super) fn mark_expired(conn: &Connection, id: i64, seq: Seq) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE audiences SET expired = max(expired, ?2) WHERE id = ?1")?
        .execute((id, sql(seq)))?;
    Ok(())
}

/// Records that an audience has lost this position because the message was pruned.
pub(super) fn mark_pruned(conn: &Connection, id: i64, seq: Seq) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE audiences SET pruned = max(pruned, ?2) WHERE id = ?1")?
        .execute((id, sql(seq)))?;
    Ok(())
}
