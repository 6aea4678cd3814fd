//! Prunes finished jobs that are older than the retention period, or while the file is too large. Running jobs are
//! kept.

use rusqlite::OptionalExtension;

use crate::job::JobId;
use crate::log::{
    codes::sql, error::StoreError, job_rows, options::milliseconds, saved_rows,
    writer::store::Store,
};

/// The approximate number of log lines removed in one step.
const STEP: u64 = 512;

impl Store {
    /// Removes some of the oldest finished job that is too old, or of the oldest one while the file is too large. Returns the
    /// job and whether it is gone now; none if there was nothing to remove.
    pub fn prune_jobs_step(&mut self, now: u64) -> Result<Option<(JobId, bool)>, StoreError> {
        let Some(oldest) = self.job_to_prune(now)? else {
            return Ok(None);
        };
        let gone = self.relaxed(|store| store.remove_job(oldest))?;
        Ok(Some((oldest, gone)))
    }

    /// The oldest finished job, if it is too old or if the file is too large: its log has been read, while a message may
    /// still be waiting for its recipient.
    pub fn job_to_prune(&self, now: u64) -> Result<Option<JobId>, StoreError> {
        let too_old = match self.bytes_used()? > self.options.max_bytes {
            true => u64::MAX,
            false => now.saturating_sub(milliseconds(self.options.max_age)),
        };
        let oldest: Option<String> = self
            .conn
            .prepare_cached(
                "SELECT id FROM jobs WHERE ended_at < ?1 ORDER BY ended_at, number LIMIT 1",
            )?
            .query_row([sql(too_old)], |row| row.get(0))
            .optional()?;
        Ok(oldest.as_deref().and_then(JobId::parse))
    }

    /// Removes a job in the current transaction. If it has many log lines, removes only the oldest of them. True if the job
    /// is gone now.
    pub fn remove_job(&mut self, id: JobId) -> Result<bool, StoreError> {
        let Some((number, job)) = job_rows::find(&self.conn, id)? else {
            return Ok(false);
        };
        let keep = job.log.first + STEP;
        let whole = job.log.last < keep;
        self.conn
            .prepare_cached("DELETE FROM job_lines WHERE job = ?1 AND line < ?2")?
            .execute((number, sql(keep)))?;
        if whole {
            saved_rows::remove_retry(&self.conn, id)?;
        }
        let rest = match whole {
            true => "DELETE FROM jobs WHERE number = ?1 AND ?2 IS NOT NULL",
            false => "UPDATE jobs SET first_line = ?2 WHERE number = ?1",
        };
        self.conn
            .prepare_cached(rest)?
            .execute((number, sql(keep)))?;
        Ok(whole)
    }
}
