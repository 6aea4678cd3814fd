//! When the writer tidies up, and how much at a time.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use crate::log::{
    error::{AppendError, Fatal, StoreError, fatal_only},
    options::milliseconds,
    outcome::Tidied,
    writer::Writer,
};

/// How often the bounds of age and size are looked at while little comes in.
const LIMITS_INTERVAL: Duration = Duration::from_secs(10);

/// Messages after which they are looked at in any case.
const LIMITS_AFTER: usize = 2000;

/// How long the writer waits after something did not fit on the disk.
const RETRY: Duration = Duration::from_secs(1);

/// The longest that the writer sleeps while some message is to expire: clocks are changed.
const MAX_SLEEP: Duration = Duration::from_secs(5);

impl Writer {
    /// One turn of tidying: each kind of work one step at most. Returns how long the writer may sleep
    /// before there is more; none: until something comes.
    pub fn maintain(&mut self) -> Result<Option<Duration>, Fatal> {
        if let Some(retry) = self.maintenance.retry {
            let wait = retry.saturating_duration_since(Instant::now());
            if !wait.is_zero() {
                return Ok(Some(wait));
            }
            self.maintenance.retry = None;
        }
        match self.maintenance_step() {
            Ok(sleep) => Ok(sleep),
            Err(StoreError::Fatal(reason)) => Err(Fatal(reason)),
            Err(StoreError::Full | StoreError::Locked | StoreError::Damaged(_)) => {
                self.maintenance.retry = Some(Instant::now() + RETRY);
                Ok(Some(RETRY))
            }
        }
    }

    fn maintenance_step(&mut self) -> Result<Option<Duration>, StoreError> {
        let mut sleep = LIMITS_INTERVAL;
        let now = self.store.options.clock.now();
        let expiring = self.next_expiry() <= now && self.expire_step(now)? > 0;
        if expiring {
            sleep = Duration::ZERO;
        } else if let Some(due) = self.shared.positions.due_in() {
            if due.is_zero() {
                self.idle_release.note_activity();
                self.store.write_positions()?;
            }
            sleep = sleep.min(self.shared.positions.due_in().unwrap_or(sleep));
        }
        let looked = self.maintenance.looked;
        let due = looked.is_none_or(|looked| looked.elapsed() >= LIMITS_INTERVAL);
        if due || self.maintenance.more || self.maintenance.appended >= LIMITS_AFTER {
            self.maintenance.more = self.look(now)?;
        }
        if self.maintenance.more {
            sleep = Duration::ZERO;
        }
        self.store.checkpoint_if_long()?;
        let until_expiry = Duration::from_millis(self.next_expiry().saturating_sub(now));
        if until_expiry < MAX_SLEEP * 1000 {
            sleep = sleep.min(until_expiry.min(MAX_SLEEP));
        }
        Ok(Some(sleep))
    }

    fn expire_step(&mut self, now: u64) -> Result<usize, StoreError> {
        match self.store.expire_step(now) {
            Err(StoreError::Damaged(why)) => {
                self.shared.damage.note(&why);
                // Readers look at the expiry of each message themselves. So this can wait.
                let later = now.saturating_add(milliseconds(LIMITS_INTERVAL));
                let next = &self.shared.positions.next_expiry;
                next.store(later, Ordering::Release);
                Ok(0)
            }
            expired => expired,
        }
    }

    /// Work that needs what is damaged is not done; everything else is.
    fn skip_damage<T: Default>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        match result {
            Err(StoreError::Damaged(why)) => {
                self.shared.damage.note(&why);
                Ok(T::default())
            }
            result => result,
        }
    }

    fn next_expiry(&self) -> u64 {
        self.shared.positions.next_expiry.load(Ordering::Acquire)
    }

    /// One step of each kind of removal. True: there is more.
    fn look(&mut self, now: u64) -> Result<bool, StoreError> {
        self.maintenance.looked = Some(Instant::now());
        let appended = std::mem::take(&mut self.maintenance.appended);
        let jobs = self.store.prune_jobs_step(now);
        if self.skip_damage(jobs)? {
            return Ok(true);
        }
        let pruned = self.store.prune_step(now, appended);
        let pruned = self.skip_damage(pruned)?;
        self.shared
            .pruned
            .store(self.store.pruned, Ordering::Release);
        self.shared
            .messages
            .store(self.store.messages, Ordering::Relaxed);
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
        Ok(pruned > 0 || keys > 0 || names || space)
    }

    /// Does at once all that is to be done now.
    pub fn maintain_fully(&mut self) -> Result<Tidied, StoreError> {
        let mut tidied = Tidied {
            expired: self.write_all_positions()?,
            ..Tidied::default()
        };
        let now = self.store.options.clock.now();
        loop {
            let before = self.store.messages;
            let keys = self.store.prune_keys_step(now);
            let keys = self.skip_damage(keys)?;
            tidied.keys += keys;
            let more = self.look(now)?;
            tidied.pruned += usize::try_from(before - self.store.messages).unwrap_or_default();
            if !more && keys == 0 {
                break;
            }
        }
        let counted = self.store.relaxed(|store| store.count_messages());
        self.skip_damage(counted)?;
        Ok(tidied)
    }

    /// Writes everything that is known of clients and only in memory. What has expired is settled first, because an
    /// update that came later must not change it. Returns how many messages have expired.
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

    /// Keeps what a work has answered, and notes a failure that ends the log.
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
