//! Prunes events of webhooks: those that are too old, and the oldest while there are too many.

use rusqlite::OptionalExtension;

use crate::log::{
    codes::sql, error::StoreError, hook::HookChange, hook_rows::ChangedHook, options::milliseconds,
    writer::store::Store,
};

/// Events that are removed in one step.
const STEP: u64 = 1024;

/// How many events are kept at most.
const MOST: u64 = 1_000_000;

impl Store {
    /// Removes some events. True if there may be more to remove; and the hooks that have lost some.
    pub fn prune_hook_events_step(
        &mut self,
        now: u64,
    ) -> Result<(bool, Vec<ChangedHook>), StoreError> {
        let Some(line) = self.hook_events_to_prune(now)? else {
            return Ok((false, Vec::new()));
        };
        let changed = self.relaxed(|store| store.apply_hook(&HookChange::Prune(line), now))?;
        Ok((true, changed))
    }

    /// The number of the newest event to remove. None if there is nothing to remove.
    pub fn hook_events_to_prune(&self, now: u64) -> Result<Option<u64>, StoreError> {
        let bounds =
            "SELECT (SELECT min(seq) FROM hook_events), (SELECT max(seq) FROM hook_events)";
        let bounds: (Option<u64>, Option<u64>) = self
            .conn
            .prepare_cached(bounds)?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (Some(oldest), Some(newest)) = bounds else {
            return Ok(None);
        };
        let too_old = now.saturating_sub(milliseconds(self.options.hook_age));
        let last = oldest.saturating_add(STEP);
        let aged: Option<u64> = self
            .conn
            .prepare_cached("SELECT max(seq) FROM hook_events WHERE seq <= ?1 AND at < ?2")?
            .query_row((sql(last), sql(too_old)), |row| row.get(0))
            .optional()?
            .flatten();
        let too_many = newest.saturating_sub(MOST).min(last);
        let line = aged.unwrap_or_default().max(too_many);
        Ok((line >= oldest).then_some(line))
    }
}
