//! Prunes the audit trail: entries that are too old, and the oldest while there are too many.

use crate::log::{
    audit_codes::{block, start_of},
    audit_packs,
    codes::sql,
    error::StoreError,
    options::milliseconds,
    writer::store::Store,
};

/// Rows of the table of targets that are removed in one step.
const STEP: u64 = 4096;

/// The part of the file that the audit trail may take. Otherwise messages would be removed to make room for it.
const PART: u64 = 4;

/// About the bytes of an entry and of a row in the table of targets, as measured.
const ENTRY: u64 = 64;
const TARGET: u64 = 20;

impl Store {
    /// Removes some entries. True if there may be more to remove.
    pub fn prune_audit_step(&mut self, now: u64) -> Result<bool, StoreError> {
        let Some(line) = self.audit_to_prune(now)? else {
            return Ok(false);
        };
        self.relaxed(|store| store.remove_audit(line))?;
        Ok(true)
    }

    /// The number of the newest entry to remove. None if there is nothing to remove.
    pub fn audit_to_prune(&self, now: u64) -> Result<Option<u64>, StoreError> {
        let Some((oldest, newest)) = audit_packs::bounds(&self.conn)? else {
            return Ok(None);
        };
        let too_old = now.saturating_sub(milliseconds(self.options.audit_age));
        let targets: u64 = self
            .conn
            .prepare_cached("SELECT coalesce(sum(targets), 0) FROM audit_sizes")?
            .query_row([], |row| row.get(0))?;
        let most = (self.options.max_bytes / PART).saturating_sub(targets * TARGET) / ENTRY;
        let too_many = newest.saturating_sub(most);
        // Only what is left of removed blocks shows how much there is of the others.
        let rest = "SELECT EXISTS (SELECT 1 FROM audit_targets WHERE block < ?1)";
        let has_rest: bool = self
            .conn
            .prepare_cached(rest)?
            .query_row([sql(block(oldest))], |row| row.get(0))?;
        if has_rest {
            return Ok(Some(oldest - 1));
        }
        // A block at a time. The newest entry stays: see below.
        let end = start_of(block(oldest) + 1) - 1;
        let last = newest.saturating_sub(1).min(end);
        let aged: Option<u64> = self
            .conn
            .prepare_cached(
                "SELECT max(number) FROM (
                    SELECT max(number) AS number FROM audit WHERE number <= ?1 AND at < ?2
                    UNION ALL
                    SELECT min(?1, max(last)) FROM audit_packs WHERE first <= ?1 AND at < ?2)",
            )?
            .query_row((sql(last), sql(too_old)), |row| row.get(0))?;
        let line = aged.max(Some(too_many.min(last)));
        Ok(line.filter(|line| *line >= oldest))
    }

    /// Removes entries up to this number in the current transaction, and some of what refers to them. The newest entry
    /// stays, so that no number is used twice.
    pub fn remove_audit(&mut self, line: u64) -> Result<(), StoreError> {
        let conn = &self.conn;
        let newest = audit_packs::bounds(conn)?.map_or(0, |(_, newest)| newest);
        let line = line.min(newest.saturating_sub(1));
        audit_packs::remove(conn, line)?;
        conn.prepare_cached("DELETE FROM audit WHERE number <= ?1")?
            .execute([sql(line)])?;
        let first = sql(block(line + 1));
        conn.prepare_cached(
            "DELETE FROM audit_targets WHERE (block, target, number) IN
             (SELECT block, target, number FROM audit_targets WHERE block < ?1 LIMIT ?2)",
        )?
        .execute((first, sql(STEP)))?;
        conn.prepare_cached(
            "DELETE FROM audit_sizes WHERE block < ?1 AND NOT EXISTS
             (SELECT 1 FROM audit_targets t WHERE t.block = audit_sizes.block)",
        )?
        .execute([first])?;
        let gone = conn
            .prepare_cached("DELETE FROM audit_blocks WHERE block < ?1")?
            .execute([first])?;
        if gone > 0 {
            conn.prepare_cached(
                "DELETE FROM audit_callers WHERE id NOT IN (SELECT caller FROM audit_blocks)",
            )?
            .execute([])?;
            self.callers.clear();
        }
        Ok(())
    }
}
