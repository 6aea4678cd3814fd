//! Jobs. The writer stores them beside the messages, in the same commits.

use std::{ops::RangeInclusive, sync::Arc};

use rusqlite::{Connection, Row};

use crate::job::{Extent, Job, JobCommand, JobId, Line, State};
use crate::log::{
    Log, ReadError,
    change::Change,
    codes::sql,
    error::{AppendError, JobCommandError},
    job_rows::{self, COLUMNS, NEXT},
    job_tail::JobTail,
    saved_rows,
    writer::reply::channel,
    writer::task::{ChangeTask, Task},
};

/// The maximum size in bytes of a page of log lines. A single line may be larger.
const PAGE_BYTES: usize = 256 << 10;

/// The number of the newest jobs that are searched for a text.
const SEARCHED: i64 = 10_000;
/// The maximum number of jobs that are measured.
pub const MEASURED: u64 = 10_000;

/// A job that has ended. Times are in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedJob {
    /// Its final state.
    pub state: State,
    /// When it began.
    pub created_at: u64,
    /// When it ended.
    pub ended_at: u64,
}

/// Jobs, newest first.
#[derive(Clone, Debug, Default)]
pub struct JobPage {
    /// The jobs of this page.
    pub jobs: Vec<Job>,
    /// Where the next page begins. None if this is the last page.
    pub next: Option<u64>,
}

/// Log lines of a job, in execute.
#[derive(Clone, Debug)]
pub struct LinePage {
    /// The lines of this page.
    pub lines: Vec<Line>,
    /// The range of lines that the log contains.
    pub log: Extent,
}

/// Which log lines of a job to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineRange {
    /// The lines after this one.
    After(u64),
    /// The last lines before this one.
    Before(u64),
}

impl Log {
    /// Sets the function that receives every change of a job from now on. Returns the jobs that were running when the
    /// log was opened. Call it once, before the first command.
    pub fn set_job_tail(&self, tail: JobTail) -> Vec<Arc<Job>> {
        // A second tail would not receive the changes that the first one received.
        let first = self.shared.job_tail.set(tail).is_ok();
        debug_assert!(first, "a log has one tail for its jobs");
        std::mem::take(&mut *self.shared.running.lock())
    }

    /// Executes a command. When this returns, the change is durable and the tail has received it. If the future is
    /// dropped earlier, the command may still be executed.
    pub async fn execute(&self, command: JobCommand) -> Result<Arc<Job>, JobCommandError> {
        let (sender, receiver) = channel();
        let mut waiting = Some((command, sender));
        loop {
            let weight = waiting.as_ref().map_or(0, |(command, _)| command.weight());
            self.shared.queue.push(1, weight, || {
                let (command, sender) = waiting.take()?;
                let answer = Box::new(move |outcome| sender.send(outcome));
                Some(Task::Change(ChangeTask::Job(command, answer)))
            });
            if waiting.is_none() {
                break;
            }
            self.wait_for_space().await;
        }
        let lost = Err(AppendError::Failed.into());
        receiver.await.unwrap_or(lost)
    }

    /// One job. None if it does not exist or was pruned.
    pub fn job(&self, id: JobId) -> Result<Option<Job>, ReadError> {
        self.query(|conn| Ok(job_rows::find(conn, id)?.map(|(_, job)| job)))
    }

    /// Jobs in this state, or in any state, newest first, created before `before`. With a text, those of the newest
    /// [`SEARCHED`] whose title contains it, or whose id begins with it; letters of ASCII count alike in both cases.
    pub fn jobs(
        &self,
        state: Option<State>,
        text: Option<&str>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<JobPage, ReadError> {
        let which = match state {
            Some(_) => "state = ?3 AND number < ?1",
            None => "number < ?1 AND ?3 IS NULL",
        };
        let found = match text {
            Some(_) => {
                "number > (SELECT ifnull(max(number), 0) FROM jobs) - ?5
                 AND (instr(lower(title), ?4) > 0 OR instr(id, ?4) = 1)"
            }
            None => "?4 IS NULL AND ?5 IS NOT NULL",
        };
        let find = format!(
            "SELECT {COLUMNS}, number FROM jobs WHERE {which} AND {found} ORDER BY number DESC LIMIT ?2"
        );
        let text = text.map(str::to_ascii_lowercase);
        let state = state.and_then(|state| job_rows::code(&State::ALL, &state));
        let before = before.map_or(i64::MAX, sql);
        self.query(|conn| {
            let mut find = conn.prepare_cached(&find)?;
            let mut rows = find.query((before, sql(limit as u64 + 1), state, &text, SEARCHED))?;
            let mut page = JobPage::default();
            let mut last = 0;
            while let Some(row) = rows.next()? {
                if page.jobs.len() == limit {
                    page.next = Some(last);
                    break;
                }
                last = row.get(NEXT)?;
                page.jobs.push(job_rows::job(row)?);
            }
            Ok(page)
        })
    }

    /// The push that tries a job again, as JSON. None if the worker has not said how.
    pub fn job_retry(&self, id: JobId) -> Result<Option<String>, ReadError> {
        self.query(|conn| Ok(saved_rows::retry(conn, id)?))
    }

    /// Jobs that ended at this time or later, the newest 10,000 of them.
    pub fn ended_jobs(&self, since: u64) -> Result<Vec<EndedJob>, ReadError> {
        self.query(|conn| {
            let mut find = conn.prepare_cached(
                "SELECT state, created_at, ended_at FROM jobs WHERE ended_at >= ?1 ORDER BY ended_at DESC LIMIT ?2",
            )?;
            let mut rows = find.query((sql(since), sql(MEASURED)))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(EndedJob {
                    state: job_rows::coded(&State::ALL, row.get(0)?)?,
                    created_at: row.get(1)?,
                    ended_at: row.get(2)?,
                });
            }
            Ok(found)
        })
    }

    /// Up to `limit` jobs that ended in one of these states up to this time, oldest first.
    pub fn jobs_to_clear(
        &self,
        states: &[State],
        until: u64,
        limit: u64,
    ) -> Result<Vec<JobId>, ReadError> {
        self.query(|conn| {
            let mut find = conn.prepare_cached(
                "SELECT id FROM jobs WHERE ended_at <= ?1 AND state = ?2 ORDER BY number LIMIT ?3",
            )?;
            let mut found = Vec::new();
            for state in states {
                let left = limit - found.len() as u64;
                let state = job_rows::code(&State::ALL, state);
                let mut rows = find.query((sql(until), state, sql(left)))?;
                while let Some(row) = rows.next()? {
                    found.extend(JobId::parse(&row.get::<_, String>(0)?));
                }
            }
            Ok(found)
        })
    }

    /// Removes jobs that have ended, or of each with a long log its oldest lines. It is durable when this returns.
    pub async fn clear_jobs(&self, ids: &[JobId]) -> Result<(), AppendError> {
        // Together, so that few commits do it.
        let removals = ids.iter().map(|id| self.change(Change::PruneJob(*id)));
        let results = futures_util::future::join_all(removals).await;
        results.into_iter().collect()
    }

    /// Log lines of a job. None if the job does not exist. A page may have fewer lines than `limit` if lines are long.
    pub fn job_lines(
        &self,
        id: JobId,
        range: LineRange,
        limit: usize,
    ) -> Result<Option<LinePage>, ReadError> {
        self.query(|conn| {
            let Some((number, job)) = job_rows::find(conn, id)? else {
                return Ok(None);
            };
            let log = job.log;
            let most = limit as u64;
            let lines = match range {
                LineRange::After(after) => {
                    let first = log.first.max(after.saturating_add(1));
                    read_lines(conn, number, first..=log.last, limit)?
                }
                LineRange::Before(before) => {
                    let last = log.last.min(before.saturating_sub(1));
                    let first = log.first.max((last + 1).saturating_sub(most));
                    read_lines(conn, number, first..=last, limit)?
                }
            };
            Ok(Some(LinePage { lines, log }))
        })
    }
}

fn read_lines(
    conn: &Connection,
    job: i64,
    lines: RangeInclusive<u64>,
    limit: usize,
) -> Result<Vec<Line>, ReadError> {
    let mut find = conn.prepare_cached(
        "SELECT line, at, text FROM job_lines WHERE job = ?1 AND line >= ?2 AND line <= ?3 ORDER BY line LIMIT ?4",
    )?;
    let params = (
        job,
        sql(*lines.start()),
        sql(*lines.end()),
        sql(limit as u64),
    );
    let mut rows = find.query(params)?;
    let (mut found, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let line = line(row)?;
        bytes += line.text.len();
        found.push(line);
        if bytes >= PAGE_BYTES {
            break;
        }
    }
    Ok(found)
}

fn line(row: &Row<'_>) -> rusqlite::Result<Line> {
    Ok(Line {
        number: row.get(0)?,
        at: row.get(1)?,
        text: row.get::<_, String>(2)?.into(),
    })
}
