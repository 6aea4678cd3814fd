//! What the log lets go: messages whose time to live is over, that are too old, or that are too much.
//! All in steps of a few milliseconds, between the commits.

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

/// Postings that one step touches, about.
pub(super) const STEP: usize = 512;

/// A row on its way out.
struct Leaving {
    seq: Seq,
    at: u64,
    expires_at: Option<u64>,
    ended: i64,
    audience: Option<i64>,
    several: Vec<i64>,
}

impl Leaving {
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
    /// Ends some of the messages whose time to live is over, and says how many. They are delivered no
    /// more, and stay in the history until they are pruned.
    pub fn expire_step(&mut self, now: u64) -> Result<usize, StoreError> {
        let find = format!(
            "SELECT {} FROM messages WHERE ended = 0 AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2",
            Leaving::COLUMNS
        );
        let done = self.relaxed(|store| {
            let leaving = store.leaving(&find, (sql(now), sql(STEP as u64)))?;
            for message in &leaving {
                store.end(message, ended::EXPIRED)?;
                for audience in message.audiences() {
                    mark_expired(&store.conn, audience, message.seq)?;
                }
            }
            // The newest of any topic: a pattern that looks at all topics sees it there.
            if let Some(seq) = store.newest_topic_message(&leaving)? {
                mark_expired(&store.conn, ANY_TOPIC, seq)?;
            }
            Ok(leaving.len())
        })?;
        if done == 0 {
            let next = schema::next_expiry(&self.conn)?;
            self.positions.next_expiry.store(next, Ordering::Release);
        }
        Ok(done)
    }

    /// Ends a message: its postings go where deliveries do not look, and it is written down for whom it was
    /// still waiting.
    fn end(&mut self, message: &Leaving, how: i64) -> Result<(), StoreError> {
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

    fn newest_topic_message(&self, leaving: &[Leaving]) -> Result<Option<Seq>, StoreError> {
        let mut kinds = HashMap::new();
        let mut newest = None;
        for message in leaving {
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

    /// Takes a message out of delivery for good and wipes its data. None: it is not there, or has been
    /// recalled before. `key` is released with it. Durable when this returns.
    pub fn wipe(&mut self, seq: Seq, key: Option<&IdempotencyKey>) -> Result<bool, StoreError> {
        let find = format!(
            "SELECT {} FROM messages WHERE seq = ?1 AND ended != ?2",
            Leaving::COLUMNS
        );
        self.transaction(|store| {
            let found = store.leaving(&find, (sql(seq), ended::RECALLED))?;
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

    /// Removes some messages that are too old, or while the file is too large, and says how many. A step
    /// removes more than `appended`, what came since the last one, so that it can not fall behind.
    pub fn prune_step(&mut self, now: u64, appended: usize) -> Result<usize, StoreError> {
        let count = sql(STEP.max(appended.saturating_mul(2)) as u64);
        match self.prune(now, count, true) {
            Err(StoreError::Damaged(_)) => self.prune_around_damage(now),
            pruned => pruned,
        }
    }

    /// Removes up to so many messages. `ended`: also those that are only kept for the history.
    pub fn prune(&mut self, now: u64, count: i64, ended: bool) -> Result<usize, StoreError> {
        let oldest = format!(
            "SELECT {} FROM messages WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            Leaving::COLUMNS
        );
        let used = self.bytes_used()?;
        if used > self.options.max_bytes {
            // Not more than it takes, as far as messages are of one size.
            let average = (used / self.messages.max(1)).max(1);
            let enough = (used - self.options.max_bytes) / average + 32;
            let count = count.min(sql(enough));
            let over = format!(
                "SELECT {} FROM messages WHERE ended > 0 ORDER BY seq LIMIT ?1",
                Leaving::COLUMNS
            );
            let over = match ended {
                true => self.leaving(&over, [count])?,
                false => Vec::new(),
            };
            if !over.is_empty() {
                return self.remove(&over, None);
            }
            let oldest = self.leaving(&oldest, (sql(self.pruned), count))?;
            return self.remove(&oldest, oldest.last().map(|message| message.seq));
        }
        let too_old = now.saturating_sub(milliseconds(self.options.max_age));
        if self.oldest_at()?.is_none_or(|at| at >= too_old) {
            return Ok(0);
        }
        let mut oldest = self.leaving(&oldest, (sql(self.pruned), count))?;
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

    /// Removes these messages. With `line`, they are the oldest of all, and the log remembers that
    /// everything up to there may be gone.
    fn remove(&mut self, leaving: &[Leaving], line: Option<Seq>) -> Result<usize, StoreError> {
        if leaving.is_empty() {
            return Ok(0);
        }
        let before = (self.messages, self.pruned);
        let result = self.relaxed(|store| {
            store.remove_rows(leaving)?;
            store.messages -= leaving.len() as u64;
            store.count_messages()?;
            match line {
                Some(line) => store.move_pruned_position(line, leaving),
                None => Ok(()),
            }
        });
        if result.is_err() {
            (self.messages, self.pruned) = before;
        }
        result.map(|()| leaving.len())
    }

    fn move_pruned_position(&mut self, line: Seq, leaving: &[Leaving]) -> Result<(), StoreError> {
        let topic = self.newest_topic_message(leaving)?;
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

    fn remove_rows(&mut self, leaving: &[Leaving]) -> Result<(), StoreError> {
        let conn = &self.conn;
        let mut lost: HashMap<i64, Seq> = HashMap::new();
        let mut message = conn.prepare_cached("DELETE FROM messages WHERE seq = ?1")?;
        for gone in leaving {
            message.execute([sql(gone.seq)])?;
            postings::remove(conn, ANY_TOPIC, gone.seq)?;
            for audience in gone.audiences() {
                match gone.ended {
                    ended::NOT => {
                        postings::remove(conn, audience, gone.seq)?;
                        let newest = lost.entry(audience).or_default();
                        *newest = gone.seq.max(*newest);
                    }
                    // What has expired was told as expired, and what was recalled is nobody's gap.
                    _ => postings::remove(conn, -audience, gone.seq)?,
                }
            }
        }
        for (audience, seq) in lost {
            mark_pruned(conn, audience, seq)?;
        }
        Ok(())
    }

    fn leaving(
        &self,
        find: &str,
        params: impl rusqlite::Params,
    ) -> Result<Vec<Leaving>, StoreError> {
        let mut find = self.conn.prepare_cached(find)?;
        let mut rows = find.query(params)?;
        let mut leaving = Vec::new();
        let mut posts = 0;
        while let Some(row) = rows.next()? {
            let message = Leaving::read(row)?;
            posts += message.several.len();
            leaving.push(message);
            // A message for ten thousand clients is a step of its own.
            if posts > STEP {
                break;
            }
        }
        Ok(leaving)
    }

    /// Writes down how many messages there are, so that nobody has to count them again.
    pub fn count_messages(&self) -> Result<(), StoreError> {
        self.conn
            .prepare_cached("UPDATE log SET counted = ?1, counted_to = ?2")?
            .execute((sql(self.messages), sql(self.head)))?;
        Ok(())
    }

    /// Removes some of the idempotency keys that are too old, and says how many.
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
