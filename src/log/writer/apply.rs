//! Applies change sets to the file.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use rusqlite::{CachedStatement, Connection, OptionalExtension};

use crate::log::{
    audiences::Audiences,
    audit_entry::PUSH,
    audit_rows::{self, AuditRows, CallerCache, NewRow, TargetRef},
    change::{Change, ChangeSet},
    codes::{ANY_TOPIC, EVERYONE, sql},
    entry::{Digest, Entry, IdempotencyKey},
    error::StoreError,
    job_rows::{self, CommandOutcome},
    key_rows::{self, ChangedKey},
    options::{LogOptions, milliseconds},
    outcome::Recalled,
    person::StoredPerson,
    person_rows,
    postings::{self, Posting},
    rows, session_rows,
    token_rows::{self, Revocation},
    told_rows::Changed,
    writer::store::Store,
};
use crate::{
    job::{Job, JobId},
    message::{Audience, Data, Message, Seq},
};

/// What change sets have changed.
#[derive(Default)]
pub(in crate::log) struct Applied {
    /// The result of each change, in order.
    pub outcomes: Vec<ChangeOutcome>,
    /// The new messages, in order.
    pub messages: Vec<Arc<Message>>,
    /// Where the results of each change set end.
    pub ends: Vec<SetEnd>,
    /// The head when the last message was recalled; none if none was.
    pub recalled_at: Option<Seq>,
    /// Whether messages may have expired.
    has_expired: bool,
    /// Whether sessions were opened or closed.
    pub has_sessions: bool,
    /// The API keys that have changed, in order.
    pub changed_keys: Vec<ChangedKey>,
    /// Stream tokens that were revoked.
    pub revoked: Vec<Revocation>,
    /// The people that have changed, in order.
    pub changed_people: Vec<Changed<StoredPerson>>,
}

/// The end of a change set in the lists of [`Applied`], and the head of the log after it.
#[derive(Clone, Copy, Default)]
pub(in crate::log) struct SetEnd {
    pub outcomes: usize,
    pub messages: usize,
    pub head: Seq,
}

/// The result of a change.
pub(in crate::log) enum ChangeOutcome {
    /// A new message: its index in [`Applied::messages`], and the job that tracks it.
    New(usize, Option<Arc<Job>>),
    /// The message was stored before, with the job that tracks it.
    Duplicate(Seq, Option<JobId>),
    /// The key was used for another message.
    KeyReused(Seq),
    /// A job command was executed or refused.
    Job(CommandOutcome),
    /// A message was recalled. None if it does not exist or was recalled before.
    Recall(Option<Recalled>),
    /// Entries of the audit trail were written, of which the first has this number.
    Audited(Option<u64>),
    /// The change has no result that anyone waits for.
    Done,
}

impl Applied {
    /// The jobs that have changed, in order.
    pub fn changed_jobs(&self) -> impl Iterator<Item = &Arc<Job>> {
        self.outcomes.iter().filter_map(|outcome| match outcome {
            ChangeOutcome::New(_, job) => job.as_ref(),
            ChangeOutcome::Job(Ok((job, true))) => Some(job),
            _ => None,
        })
    }
}

impl Store {
    /// Applies change sets in one transaction, or nothing of them.
    pub fn apply(&mut self, sets: &[&ChangeSet]) -> Result<Applied, StoreError> {
        self.apply_with(sets, |_| Ok(()))
    }

    /// The same, with other work at the end of the transaction.
    pub fn apply_with(
        &mut self,
        sets: &[&ChangeSet],
        then: impl FnOnce(&Self) -> Result<(), StoreError>,
    ) -> Result<Applied, StoreError> {
        let before = (self.head, self.pruned, self.messages);
        let result = self.transaction(|store| {
            let mut applied = Applied::default();
            for set in sets {
                let same = |one: &Change, next: &Change| one.needs_rows() == next.needs_rows();
                for run in set.changes.chunk_by(same) {
                    store.apply_run(run, set.at, &mut applied)?;
                }
                applied.ends.push(SetEnd {
                    outcomes: applied.outcomes.len(),
                    messages: applied.messages.len(),
                    head: store.head,
                });
            }
            then(store)?;
            Ok(applied)
        });
        let Ok(applied) = &result else {
            (self.head, self.pruned, self.messages) = before;
            return result;
        };
        let expiries = applied.messages.iter().filter_map(|m| m.expires_at);
        if let Some(next) = expiries.min() {
            self.positions.next_expiry.fetch_min(next, Ordering::AcqRel);
        }
        if applied.has_expired {
            self.note_next_expiry()?;
        }
        result
    }

    /// Applies changes of which all need the rows of those before them, or none does.
    fn apply_run(
        &mut self,
        run: &[Change],
        at: u64,
        applied: &mut Applied,
    ) -> Result<(), StoreError> {
        if run.first().is_some_and(Change::needs_rows) {
            for change in run {
                let outcome = self.apply_to_rows(change, at, applied)?;
                applied.outcomes.push(outcome);
            }
            return Ok(());
        }
        let before = applied.messages.len();
        let mut put = AppendStatements::new(&self.conn, &self.options)?;
        for change in run {
            applied.outcomes.push(match change {
                Change::Append(entry) => {
                    match put.entry(
                        entry,
                        at,
                        &mut self.head,
                        (&mut self.audiences, &mut self.callers),
                    )? {
                        Appended::New(message, job) => {
                            applied.messages.push(message);
                            ChangeOutcome::New(applied.messages.len() - 1, job)
                        }
                        Appended::Not(outcome) => outcome,
                    }
                }
                Change::Job(command) => {
                    ChangeOutcome::Job(job_rows::execute(&self.conn, command, at)?)
                }
                // The others need rows.
                _ => ChangeOutcome::Done,
            });
        }
        put.finish()?;
        self.messages += (applied.messages.len() - before) as u64;
        Ok(())
    }

    fn apply_to_rows(
        &mut self,
        change: &Change,
        at: u64,
        applied: &mut Applied,
    ) -> Result<ChangeOutcome, StoreError> {
        match change {
            Change::Recall(recall) => {
                let recalled = self.recall(recall)?;
                if recalled.is_some() {
                    applied.recalled_at = Some(self.head);
                }
                return Ok(ChangeOutcome::Recall(recalled));
            }
            Change::Positions(updates) => {
                let clients = updates
                    .clients
                    .iter()
                    .map(|(client, update)| (client, update));
                self.put_updates(clients, &updates.counts)?;
            }
            Change::Expire(until) => {
                self.expire(*until, false)?;
                applied.has_expired = true;
            }
            Change::Prune(positions, line) => {
                let rows = self.rows_at(positions)?;
                self.remove_in_transaction(&rows, *line)?;
            }
            Change::PruneJob(id) => self.remove_job(*id)?,
            Change::Session(change) => {
                session_rows::apply(&self.conn, change, None, at)?;
                applied.has_sessions = true;
            }
            Change::Key(change) => {
                key_rows::apply(&self.conn, change, at, &mut applied.changed_keys)?;
            }
            Change::Person(change) => {
                person_rows::apply(&self.conn, change, at, &mut applied.changed_people)?;
                applied.has_sessions |= change.has_sessions();
            }
            Change::Token(change) => {
                applied
                    .revoked
                    .push(token_rows::apply(&self.conn, change, at)?);
            }
            Change::Audit(change) => {
                let first = audit_rows::apply(&self.conn, &mut self.callers, change, at)?;
                return Ok(ChangeOutcome::Audited(first));
            }
            Change::PruneAudit(line) => self.remove_audit(*line)?,
            Change::Append(_) | Change::Job(_) => {}
        }
        Ok(ChangeOutcome::Done)
    }
}

enum Appended {
    New(Arc<Message>, Option<Arc<Job>>),
    Not(ChangeOutcome),
}

/// The statements of an append, prepared once for a commit.
struct AppendStatements<'c> {
    conn: &'c Connection,
    /// The age in milliseconds at which keys expire.
    key_age: u64,
    message: CachedStatement<'c>,
    /// Written after all messages.
    postings: Vec<Posting>,
    audit: AuditRows<'c>,
}

/// The numbers of names that the writer remembers.
type Names<'s> = (&'s mut Audiences, &'s mut CallerCache);

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
            audit: AuditRows::new(conn)?,
        })
    }

    /// Writes the indexes of all entries.
    fn finish(mut self) -> rusqlite::Result<()> {
        postings::write(self.conn, &mut self.postings)?;
        self.audit.finish()
    }

    fn entry(
        &mut self,
        entry: &Entry,
        now: u64,
        head: &mut Seq,
        (audiences, callers): Names<'_>,
    ) -> Result<Appended, StoreError> {
        let (seq, at) = match entry.assigned.as_deref() {
            None => (*head + 1, now),
            Some(assigned) if assigned.seq <= *head => {
                return Ok(Appended::Not(ChangeOutcome::Duplicate(assigned.seq, None)));
            }
            Some(assigned) => (assigned.seq, assigned.at),
        };
        if let Some((key, digest)) = entry.key.as_deref()
            && let Some(outcome) = self.claim(key, digest, seq, now)?
        {
            if let ChangeOutcome::Duplicate(first, job) = &outcome {
                self.audit(entry, now, (*first, *job), callers)?;
            }
            return Ok(Appended::Not(outcome));
        }
        let message = Arc::new(message_of(entry, seq, at));
        self.insert(&message, audiences)?;
        if let Some(trace) = &entry.trace {
            self.conn
                .prepare_cached("INSERT OR REPLACE INTO traces (seq, parent) VALUES (?1, ?2)")?
                .execute((sql(seq), trace.as_str()))?;
        }
        let tracked = entry.tracked.as_deref();
        self.audit(entry, now, (seq, tracked.map(|job| job.id)), callers)?;
        let job =
            tracked.map(|tracked| job_rows::insert_tracking_job(self.conn, tracked, &message, now));
        *head = seq;
        Ok(Appended::New(message, job.transpose()?.map(Arc::new)))
    }

    /// Writes who has pushed a message, and the job that tracks it.
    fn audit(
        &mut self,
        entry: &Entry,
        at: u64,
        (seq, job): (Seq, Option<JobId>),
        callers: &mut CallerCache,
    ) -> rusqlite::Result<()> {
        let Some(source) = &entry.source else {
            return Ok(());
        };
        let row = NewRow {
            at,
            source,
            action: PUSH,
            target: Some(TargetRef::Audience(&entry.draft.audience)),
            error: None,
            message: Some(seq),
            job,
            count: 1,
        };
        self.audit.add(callers, &row).map(drop)
    }

    /// Stores a key for a new message. If the key is in use, returns the result of this entry.
    fn claim(
        &self,
        key: &IdempotencyKey,
        digest: &Digest,
        seq: Seq,
        now: u64,
    ) -> Result<Option<ChangeOutcome>, StoreError> {
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
                true => ChangeOutcome::Duplicate(seq, job_rows::tracking_job(self.conn, seq)?),
                false => ChangeOutcome::KeyReused(seq),
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
            several.map(|ids| rows::list(&ids)),
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
