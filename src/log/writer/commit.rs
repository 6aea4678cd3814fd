//! Commits change sets: applies them, passes the results on, and answers.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use crate::log::{
    change::ChangeSet,
    error::{Fatal, StoreError, fatal_only},
    job_tail::JobChange,
    positions::DeliveryCounts,
    schedule_rows,
    writer::Writer,
    writer::apply::Applied,
    writer::decide::Decided,
    writer::store::Store,
};
use crate::{
    job::JobId,
    message::{Audience, Message},
};

impl Writer {
    /// Commits a change set, passes the messages to the tail, and answers.
    pub(super) fn commit(&mut self, mut decided: Decided) -> Result<(), Fatal> {
        let changes = decided.set.changes.len();
        if changes == 0 {
            return Ok(());
        }
        decided.set.at = self.store.options.clock.now();
        let began = Instant::now();
        match self.apply(&[&decided.set], |_| Ok(())) {
            Ok(applied) => {
                self.shared.damage.note_push(false);
                self.shared.disk_full.store(false, Ordering::Relaxed);
                self.last_commit = began.elapsed();
                self.publish(&applied, began);
                let connections = (self.tail)(&self.shared.openings, &applied.messages);
                self.record_deliveries(&applied.messages, &connections);
                self.publish_jobs(&applied);
                // Before they are answered: who is answered may push again at once.
                self.expected =
                    (changes + self.shared.queue.len()).min(self.store.options.batch_messages);
                decided.answer(&applied.outcomes, &applied, &connections);
                Ok(())
            }
            // So that only changes that need a damaged page are refused.
            Err(StoreError::Damaged(_)) if changes > 1 => {
                decided.apart().try_for_each(|one| self.commit(one))
            }
            Err(error) => {
                if matches!(error, StoreError::Damaged(_)) {
                    self.shared.damage.note_push(true);
                }
                let is_full = matches!(error, StoreError::Full);
                self.shared.disk_full.store(is_full, Ordering::Relaxed);
                decided.refuse(&(&error).into());
                fatal_only(Err(error))
            }
        }
    }

    /// Applies change sets in one transaction, with other work at its end. If the file is damaged, tries once more without
    /// the index of the audit trail: a change is worth more than that its entry is found by its target.
    pub(super) fn apply(
        &mut self,
        sets: &[&ChangeSet],
        then: impl Fn(&Store) -> Result<(), StoreError>,
    ) -> Result<Applied, StoreError> {
        let result = self.store.apply(sets, &then);
        let Err(StoreError::Damaged(why)) = &result else {
            return result;
        };
        self.shared.damage.note(why);
        self.store.callers.leaves_targets_out = true;
        let result = self.store.apply(sets, &then);
        self.store.callers.leaves_targets_out = false;
        result
    }

    /// Tells readers of the log what has changed. Before the tail is called: a reader that registers after that call
    /// must find the message in a replay up to the head.
    pub(super) fn publish(&mut self, applied: &Applied, began: Instant) {
        self.maintenance.appended += applied.messages.len();
        let shared = &self.shared;
        shared
            .counters
            .committed(&applied.messages, began.elapsed());
        shared.head.store(self.store.head, Ordering::Release);
        shared.pruned.store(self.store.pruned, Ordering::Release);
        shared
            .messages
            .store(self.store.messages, Ordering::Relaxed);
        if let Some(head) = applied.recalled_at {
            shared.recalled_at.store(head, Ordering::Release);
        }
        shared.keys.update(&applied.changed_keys);
        shared.people.update(&applied.changed_people);
        shared
            .states
            .store(self.store.states.messages, Ordering::Relaxed);
        if applied.has_states {
            shared.has_states.store(true, Ordering::Release);
        }
        if applied.has_urgent {
            shared.has_urgent.store(true, Ordering::Release);
        }
        if applied.has_schedules {
            // If it can't be read, it is read again when they are due.
            let next = schedule_rows::next_due(&self.store.conn).unwrap_or_default();
            shared.schedules.set(next, self.store.scheduled.messages);
        }
        shared.hooks.update(&applied.changed_hooks);
        self.tell_hook_events();
        let shared = &self.shared;
        let revoked = applied.revoked.iter().cloned();
        shared.revocations.add(revoked, shared.clock.now());
        if applied.has_sessions
            && let Err(error) = shared.sessions.read(&self.store.conn)
        {
            tracing::warn!(%error, "the sessions can't be read");
        }
    }

    /// Tells that events for webhooks were written.
    pub(super) fn tell_hook_events(&mut self) {
        if std::mem::take(&mut self.store.has_hook_events) {
            self.shared.hook_events.send_replace(());
        }
    }

    /// Passes changed and removed jobs to the job tail.
    pub(super) fn publish_jobs(&self, applied: &Applied) {
        if let Some(tail) = self.shared.job_tail.get() {
            applied
                .changed_jobs()
                .for_each(|job| tail(JobChange::State(job)));
        }
        self.publish_removed_jobs(&applied.removed_jobs);
    }

    /// Passes jobs to the job tail that were removed, by somebody or by retention.
    pub(super) fn publish_removed_jobs(&self, ids: &[JobId]) {
        if let Some(tail) = self.shared.job_tail.get() {
            ids.iter().for_each(|id| tail(JobChange::Removed(*id)));
        }
    }

    /// Records the delivery counts of messages to topics and to everyone. Direct messages have receipts instead.
    pub(super) fn record_deliveries(&self, messages: &[Arc<Message>], connections: &[u64]) {
        let common =
            |message: &Message| matches!(message.audience, Audience::Topic(_) | Audience::Everyone);
        let counts = messages
            .iter()
            .zip(connections)
            .filter(|(message, connections)| **connections > 0 && common(message))
            .map(|(message, connections)| {
                let counts = DeliveryCounts {
                    connections: *connections,
                    delivered: 0,
                };
                (message.seq, counts)
            });
        self.shared.positions.record_deliveries(counts);
    }
}
