//! The rows of jobs: reading, inserting and updating.

use std::{sync::Arc, time::Duration};

use rusqlite::{Connection, OptionalExtension, Row};

use crate::log::{
    codes::sql,
    error::{ReadError, StoreError},
    rows::{list, parse_list},
    saved_rows,
};
use crate::{
    job::{Extent, Job, JobCommand, JobId, Reason, Refused, State, TrackedPush},
    message::{Message, Receipts, Seq},
};

/// The columns that [`job`] reads, in this order.
pub(super) const COLUMNS: &str = "id, title, state, reason, step, total, message, cancel_requested, timeout, created_at, \
     updated_at, ended_at, first_line, last_line, push, delivery, \
     EXISTS (SELECT 1 FROM saved WHERE saved.id = jobs.id AND saved.kind = 3)";

/// The index of the column after them.
pub(super) const NEXT: usize = 17;

/// The result of a command: the job after it, and whether it has changed.
pub(super) type CommandOutcome = Result<(Arc<Job>, bool), Refused>;

/// Decodes a row.
pub(super) fn job(row: &Row<'_>) -> Result<Job, ReadError> {
    let text = |column| row.get::<_, Option<String>>(column);
    let id: String = row.get(0)?;
    let id = JobId::parse(&id).ok_or_else(|| ReadError::Invalid(format!("job {id:?}")))?;
    let delivery = text(15)?.as_deref().map(parse_receipts).transpose()?;
    Ok(Job {
        id,
        title: row.get::<_, String>(1)?.into(),
        state: coded(&State::ALL, row.get(2)?)?,
        reason: match row.get::<_, Option<usize>>(3)? {
            Some(code) => Some(coded(&Reason::ALL, code)?),
            None => None,
        },
        step: row.get(4)?,
        total: row.get(5)?,
        message: text(6)?.map(Arc::from),
        cancel_requested: row.get(7)?,
        timeout: row.get::<_, Option<u64>>(8)?.map(Duration::from_secs),
        created_at: row.get(9)?,
        updated_at: row.get(10)?,
        ended_at: row.get(11)?,
        log: Extent {
            first: row.get(12)?,
            last: row.get(13)?,
        },
        push: row.get(14)?,
        delivery,
        has_retry: row.get(16)?,
    })
}

/// Finds a job, and its row number.
pub(super) fn find(conn: &Connection, id: JobId) -> Result<Option<(i64, Job)>, ReadError> {
    let find = format!("SELECT {COLUMNS}, number FROM jobs WHERE id = ?1");
    let mut find = conn.prepare_cached(&find)?;
    let mut rows = find.query([id.to_string()])?;
    match rows.next()? {
        Some(row) => Ok(Some((row.get(NEXT)?, job(row)?))),
        None => Ok(None),
    }
}

/// The job that tracks a message.
pub(super) fn tracking_job(conn: &Connection, push: Seq) -> rusqlite::Result<Option<JobId>> {
    let id: Option<String> = conn
        .prepare_cached("SELECT id FROM jobs WHERE push = ?1")?
        .query_row([sql(push)], |row| row.get(0))
        .optional()?;
    Ok(id.as_deref().and_then(JobId::parse))
}

/// Executes a command in the current transaction.
pub(super) fn execute(
    conn: &Connection,
    command: &JobCommand,
    now: u64,
) -> Result<CommandOutcome, StoreError> {
    let (number, job) = match (find(conn, command.id())?, command) {
        (Some(found), _) => found,
        (None, JobCommand::Begin(new)) => {
            let job = Job::new(new, now);
            insert(conn, &job)?;
            if let Some(retry) = &new.retry {
                saved_rows::put_retry(conn, job.id, retry, now)?;
            }
            return Ok(Ok((Arc::new(job), true)));
        }
        (None, _) => return Ok(Err(Refused::Unknown(command.id()))),
    };
    let change = match job.change(command, now) {
        Ok(Some(change)) => change,
        Ok(None) => return Ok(Ok((Arc::new(job), false))),
        Err(refused) => return Ok(Err(refused)),
    };
    update(conn, number, &change.job)?;
    if let Some(retry) = change.retry {
        saved_rows::put_retry(conn, job.id, retry, now)?;
    }
    let mut insert =
        conn.prepare_cached("INSERT INTO job_lines (job, line, at, text) VALUES (?1, ?2, ?3, ?4)")?;
    for (line, text) in (job.log.last + 1..).zip(change.lines) {
        insert.execute((number, sql(line), sql(now), &**text))?;
    }
    if change.job.log.first > job.log.first {
        conn.prepare_cached("DELETE FROM job_lines WHERE job = ?1 AND line < ?2")?
            .execute((number, sql(change.job.log.first)))?;
    }
    Ok(Ok((Arc::new(change.job), true)))
}

/// Creates the job that tracks a message, in the transaction that appends the message.
pub(super) fn insert_tracking_job(
    conn: &Connection,
    tracked: &TrackedPush,
    message: &Message,
    now: u64,
) -> rusqlite::Result<Job> {
    // The subscribers of a topic are not known here.
    let planned = message.audience.named().len() as u64;
    let job = Job::tracking(tracked, message.seq, planned, now);
    insert(conn, &job)?;
    Ok(job)
}

fn insert(conn: &Connection, job: &Job) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO jobs (id, title, state, step, total, cancel_requested, timeout, created_at, \
         updated_at, first_line, last_line, push, delivery) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?
    .execute((
        job.id.to_string(),
        &*job.title,
        code(&State::ALL, &job.state),
        sql(job.step),
        job.total.map(sql),
        job.cancel_requested,
        job.timeout.map(|timeout| sql(timeout.as_secs())),
        sql(job.created_at),
        sql(job.updated_at),
        sql(job.log.first),
        sql(job.log.last),
        job.push.map(sql),
        job.delivery.map(receipts),
    ))?;
    Ok(())
}

fn update(conn: &Connection, number: i64, job: &Job) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE jobs SET state = ?2, reason = ?3, step = ?4, total = ?5, message = ?6, cancel_requested = ?7, \
         updated_at = ?8, ended_at = ?9, first_line = ?10, last_line = ?11, delivery = ?12 WHERE number = ?1",
    )?
    .execute((
        number,
        code(&State::ALL, &job.state),
        job.reason.map(|reason| code(&Reason::ALL, &reason)),
        sql(job.step),
        job.total.map(sql),
        job.message.as_deref(),
        job.cancel_requested,
        sql(job.updated_at),
        job.ended_at.map(sql),
        sql(job.log.first),
        sql(job.log.last),
        job.delivery.map(receipts),
    ))?;
    Ok(())
}

/// The number of a value in the file: its index in the list of all values.
pub(super) fn code<T: PartialEq>(all: &[T], word: &T) -> Option<usize> {
    all.iter().position(|other| other == word)
}

pub(super) fn coded<T: Copy>(all: &[T], code: usize) -> Result<T, ReadError> {
    let word = all.get(code).copied();
    word.ok_or_else(|| ReadError::Invalid(format!("job state or reason {code}")))
}

fn receipts(receipts: Receipts) -> String {
    list(&receipts.to_counts().map(sql))
}

fn parse_receipts(text: &str) -> Result<Receipts, ReadError> {
    let counts: Vec<u64> = parse_list(text)
        .into_iter()
        .map(i64::unsigned_abs)
        .collect();
    let counts = counts.try_into();
    let invalid = |_| ReadError::Invalid(format!("receipts {text:?}"));
    Ok(Receipts::from_counts(counts.map_err(invalid)?))
}
