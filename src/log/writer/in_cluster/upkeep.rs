//! Upkeep of a log in a cluster. What all nodes share is decided by one of them, the janitor, and published. What only
//! concerns the file is done by each node itself.

use std::time::{Duration, Instant};

use crate::log::{
    change::Change,
    error::{Fatal, StoreError},
    hook::HookChange,
    options::milliseconds,
    replica_rows,
    schedule::ScheduleChange,
    writer::Writer,
    writer::decide::Decided,
    writer::replica::Replica,
    writer::waiting::Waiting,
};

/// How often the limits of age and size are checked.
const INTERVAL: Duration = Duration::from_secs(2);

/// How long after its time a message is marked as expired, in milliseconds. Before that, all nodes have published the
/// positions of clients that received it in time.
const GRACE: u64 = 2_500;

/// How much longer than messages the stream keeps records, in milliseconds: so long may a node be away.
const DAY: u64 = 24 * HOUR;

/// How long the stream keeps at least what was pruned because the file is too large.
const HOUR: u64 = 60 * 60 * 1000;

impl Writer {
    /// Adds what is due to a record. Removes from the file what only this node knows of.
    pub(super) fn add_upkeep(
        &mut self,
        replica: &mut Replica,
        decided: &mut Decided,
    ) -> Result<(), Fatal> {
        match self.try_upkeep(replica, decided) {
            Err(StoreError::Fatal(reason)) => Err(Fatal(reason)),
            Err(error) => {
                tracing::warn!("upkeep of the log is put off: {}", error.reason());
                replica.upkeep_at = Some(Instant::now());
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn try_upkeep(
        &mut self,
        replica: &mut Replica,
        decided: &mut Decided,
    ) -> Result<(), StoreError> {
        let is_known = self
            .shared
            .replica
            .as_ref()
            .is_some_and(|state| state.is_known());
        // Without the time of the stream, a wrong clock would remove messages.
        let decides = is_known && replica.replication.publisher.is_janitor();
        let now = self.store.options.clock.now();
        if decides && self.next_expiry() <= now.saturating_sub(GRACE) {
            decided.push(Change::Expire(now - GRACE), Waiting::Nobody);
        }
        if decides && self.shared.schedules.next_due() <= now {
            let send = ScheduleChange::Send(now);
            decided.push(Change::Schedule(send), Waiting::Nobody);
        }
        let due = replica.upkeep_at.is_none_or(|at| at.elapsed() >= INTERVAL);
        if !due {
            return Ok(());
        }
        replica.upkeep_at = Some(Instant::now());
        self.store.checkpoint_if_long()?;
        if decides {
            self.release_records(replica, now)?;
        }
        while self.store.prune_keys_step(now)? > 0 {}
        self.store
            .prune_names_step(now, &mut self.maintenance.name_pruning)?;
        if decides && !self.add_pruning(decided, now)? {
            self.store.vacuum_step()?;
        } else if decides {
            // There may be more to remove.
            replica.upkeep_at = None;
        } else {
            self.store.vacuum_step()?;
        }
        Ok(())
    }

    /// Says which records of the stream are not needed any more.
    fn release_records(&self, replica: &Replica, now: u64) -> Result<(), StoreError> {
        let store = &self.store;
        let keep = milliseconds(store.options.max_age) + DAY;
        let (too_old, unneeded) = (now.saturating_sub(keep), now.saturating_sub(HOUR));
        let place = replica_rows::expendable(&store.conn, store.pruned, too_old, unneeded)?;
        if let Some(place) = place {
            replica.replication.publisher.release(place);
        }
        Ok(())
    }

    /// Adds the removal of what is too old, or makes the file too large. False: there is nothing to remove.
    fn add_pruning(&self, decided: &mut Decided, now: u64) -> Result<bool, StoreError> {
        if let Some(job) = self.store.job_to_prune(now)? {
            decided.push(Change::PruneJob(job), Waiting::Nobody);
            return Ok(true);
        }
        if let Some(line) = self.store.audit_to_prune(now)? {
            decided.push(Change::PruneAudit(line), Waiting::Nobody);
            return Ok(true);
        }
        if let Some(line) = self.store.hook_events_to_prune(now)? {
            decided.push(Change::Hook(HookChange::Prune(line)), Waiting::Nobody);
            return Ok(true);
        }
        let (positions, line) = self.store.positions_to_prune(now)?;
        if positions.is_empty() {
            return Ok(false);
        }
        decided.push(Change::Prune(positions, line), Waiting::Nobody);
        Ok(true)
    }
}
