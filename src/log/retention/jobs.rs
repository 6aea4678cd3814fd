//! Prunes finished jobs that are older than the retention period, or while the file is too large. Running jobs are
//! kept.

use rusqlite::OptionalExtension;

use crate::log::{codes::sql, error::StoreError, options::milliseconds, writer::store::Store};

/// The approximate number of log lines removed in one step.
const STEP: u64 = 512;

impl Store {
    /// Removes some finished jobs that are too old. While the file is too large, removes the oldest finished job: its
    /// log has been read, while a message may still be waiting for its recipient. True if something was removed and
    /// there may be more.
    pub fn prune_jobs_step(&mut self, now: u64) -> Result<bool, StoreError> {
        let too_old = match self.bytes_used()? > self.options.max_bytes {
            true => u64::MAX,
            false => now.saturating_sub(milliseconds(self.options.max_age)),
        };
        let oldest: Option<(i64, u64, u64)> = self
            .conn
            .prepare_cached(
                "SELECT number, first_line, last_line FROM jobs WHERE ended_at < ?1 ORDER BY ended_at LIMIT 1",
            )?
            .query_row([sql(too_old)], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        let Some((number, first, last)) = oldest else {
            return Ok(false);
        };
        let keep = first + STEP;
        self.relaxed(|store| {
            store
                .conn
                .prepare_cached("DELETE FROM job_lines WHERE job = ?1 AND line < ?2")?
                .execute((number, sql(keep)))?;
            let rest = match last < keep {
                true => "DELETE FROM jobs WHERE number = ?1 AND ?2 IS NOT NULL",
                false => "UPDATE jobs SET first_line = ?2 WHERE number = ?1",
            };
            store
                .conn
                .prepare_cached(rest)?
                .execute((number, sql(keep)))?;
            Ok(true)
        })
    }
}
