//! Removes messages that are too old, or that make the file too large, and idempotency keys that are too old.

use std::collections::HashMap;

use crate::log::{
    codes::{ANY_TOPIC, ended, sql},
    error::{StoreError, unless_damaged},
    gap::mark_pruned,
    handling_rows, openings,
    options::milliseconds,
    postings, recalls,
    retention::message_row::{MessageRow, STEP},
    schedule_rows, update_rows,
    writer::store::Store,
};
use crate::message::Seq;

impl Store {
    /// Removes some messages that are too old, or that make the file too large. Returns how many. A step removes more
    /// messages than were appended since the last one (`appended`), so that it can not fall behind.
    pub fn prune_step(&mut self, now: u64, appended: usize) -> Result<usize, StoreError> {
        let count = sql(STEP.max(appended.saturating_mul(2)) as u64);
        match self.prune(now, count, true) {
            Err(StoreError::Damaged(_)) => self.prune_around_damage(now),
            pruned => pruned,
        }
    }

    /// Removes up to `count` messages. `ended`: also those that are only in the history.
    pub fn prune(&mut self, now: u64, count: i64, ended: bool) -> Result<usize, StoreError> {
        let (rows, line) = self.rows_to_prune(now, count, ended)?;
        self.remove(&rows, line)
    }

    /// The positions of messages to prune, at most about a step of them. See [`Change::Prune`].
    pub fn positions_to_prune(&self, now: u64) -> Result<(Vec<Seq>, Option<Seq>), StoreError> {
        let (rows, line) = self.rows_to_prune(now, sql(STEP as u64), true)?;
        Ok((rows.iter().map(|row| row.seq).collect(), line))
    }

    /// Up to `count` messages that are too old, or that make the file too large. If they are the oldest of all, the
    /// position of the last one.
    fn rows_to_prune(
        &self,
        now: u64,
        count: i64,
        ended: bool,
    ) -> Result<(Vec<MessageRow>, Option<Seq>), StoreError> {
        let last = |rows: Vec<MessageRow>| {
            let last = rows.last().map(|message| message.seq);
            (rows, last)
        };
        let oldest = format!(
            "SELECT {} FROM messages WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            MessageRow::COLUMNS
        );
        let used = self.bytes_used()?;
        if used > self.options.max_bytes {
            // About as many as needed, if messages are of equal size.
            let average = (used / self.messages.max(1)).max(1);
            let enough = (used - self.options.max_bytes) / average + 32;
            let count = count.min(sql(enough));
            let over = format!(
                "SELECT {} FROM messages WHERE ended > 0 ORDER BY seq LIMIT ?1",
                MessageRow::COLUMNS
            );
            let over = match ended {
                true => self.message_rows(&over, [count])?,
                false => Vec::new(),
            };
            if !over.is_empty() {
                return Ok((over, None));
            }
            let oldest = self.message_rows(&oldest, (sql(self.pruned), count))?;
            return Ok(last(oldest));
        }
        let too_old = now.saturating_sub(milliseconds(self.options.max_age));
        if self.oldest_at()?.is_none_or(|at| at >= too_old) {
            return Ok((Vec::new(), None));
        }
        let mut oldest = self.message_rows(&oldest, (sql(self.pruned), count))?;
        let young = oldest.iter().position(|message| message.at >= too_old);
        oldest.truncate(young.unwrap_or(oldest.len()));
        Ok(last(oldest))
    }

    fn oldest_at(&self) -> Result<Option<u64>, StoreError> {
        let find = "SELECT at FROM messages WHERE seq > ?1 ORDER BY seq LIMIT 1";
        let mut find = self.conn.prepare_cached(find)?;
        let mut rows = find.query([sql(self.pruned)])?;
        Ok(match rows.next()? {
            Some(row) => row.get(0)?,
            None => None,
        })
    }

    /// Removes these messages. With `line`, they are the oldest of all, and the position up to which messages may be
    /// missing moves there.
    fn remove(&mut self, rows: &[MessageRow], line: Option<Seq>) -> Result<usize, StoreError> {
        if rows.is_empty() {
            return Ok(0);
        }
        let before = (self.messages, self.pruned);
        let result = self.relaxed(|store| store.remove_in_transaction(rows, line));
        if result.is_err() {
            (self.messages, self.pruned) = before;
        }
        result.map(|()| rows.len())
    }

    /// Removes these messages in the current transaction. If it fails, `messages` and `pruned` have to be restored.
    pub fn remove_in_transaction(
        &mut self,
        rows: &[MessageRow],
        line: Option<Seq>,
    ) -> Result<(), StoreError> {
        self.remove_rows(rows)?;
        self.messages -= rows.len() as u64;
        self.count_messages()?;
        match line {
            Some(line) => self.move_pruned_position(line.min(self.head), rows),
            None => Ok(()),
        }
    }

    fn move_pruned_position(&mut self, line: Seq, rows: &[MessageRow]) -> Result<(), StoreError> {
        let topic = self.newest_topic_message(rows)?;
        let conn = &self.conn;
        conn.prepare_cached("DELETE FROM reach WHERE seq <= ?1")?
            .execute([sql(line)])?;
        if let Some(topic) = topic {
            mark_pruned(conn, ANY_TOPIC, topic)?;
        }
        conn.prepare_cached("UPDATE log SET pruned = ?1")?
            .execute([sql(line)])?;
        unless_damaged(openings::prune(conn, line))?;
        unless_damaged(recalls::prune(conn, line))?;
        unless_damaged(schedule_rows::prune(conn, line))?;
        self.pruned = line;
        Ok(())
    }

    fn remove_rows(&mut self, rows: &[MessageRow]) -> Result<(), StoreError> {
        let conn = &self.conn;
        let mut lost: HashMap<i64, Seq> = HashMap::new();
        let mut message = conn.prepare_cached("DELETE FROM messages WHERE seq = ?1")?;
        let mut trace = conn.prepare_cached("DELETE FROM traces WHERE seq = ?1")?;
        for gone in rows {
            message.execute([sql(gone.seq)])?;
            unless_damaged(trace.execute([sql(gone.seq)]).map(drop))?;
            update_rows::remove(conn, gone.seq)?;
            if gone.handling != 0 {
                let removed =
                    handling_rows::remove(conn, gone.seq, gone.handling, gone.audiences());
                unless_damaged(removed)?;
            }
            postings::remove(conn, ANY_TOPIC, gone.seq)?;
            for audience in gone.audiences() {
                match gone.ended {
                    ended::NOT if !gone.missed.contains(&audience) => {
                        postings::remove(conn, audience, gone.seq)?;
                        let newest = lost.entry(audience).or_default();
                        *newest = gone.seq.max(*newest);
                    }
                    // Expired messages are a gap already, and recalled ones are no gap.
                    _ => postings::remove(conn, -audience, gone.seq)?,
                }
            }
        }
        for (audience, seq) in lost {
            mark_pruned(conn, audience, seq)?;
        }
        Ok(())
    }

    /// Stores the number of messages, so that they need not be counted again.
    pub fn count_messages(&self) -> Result<(), StoreError> {
        self.conn
            .prepare_cached("UPDATE log SET counted = ?1, counted_to = ?2")?
            .execute((sql(self.messages), sql(self.head)))?;
        Ok(())
    }

    /// Removes some of the idempotency keys that are too old. Returns how many.
    pub fn prune_keys_step(&mut self, now: u64) -> Result<usize, StoreError> {
        let too_old = now.saturating_sub(milliseconds(self.options.key_age));
        let find = "SELECT EXISTS (SELECT 1 FROM (SELECT at FROM keys ORDER BY id LIMIT 1) WHERE at <= ?1)";
        if !self
            .conn
            .prepare_cached(find)?
            .query_row([sql(too_old)], |row| row.get(0))?
        {
            return Ok(0);
        }
        self.relaxed(|store| {
            let delete = "DELETE FROM keys WHERE id IN \
                          (SELECT id FROM (SELECT id, at FROM keys ORDER BY id LIMIT ?2) WHERE at <= ?1)";
            let params = (sql(too_old), sql(STEP as u64));
            Ok(store.conn.prepare_cached(delete)?.execute(params)?)
        })
    }
}
