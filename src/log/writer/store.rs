//! The transactions of the writer.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use rusqlite::{CachedStatement, Connection, OptionalExtension};

use crate::log::{
    audiences::Audiences,
    codes::{ANY_TOPIC, EVERYONE, sql},
    entry::{Digest, Entry, IdempotencyKey},
    error::StoreError,
    job_rows::{self, CommandOutcome},
    options::{Durability, LogOptions, milliseconds},
    positions::Positions,
    postings::{self, Posting},
    schema::Opened,
};
use crate::{
    job::{Job, JobCommand, JobId},
    message::{Audience, Data, Message, Seq},
};

/// The connection of the writer, with the state that it caches.
pub(in crate::log) struct Store {
    pub conn: Connection,
    pub options: LogOptions,
    pub audiences: Audiences,
    /// The newest position that was assigned and committed.
    pub head: Seq,
    /// Messages up to here may be missing.
    pub pruned: Seq,
    /// The number of messages.
    pub messages: u64,
    /// Pending updates of client positions.
    pub positions: Arc<Positions>,
}

/// The result of a commit.
#[derive(Default)]
pub(in crate::log) struct Committed {
    /// The new messages, in order.
    pub messages: Vec<Arc<Message>>,
    /// The result of each entry.
    pub outcomes: Vec<EntryOutcome>,
    /// New jobs that track the new messages.
    pub tracking_jobs: Vec<Arc<Job>>,
    /// The result of each job command.
    pub commands: Vec<CommandOutcome>,
}

/// The result of an entry.
#[derive(Clone, Copy)]
pub(in crate::log) enum EntryOutcome {
    /// It is the next of the new messages, with the job that tracks it.
    New(Option<JobId>),
    /// It was stored before, with the job that tracks it.
    Duplicate(Seq, Option<JobId>),
    /// Its key was used for another message.
    KeyReused(Seq),
}

impl Store {
    pub fn new(opened: Opened, options: LogOptions, positions: Arc<Positions>) -> Self {
        Self {
            conn: opened.conn,
            options,
            audiences: Audiences::default(),
            head: opened.head,
            pruned: opened.pruned,
            messages: opened.messages,
            positions,
        }
    }

    /// Stores all entries and executes all commands in one transaction, or none.
    pub fn append(
        &mut self,
        entries: &[&Entry],
        commands: &[&JobCommand],
        now: u64,
    ) -> Result<Committed, StoreError> {
        let mut head = self.head;
        let committed = self.transaction(|store| {
            let mut put = AppendStatements::new(&store.conn, &store.options)?;
            let mut committed = Committed::default();
            for entry in entries {
                let outcome = put.entry(entry, now, &mut head, &mut store.audiences)?;
                committed.outcomes.push(match outcome {
                    Appended::New(message, job) => {
                        let id = job.as_ref().map(|job| job.id);
                        committed.messages.push(message);
                        committed.tracking_jobs.extend(job);
                        EntryOutcome::New(id)
                    }
                    Appended::Not(outcome) => outcome,
                });
            }
            postings::write(&store.conn, &mut put.postings)?;
            for command in commands {
                let outcome = job_rows::execute(&store.conn, command, now)?;
                committed.commands.push(outcome);
            }
            Ok(committed)
        })?;
        self.head = head;
        self.messages += committed.messages.len() as u64;
        let expiries = committed.messages.iter().filter_map(|m| m.expires_at);
        if let Some(next) = expiries.min() {
            self.positions.next_expiry.fetch_min(next, Ordering::AcqRel);
        }
        Ok(committed)
    }

    /// Runs a transaction. It is durable when this returns, if the log is.
    pub fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let result = work(self).and_then(|value| {
            self.conn.prepare_cached("COMMIT")?.execute([])?;
            Ok(value)
        });
        if result.is_err() {
            // Numbers that were assigned in the failed transaction are not in the file.
            self.audiences.clear();
            if !self.conn.is_autocommit() {
                self.conn.execute_batch("ROLLBACK")?;
            }
        }
        result
    }

    /// Runs a transaction that power loss may undo, but only together with all later ones. For work that can be
    /// repeated.
    pub fn relaxed<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.options.durability == Durability::Os {
            return self.transaction(work);
        }
        self.conn.execute_batch("PRAGMA synchronous = NORMAL")?;
        let result = self.transaction(work);
        self.conn.execute_batch("PRAGMA synchronous = FULL")?;
        result
    }
}

enum Appended {
    New(Arc<Message>, Option<Arc<Job>>),
    Not(EntryOutcome),
}

/// The statements of an append, prepared once for a commit.
struct AppendStatements<'c> {
    conn: &'c Connection,
    /// The age in milliseconds at which keys expire.
    key_age: u64,
    message: CachedStatement<'c>,
    /// Written after all messages.
    postings: Vec<Posting>,
}

impl<'c> AppendStatements<'c> {
    fn new(conn: &'c Connection, options: &LogOptions) -> rusqlite::Result<Self> {
        Ok(Self {
            conn,
            key_age: milliseconds(options.key_age),
            message: conn.prepare_cached(
                "INSERT INTO messages (seq, at, expires_at, audience, audiences, event, json, data)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?,
            postings: Vec::new(),
        })
    }

    fn entry(
        &mut self,
        entry: &Entry,
        now: u64,
        head: &mut Seq,
        audiences: &mut Audiences,
    ) -> Result<Appended, StoreError> {
        let (seq, at) = match entry.assigned {
            None => (*head + 1, now),
            Some(assigned) if assigned.seq <= *head => {
                return Ok(Appended::Not(EntryOutcome::Duplicate(assigned.seq, None)));
            }
            Some(assigned) => (assigned.seq, assigned.at),
        };
        if let Some((key, digest)) = entry.key.as_deref()
            && let Some(outcome) = self.claim(key, digest, seq, now)?
        {
            return Ok(Appended::Not(outcome));
        }
        let message = Arc::new(message_of(entry, seq, at));
        self.insert(&message, audiences)?;
        let tracked = entry.tracked.as_deref();
        let job =
            tracked.map(|tracked| job_rows::insert_tracking_job(self.conn, tracked, &message, now));
        *head = seq;
        Ok(Appended::New(message, job.transpose()?.map(Arc::new)))
    }

    /// Stores a key for a new message. If the key is in use, returns the result of this entry.
    fn claim(
        &self,
        key: &IdempotencyKey,
        digest: &Digest,
        seq: Seq,
        now: u64,
    ) -> Result<Option<EntryOutcome>, StoreError> {
        // An expired key does not count, even if it was not removed yet.
        let find = "SELECT digest, seq FROM keys WHERE key = ?1 AND at > ?2";
        let too_old = now.saturating_sub(self.key_age);
        let found: Option<(Digest, Seq)> = self
            .conn
            .prepare_cached(find)?
            .query_row((key.as_str(), sql(too_old)), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        if let Some((first, seq)) = found {
            return Ok(Some(match first == *digest {
                true => EntryOutcome::Duplicate(seq, job_rows::tracking_job(self.conn, seq)?),
                false => EntryOutcome::KeyReused(seq),
            }));
        }
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO keys (key, digest, seq, at) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((key.as_str(), digest, sql(seq), sql(now)))?;
        Ok(None)
    }

    fn insert(&mut self, message: &Message, audiences: &mut Audiences) -> rusqlite::Result<()> {
        let mut several = None;
        let audience = match &message.audience {
            Audience::Everyone => Some(EVERYONE),
            Audience::Client(id) => Some(audiences.client(self.conn, id)?),
            Audience::Topic(topic) => {
                let id = audiences.topic(self.conn, topic)?;
                self.postings
                    .push(Posting::new(ANY_TOPIC, message.seq, Some(id)));
                Some(id)
            }
            Audience::Clients(ids) => {
                let ids: Result<Vec<i64>, _> = ids
                    .iter()
                    .map(|id| audiences.client(self.conn, id))
                    .collect();
                several = Some(ids?);
                None
            }
        };
        for id in audience.iter().chain(several.iter().flatten()) {
            self.postings.push(Posting::new(*id, message.seq, None));
        }
        let (json, data) = match &message.data {
            Data::Text(text) => (false, text),
            Data::Json(text) => (true, text),
        };
        self.message.execute((
            sql(message.seq),
            sql(message.at),
            message.expires_at.map(sql),
            audience,
            several.map(|ids| crate::log::rows::list(&ids)),
            message.event.as_ref().map(|event| event.as_str()),
            json,
            &**data,
        ))?;
        Ok(())
    }
}

fn message_of(entry: &Entry, seq: Seq, at: u64) -> Message {
    let draft = &entry.draft;
    let expiry = |ttl: Duration| at.saturating_add(milliseconds(ttl)).min(i64::MAX as u64);
    Message {
        seq,
        at,
        expires_at: draft.ttl.map(expiry),
        audience: draft.audience.clone(),
        event: draft.event.clone(),
        data: draft.data.clone(),
    }
}
