//! Ends messages: their time to live is over, or they are recalled.

use std::{collections::HashMap, sync::atomic::Ordering};

use crate::log::{
    audiences,
    change::Recall,
    codes::{ANY_TOPIC, ended, kind, sql},
    error::{StoreError, unless_damaged},
    event_kind::EventKind,
    gap::mark_expired,
    outcome::Recalled,
    position_rows::position_of,
    positions::ClientPosition,
    postings,
    reader::history,
    recalls,
    retention::message_row::{MessageRow, STEP},
    rows::{self, Decoder, list},
    schema, state_rows,
    writer::store::Store,
};
use crate::message::{ClientId, Seq};

impl Store {
    /// Expires some messages whose time to live is over, and returns their number. They are no longer delivered, and stay
    /// in the history until they are pruned.
    pub fn expire_step(&mut self, now: u64) -> Result<usize, StoreError> {
        let done = self.relaxed(|store| store.expire(now, now, true))?;
        if done == 0 {
            self.note_next_expiry()?;
        }
        Ok(done)
    }

    /// Expires some messages in the current transaction: those whose time was over at `until`. `at` is the time of the change.
    /// `with_pending`: positions that are not in the file count too.
    pub fn expire(&mut self, until: u64, at: u64, with_pending: bool) -> Result<usize, StoreError> {
        let find = format!(
            "SELECT {} FROM messages WHERE ended = 0 AND expires_at <= ?1 ORDER BY expires_at, seq LIMIT ?2",
            MessageRow::COLUMNS
        );
        let rows = self.message_rows(&find, (sql(until), sql(STEP as u64)))?;
        for message in &rows {
            let expiry = message.expires_at.unwrap_or(until);
            let pending = match with_pending {
                true => self.pending_positions_before(expiry, message.audiences())?,
                false => HashMap::new(),
            };
            let missed = self.end(message, ended::EXPIRED, &pending)?;
            self.tell_expired(message, &missed, (at, with_pending))?;
            for audience in message.audiences() {
                mark_expired(&self.conn, audience, message.seq)?;
            }
        }
        // A pattern that filters all topic messages finds its losses there.
        if let Some(seq) = self.newest_topic_message(&rows)? {
            mark_expired(&self.conn, ANY_TOPIC, seq)?;
        }
        Ok(rows.len())
    }

    /// Reads from the file when the next message expires.
    pub fn note_next_expiry(&self) -> Result<(), StoreError> {
        let next = schema::next_expiry(&self.conn)?;
        self.positions.next_expiry.store(next, Ordering::Release);
        Ok(())
    }

    /// Ends a message: hides its postings from delivery, and stores which clients have not received it. `pending` has
    /// the positions of clients that are not in the file.
    pub fn end(
        &mut self,
        message: &MessageRow,
        how: i64,
        pending: &HashMap<i64, ClientPosition>,
    ) -> Result<Vec<i64>, StoreError> {
        let conn = &self.conn;
        let mut missed = Vec::new();
        for audience in message.audiences() {
            if message.missed.contains(&audience) {
                missed.push(audience);
                continue;
            }
            let mut position = position_of(conn, audience)?;
            position.merge(pending.get(&audience).copied().unwrap_or_default());
            if position.furthest() < message.seq {
                missed.push(audience);
            }
            postings::end(conn, audience, message.seq)?;
        }
        postings::remove(conn, ANY_TOPIC, message.seq)?;
        conn.prepare_cached("UPDATE messages SET ended = ?2, missed = ?3 WHERE seq = ?1")?
            .execute((sql(message.seq), how, list(&missed)))?;
        Ok(missed)
    }

    /// Writes events for webhooks, if a message has expired that some of its clients, or nobody of its topic, got.
    pub(super) fn tell_expired(
        &mut self,
        message: &MessageRow,
        missed: &[i64],
        (at, with_pending): (u64, bool),
    ) -> Result<(), StoreError> {
        if !self.hook_kinds()?.has(EventKind::MessageExpired) {
            return Ok(());
        }
        let Some(audience) = message.audience else {
            return self.put_expired(message.seq, missed, at);
        };
        let name = rows::name_of(&self.conn, audience)?;
        if matches!(name, Some((kind::CLIENT, _))) {
            return self.put_expired(message.seq, missed, at);
        }
        // A topic or everyone: whom it reached is counted.
        let reached = "SELECT coalesce((SELECT connections FROM reach WHERE seq = ?1), 0)";
        let reached: u64 = self
            .conn
            .prepare_cached(reached)?
            .query_row([sql(message.seq)], |row| row.get(0))?;
        let pending = match with_pending {
            true => self.positions.pending_counts(message.seq).connections,
            false => 0,
        };
        match reached + pending {
            0 => self.put_expired(message.seq, &[audience], at),
            _ => Ok(()),
        }
    }

    /// The same, for some of its clients.
    pub(super) fn tell_expired_to(
        &mut self,
        seq: Seq,
        missed: &[i64],
        at: u64,
    ) -> Result<(), StoreError> {
        match self.hook_kinds()?.has(EventKind::MessageExpired) {
            true => self.put_expired(seq, missed, at),
            false => Ok(()),
        }
    }

    /// Positions by the numbers of their clients.
    pub fn known_positions(
        &self,
        positions: &[(ClientId, ClientPosition)],
    ) -> rusqlite::Result<HashMap<i64, ClientPosition>> {
        let mut known = HashMap::new();
        for (client, position) in positions {
            if let Some(audience) = audiences::find(&self.conn, kind::CLIENT, client.as_str())? {
                known.insert(audience, *position);
            }
        }
        Ok(known)
    }

    /// Recalls a message in the current transaction: deletes its data, and releases the key. None if there is no such
    /// message, or if it was recalled before.
    pub fn recall(&mut self, recall: &Recall) -> Result<Option<Recalled>, StoreError> {
        let seq = recall.seq;
        let find = format!(
            "SELECT {} FROM messages WHERE seq = ?1 AND ended != ?2",
            MessageRow::COLUMNS
        );
        let found = self.message_rows(&find, (sql(seq), ended::RECALLED))?;
        let Some(message) = found.first() else {
            return Ok(None);
        };
        let record = history::record(&self.conn, &mut Decoder::default(), seq, usize::MAX, 0)?;
        // They are not written to the file: they may be from after the expiry of a message that is not marked yet.
        let pending = self.known_positions(&recall.positions)?;
        if message.handling != 0 {
            unless_damaged(state_rows::recall(&self.conn, seq, &mut self.states))?;
        }
        match message.ended {
            ended::NOT => drop(self.end(message, ended::RECALLED, &pending)?),
            _ => {
                let update = "UPDATE messages SET ended = ?2 WHERE seq = ?1";
                self.conn.execute(update, (sql(seq), ended::RECALLED))?;
            }
        }
        unless_damaged(recalls::add(&self.conn, seq, self.head))?;
        let wipe = "UPDATE messages SET data = '', json = 0 WHERE seq = ?1";
        self.conn.execute(wipe, [sql(seq)])?;
        if let Some(key) = &recall.key {
            let release = "DELETE FROM keys WHERE key = ?1 AND seq = ?2";
            self.conn.execute(release, (key.as_str(), sql(seq)))?;
        }
        Ok(record.map(|record| Recalled {
            audience: record.message.audience,
            update: record.message.update,
        }))
    }
}
