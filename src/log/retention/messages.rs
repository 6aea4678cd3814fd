//! Expires and prunes messages: those whose time to live is over, that are older than the retention period, or that
//! exceed the maximum size. Runs in steps of a few milliseconds between commits.

use std::{collections::HashMap, sync::atomic::Ordering};

use crate::log::{
    codes::{ANY_TOPIC, EVERYONE, ended, kind, sql},
    entry::IdempotencyKey,
    error::StoreError,
    gap::{mark_expired, mark_pruned},
    openings,
    options::milliseconds,
    postings, recalls,
    rows::{list, parse_list},
    schema,
    writer::store::Store,
};
use crate::message::Seq;

/// The approximate number of postings that one step changes.
pub(super) const STEP: usize = 512;

/// The columns of a message that is expired, recalled or pruned.
struct MessageRow {
    seq: Seq,
    at: u64,
    expires_at: Option<u64>,
    ended: i64,
    audience: Option<i64>,
    several: Vec<i64>,
}

impl MessageRow {
    const COLUMNS: &str = "seq, at, expires_at, ended, audience, audiences";

    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let several = row.get_ref(5)?.as_str_or_null()?;
        Ok(Self {
            seq: row.get(0)?,
            at: row.get(1)?,
            expires_at: row.get(2)?,
            ended: row.get(3)?,
            audience: row.get(4)?,
            several: several.map(parse_list).unwrap_or_default(),
        })
    }

    fn audiences(&self) -> impl Iterator<Item = i64> {
        self.audience.iter().chain(&self.several).copied()
    }
}

impl Store {
    /// Expires some messages whose time to live is over, and returns their number. They are no longer delivered, and
    /// stay in the history until they are pruned.
    pub fn expire_step(&mut self, now: u64) -> Result<usize, StoreError> {
        let find = format!(
            "SELECT {} FROM messages WHERE ended = 0 AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2",
            MessageRow::COLUMNS
        );
        let done = self.relaxed(|store| {
            let messages = store.select(&find, (sql(now), sql(STEP as u64)))?;
            for message in &messages {
                store.end(message, ended::EXPIRED)?;
                for audience in message.audiences() {
                    mark_expired(&store.conn, audience, message.seq)?;
                }
            }
            // Also for the audience of all topics, where patterns look.
            if let Some(seq) = store.newest_topic_message(&messages)? {
                mark_expired(&store.conn, ANY_TOPIC, seq)?;
            }
            Ok(messages.len())
        })?;
        if done == 0 {
            let next = schema::next_expiry(&self.conn)?;
            self.positions.next_expiry.store(next, Ordering::Release);
        }
        Ok(done)
    }

    /// Ends a message: moves its postings to where delivery does not look, and stores the clients that had not received
    /// it.
    fn end(&mut self, message: &MessageRow, how: i64) -> Result<(), StoreError> {
        let conn = &self.conn;
        let expiry = message.expires_at.filter(|_| how == ended::EXPIRED);
        let mut missed = Vec::new();
        for audience in message.audiences() {
            if self.position_at_end(audience, expiry)?.furthest() < message.seq {
                missed.push(audience);
            }
            postings::end(conn, audience, message.seq)?;
        }
        postings::remove(conn, ANY_TOPIC, message.seq)?;
        conn.prepare_cached("UPDATE messages SET ended = ?2, missed = ?3 WHERE seq = ?1")?
            .execute((sql(message.seq), how, list(&missed)))?;
        Ok(())
    }

    fn newest_topic_message(&self, messages: &[MessageRow]) -> Result<Option<Seq>, StoreError> {
        let mut kinds = HashMap::new();
        let mut newest = None;
        for message in messages {
            let Some(id) = message.audience.filter(|id| *id != EVERYONE) else {
                continue;
            };
            let known = match kinds.get(&id) {
                Some(known) => *known,
                None => {
                    let name = crate::log::rows::name_of(&self.conn, id)?;
                    let known = name.map(|(kind, _)| kind);
                    kinds.insert(id, known);
                    known
                }
            };
            if known == Some(kind::TOPIC) {
                newest = newest.max(Some(message.seq));
            }
        }
        Ok(newest)
    }

    /// Ends a message for good and deletes its data. `key` is released with it. Durable when this returns. False if the
    /// message does not exist or was recalled before.
    pub fn wipe(&mut self, seq: Seq, key: Option<&IdempotencyKey>) -> Result<bool, StoreError> {
        let find = format!(
            "SELECT {} FROM messages WHERE seq = ?1 AND ended != ?2",
            MessageRow::COLUMNS
        );
        self.transaction(|store| {
            let found = store.select(&find, (sql(seq), ended::RECALLED))?;
            let Some(message) = found.first() else {
                return Ok(false);
            };
            match message.ended {
                ended::NOT => store.end(message, ended::RECALLED)?,
                _ => {
                    let update = "UPDATE messages SET ended = ?2 WHERE seq = ?1";
                    store.conn.execute(update, (sql(seq), ended::RECALLED))?;
                }
            }
            recalls::add(&store.conn, seq, store.head)?;
            let wipe = "UPDATE messages SET data = '', json = 0 WHERE seq = ?1";
            store.conn.execute(wipe, [sql(seq)])?;
            if let Some(key) = key {
                let release = "DELETE FROM keys WHERE key = ?1 AND seq = ?2";
                store.conn.execute(release, (key.as_str(), sql(seq)))?;
            }
            Ok(true)
        })
    }

    /// Prunes some messages that are too old, or while the file is too large, and returns their number. Removes more
    /// messages than were appended since the last step (`appended`), so that pruning keeps up.
    pub fn prune_step(&mut self, now: u64, appended: usize) -> Result<usize, StoreError> {
        let count = sql(STEP.max(appended.saturating_mul(2)) as u64);
        match self.prune(now, count, true) {
            Err(StoreError::Damaged(_)) => self.prune_around_damage(now),
            pruned => pruned,
        }
    }

    /// Prunes up to `count` messages. With `ended`, also ended messages that are only kept for the history.
    pub fn prune(&mut self, now: u64, count: i64, ended: bool) -> Result<usize, StoreError> {
        let oldest = format!(
            "SELECT {} FROM messages WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            MessageRow::COLUMNS
        );
        let used = self.bytes_used()?;
        if used > self.options.max_bytes {
            // Not more than necessary, if messages have about the same size.
            let average = (used / self.messages.max(1)).max(1);
            let enough = (used - self.options.max_bytes) / average + 32;
            let count = count.min(sql(enough));
            let over = format!(
                "SELECT {} FROM messages WHERE ended > 0 ORDER BY seq LIMIT ?1",
                MessageRow::COLUMNS
            );
            let over = match ended {
                true => self.select(&over, [count])?,
                false => Vec::new(),
            };
            if !over.is_empty() {
                return self.remove(&over, None);
            }
            let oldest = self.select(&oldest, (sql(self.pruned), count))?;
            return self.remove(&oldest, oldest.last().map(|message| message.seq));
        }
        let too_old = now.saturating_sub(milliseconds(self.options.max_age));
        if self.oldest_at()?.is_none_or(|at| at >= too_old) {
            return Ok(0);
        }
        let mut oldest = self.select(&oldest, (sql(self.pruned), count))?;
        let young = oldest.iter().position(|message| message.at >= too_old);
        oldest.truncate(young.unwrap_or(oldest.len()));
        self.remove(&oldest, oldest.last().map(|message| message.seq))
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
    /// gone moves there.
    fn remove(&mut self, messages: &[MessageRow], line: Option<Seq>) -> Result<usize, StoreError> {
        if messages.is_empty() {
            return Ok(0);
        }
        let before = (self.messages, self.pruned);
        let result = self.relaxed(|store| {
            store.remove_rows(messages)?;
            store.messages -= messages.len() as u64;
            store.count_messages()?;
            match line {
                Some(line) => store.move_pruned_position(line, messages),
                None => Ok(()),
            }
        });
        if result.is_err() {
            (self.messages, self.pruned) = before;
        }
        result.map(|()| messages.len())
    }

    fn move_pruned_position(
        &mut self,
        line: Seq,
        messages: &[MessageRow],
    ) -> Result<(), StoreError> {
        let topic = self.newest_topic_message(messages)?;
        let conn = &self.conn;
        conn.prepare_cached("DELETE FROM reach WHERE seq <= ?1")?
            .execute([sql(line)])?;
        if let Some(topic) = topic {
            mark_pruned(conn, ANY_TOPIC, topic)?;
        }
        conn.prepare_cached("UPDATE log SET pruned = ?1")?
            .execute([sql(line)])?;
        openings::prune(conn, line)?;
        recalls::prune(conn, line)?;
        self.pruned = line;
        Ok(())
    }

    fn remove_rows(&mut self, messages: &[MessageRow]) -> Result<(), StoreError> {
        let conn = &self.conn;
        let mut lost: HashMap<i64, Seq> = HashMap::new();
        let mut message = conn.prepare_cached("DELETE FROM messages WHERE seq = ?1")?;
        for gone in messages {
            message.execute([sql(gone.seq)])?;
            postings::remove(conn, ANY_TOPIC, gone.seq)?;
            for audience in gone.audiences() {
                match gone.ended {
                    ended::NOT => {
                        postings::remove(conn, audience, gone.seq)?;
                        let newest = lost.entry(audience).or_default();
                        *newest = gone.seq.max(*newest);
                    }
                    // Expired messages were reported as expired. Recalled messages are not a gap.
                    _ => postings::remove(conn, -audience, gone.seq)?,
                }
            }
        }
        for (audience, seq) in lost {
            mark_pruned(conn, audience, seq)?;
        }
        Ok(())
    }

    fn select(
        &self,
        find: &str,
        params: impl rusqlite::Params,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let mut find = self.conn.prepare_cached(find)?;
        let mut rows = find.query(params)?;
        let mut messages = Vec::new();
        let mut posts = 0;
        while let Some(row) = rows.next()? {
            let message = MessageRow::read(row)?;
            posts += message.several.len();
            messages.push(message);
            // A message to ten thousand clients is a step of its own.
            if posts > STEP {
                break;
            }
        }
        Ok(messages)
    }

    /// Stores the number of messages, so that opening the log does not have to count them.
    pub fn count_messages(&self) -> Result<(), StoreError> {
        self.conn
            .prepare_cached("UPDATE log SET counted = ?1, counted_to = ?2")?
            .execute((sql(self.messages), sql(self.head)))?;
        Ok(())
    }

    /// Removes some idempotency keys that are too old, and returns their number.
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
