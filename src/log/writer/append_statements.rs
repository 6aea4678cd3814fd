//! Appends entries to the tables: messages, postings, keys, traces, and who has pushed them.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use rusqlite::{Connection, OptionalExtension};

use crate::log::{
    audiences::Audiences,
    audit_entry::PUSH,
    audit_rows::{AuditRows, CallerCache, NewRow, TargetRef},
    bulk_insert::BulkInsert,
    codes::{EVERYONE, sql},
    entry::{Digest, Entry, IdempotencyKey},
    error::StoreError,
    job_rows,
    kept_size::KeptSize,
    options::{LogOptions, milliseconds},
    postings::{self, Posting},
    reader::history::{self, Record},
    rows::{self, Decoder},
    update_rows,
};
use crate::{
    job::{Job, JobId},
    message::{Audience, Data, Message, Seq},
};

/// What became of an entry.
pub(super) enum Appended {
    /// It is a new message, tracked by a job if it was asked for.
    New(Arc<Message>, Option<Arc<Job>>),
    /// It was stored before, with the job that tracks it.
    Duplicate(Seq, Option<JobId>),
    /// Its idempotency key was used for another message.
    KeyReused(Seq),
    /// It would set the state of a topic, and no more topics may have one than these.
    StatesFull(KeptSize),
}

/// The statements of an append, prepared once for a commit.
pub(super) struct AppendStatements<'c> {
    conn: &'c Connection,
    /// The age in milliseconds at which keys expire.
    key_age: u64,
    /// Written together, because a statement costs as much as what it writes.
    messages: Vec<MessageRow>,
    /// Written after all messages.
    postings: Vec<Posting>,
    audit: AuditRows<'c>,
}

/// A message that is to be written, with the numbers of its audience: of a single one, or of several as a list.
struct MessageRow {
    message: Arc<Message>,
    audience: Option<i64>,
    audiences: Option<String>,
}

/// The numbers of names that the writer remembers.
type Names<'s> = (&'s mut Audiences, &'s mut CallerCache);

impl<'c> AppendStatements<'c> {
    pub fn new(conn: &'c Connection, options: &LogOptions) -> Self {
        Self {
            conn,
            key_age: milliseconds(options.key_age),
            messages: Vec::new(),
            postings: Vec::new(),
            audit: AuditRows::new(conn),
        }
    }

    /// Writes what is not written yet: messages, the indexes of all entries, and the audit trail.
    pub fn finish(mut self) -> rusqlite::Result<()> {
        self.write_messages()?;
        postings::write(self.conn, &mut self.postings)?;
        self.audit.finish()
    }

    /// Stores an entry, unless its idempotency key is in use.
    pub fn entry(
        &mut self,
        entry: &Entry,
        now: u64,
        head: &mut Seq,
        (audiences, callers): Names<'_>,
    ) -> Result<Appended, StoreError> {
        let (seq, at) = match entry.assigned.as_deref() {
            None => (*head + 1, now),
            Some(assigned) if assigned.seq <= *head => {
                return Ok(Appended::Duplicate(assigned.seq, None));
            }
            Some(assigned) => (assigned.seq, assigned.at),
        };
        if let Some((key, digest)) = entry.key.as_deref()
            && let Some(outcome) = self.claim(key, digest, seq, now)?
        {
            if let Appended::Duplicate(first, job) = &outcome {
                self.audit(entry, now, (*first, *job), callers)?;
            }
            return Ok(outcome);
        }
        if let Some(first) = self.earlier_update(entry)? {
            self.audit(entry, now, (first, None), callers)?;
            return Ok(Appended::Duplicate(first, None));
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

    /// The position of the same update with the same id, if it was stored before.
    fn earlier_update(&mut self, entry: &Entry) -> Result<Option<Seq>, StoreError> {
        let update = entry.draft.update.as_ref();
        let Some(id) = update.and_then(|update| update.id.as_ref()) else {
            return Ok(None);
        };
        // It may be one of those that are not written yet.
        self.write_messages()?;
        for seq in update_rows::with_id(self.conn, id)? {
            let record = history::record(self.conn, &mut Decoder::default(), seq, 0, 0)?;
            let is_same = |record: Record| {
                record.ended.is_none() && record.message.is_repeated_by(&entry.draft)
            };
            if record.is_some_and(is_same) {
                return Ok(Some(seq));
            }
        }
        Ok(None)
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
    ) -> Result<Option<Appended>, StoreError> {
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
                true => Appended::Duplicate(seq, job_rows::tracking_job(self.conn, seq)?),
                false => Appended::KeyReused(seq),
            }));
        }
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO keys (key, digest, seq, at) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((key.as_str(), digest, sql(seq), sql(now)))?;
        Ok(None)
    }

    fn insert(
        &mut self,
        message: &Arc<Message>,
        audiences: &mut Audiences,
    ) -> rusqlite::Result<()> {
        let mut several = None;
        let audience = match &message.audience {
            Audience::Everyone => Some(EVERYONE),
            Audience::Client(id) => Some(audiences.client(self.conn, id)?),
            Audience::Topic(topic) => {
                let id = audiences.topic(self.conn, topic)?;
                if let Some(update) = &message.update {
                    several = Some(update_rows::insert(
                        self.conn,
                        message.seq,
                        update,
                        audiences,
                    )?);
                }
                let has_alternates = several.as_ref().is_some_and(|ids| !ids.is_empty());
                let any = Posting::of_any_topic(message.seq, id, has_alternates);
                self.postings.push(any);
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
            self.postings.push(Posting::new(*id, message.seq));
        }
        self.messages.push(MessageRow {
            message: Arc::clone(message),
            audience,
            audiences: several.map(|ids| rows::list(&ids)),
        });
        Ok(())
    }

    fn write_messages(&mut self) -> rusqlite::Result<()> {
        static INSERT: OnceLock<BulkInsert> = OnceLock::new();
        let columns = [
            "seq",
            "at",
            "expires_at",
            "audience",
            "audiences",
            "event",
            "json",
            "data",
        ];
        let insert = INSERT.get_or_init(|| BulkInsert::into("messages", &columns));
        insert.write(self.conn, &self.messages, |insert, at, row| {
            let message = &row.message;
            let (json, data) = match &message.data {
                Data::Text(text) => (false, text),
                Data::Json(text) => (true, text),
            };
            insert.raw_bind_parameter(at, sql(message.seq))?;
            insert.raw_bind_parameter(at + 1, sql(message.at))?;
            insert.raw_bind_parameter(at + 2, message.expires_at.map(sql))?;
            insert.raw_bind_parameter(at + 3, row.audience)?;
            insert.raw_bind_parameter(at + 4, row.audiences.as_deref())?;
            let event = message.event.as_ref().map(|event| event.as_str());
            insert.raw_bind_parameter(at + 5, event)?;
            insert.raw_bind_parameter(at + 6, json)?;
            insert.raw_bind_parameter(at + 7, &**data)
        })?;
        self.messages.clear();
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
        update: draft.update.clone(),
        handling: draft.handling.clone(),
    }
}
