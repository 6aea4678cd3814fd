//! Schedules maintenance between commits.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use crate::log::{
    error::{AppendError, Fatal, StoreError, fatal_only},
    options::milliseconds,
    outcome::MaintenanceCounts,
    writer::Writer,
};

/// How often the limits of age and size are checked while few messages arrive.
const LIMITS_INTERVAL: Duration = Duration::from_secs(10);

/// The limits are also checked after this many messages.
const LIMITS_AFTER: usize = 2000;

/// How long to wait after maintenance has failed because the disk was full.
const RETRY: Duration = Duration::from_secs(1);

/// The maximum wait while a message is waiting to expire. The system clock may change.
const MAX_WAIT: Duration = Duration::from_secs(5);

impl Writer {
    /// Runs at most one step of each kind of maintenance. Returns the time until the next step is due.
    pub fn maintain(&mut self) -> Result<Option<Duration>, Fatal> {
        if let Some(retry) = self.maintenance.retry {
            let wait = retry.saturating_duration_since(Instant::now());
            if !wait.is_zero() {
                return Ok(Some(wait));
            }
            self.maintenance.retry = None;
        }
        match self.maintenance_step() {
            Ok(wait) => Ok(wait),
            Err(StoreError::Fatal(reason)) => Err(Fatal(reason)),
            Err(StoreError::Full | StoreError::Locked | StoreError::Damaged(_)) => {
                self.maintenance.retry = Some(Instant::now() + RETRY);
                Ok(Some(RETRY))
            }
        }
    }

    fn maintenance_step(&mut self) -> Result<Option<Duration>, StoreError> {
        let mut wait = LIMITS_INTERVAL;
        let now = self.store.options.clock.now();
        let expiring = self.next_expiry() <= now && self.expire_step(now)? > 0;
        if expiring {
            wait = Duration::ZERO;
        } else if let Some(due) = self.shared.positions.due_in() {
            if due.is_zero() {
                self.idle_release.note_activity();
                self.store.write_positions()?;
            }
            wait = wait.min(self.shared.positions.due_in().unwrap_or(wait));
        }
        let limits_checked = self.maintenance.limits_checked;
        let due =
            limits_checked.is_none_or(|limits_checked| limits_checked.elapsed() >= LIMITS_INTERVAL);
        if due || self.maintenance.more || self.maintenance.appended >= LIMITS_AFTER {
            self.maintenance.more = self.enforce_limits(now)?;
        }
        if self.maintenance.more {
            wait = Duration::ZERO;
        }
        self.tell_hook_events();
        self.store.checkpoint_if_long()?;
        let until_expiry = Duration::from_millis(self.next_expiry().saturating_sub(now));
        if until_expiry < MAX_WAIT * 1000 {
            wait = wait.min(until_expiry.min(MAX_WAIT));
        }
        Ok(Some(wait))
    }

    fn expire_step(&mut self, now: u64) -> Result<usize, StoreError> {
        match self.store.expire_step(now) {
            Err(StoreError::Damaged(why)) => {
                self.shared.damage.note(&why);
                // Readers check the expiry of each message themselves, so this can wait.
                let later = now.saturating_add(milliseconds(LIMITS_INTERVAL));
                let next = &self.shared.positions.next_expiry;
                next.store(later, Ordering::Release);
                Ok(0)
            }
            expired => expired,
        }
    }

    /// Records damage and skips the step, so that the others still run.
    pub(super) fn skip_damage<T: Default>(
        &self,
        result: Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match result {
            Err(StoreError::Damaged(why)) => {
                self.shared.damage.note(&why);
                Ok(T::default())
            }
            result => result,
        }
    }

    pub(super) fn next_expiry(&self) -> u64 {
        self.shared.positions.next_expiry.load(Ordering::Acquire)
    }

    /// Runs one step of each kind of removal. True if there is more to remove.
    fn enforce_limits(&mut self, now: u64) -> Result<bool, StoreError> {
        self.maintenance.limits_checked = Some(Instant::now());
        let appended = std::mem::take(&mut self.maintenance.appended);
        let job = self.store.prune_jobs_step(now);
        if let Some((id, gone)) = self.skip_damage(job)? {
            if gone {
                self.publish_removed_jobs(&[id]);
            }
            return Ok(true);
        }
        let audit = self.store.prune_audit_step(now);
        let audit = self.skip_damage(audit)?;
        let pruned = self.store.prune_step(now, appended);
        let pruned = self.skip_damage(pruned)?;
        self.shared
            .pruned
            .store(self.store.pruned, Ordering::Release);
        self.shared
            .messages
            .store(self.store.messages, Ordering::Relaxed);
        let hooks = self.store.prune_hook_events_step(now);
        let (events, changed) = self.skip_damage(hooks)?;
        self.shared.hooks.update(&changed);
        let keys = self.store.prune_keys_step(now);
        let keys = self.skip_damage(keys)?;
        let names = self
            .store
            .prune_names_step(now, &mut self.maintenance.name_pruning);
        let names = self.skip_damage(names)?;
        let space = match pruned {
            0 => self.store.vacuum_step(),
            _ => Ok(false),
        };
        let space = self.skip_damage(space)?;
        Ok(pruned > 0 || audit || events || keys > 0 || names || space)
    }

    /// Runs all maintenance that is due.
    pub fn maintain_fully(&mut self) -> Result<MaintenanceCounts, StoreError> {
        let mut counts = MaintenanceCounts {
            expired: self.write_all_positions()?,
            ..MaintenanceCounts::default()
        };
        let now = self.store.options.clock.now();
        loop {
            let before = self.store.messages;
            let keys = self.store.prune_keys_step(now);
            let keys = self.skip_damage(keys)?;
            counts.keys += keys;
            let more = self.enforce_limits(now)?;
            counts.pruned += usize::try_from(before - self.store.messages).unwrap_or_default();
            if !more && keys == 0 {
                break;
            }
        }
        let counted = self.store.relaxed(|store| store.count_messages());
        self.skip_damage(counted)?;
        Ok(counts)
    }

    /// Writes all pending updates of clients. Expired messages are marked first, because later updates must not change
    /// their receipts. Returns the number of messages that have expired.
    pub fn write_all_positions(&mut self) -> Result<usize, StoreError> {
        let mut expired = 0;
        loop {
            let step = self.expire_step(self.store.options.clock.now())?;
            expired += step;
            if step > 0 {
                continue;
            }
            if self.shared.positions.due_in().is_none() {
                return Ok(expired);
            }
            self.store.write_positions()?;
        }
    }

    /// Converts the error of a task, and stores a failure that ends the log.
    pub fn note<T>(&mut self, result: Result<T, StoreError>) -> Result<T, AppendError> {
        result.map_err(|error| {
            let answer = (&error).into();
            if let Err(Fatal(reason)) = fatal_only::<()>(Err(error)) {
                self.maintenance.failed = Some(reason);
            }
            answer
        })
    }
}
