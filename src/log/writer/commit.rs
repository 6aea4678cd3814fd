//! Commits groups of appends.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use parking_lot::Mutex;

use crate::log::{
    entry::Entry,
    error::{Fatal, StoreError, fatal_only},
    positions::DeliveryCounts,
    writer::Writer,
    writer::group::{Append, answer},
    writer::store::Committed,
};
use crate::{
    job::JobCommand,
    message::{Audience, Message},
};

impl Writer {
    /// Commits a group of appends, passes the messages to the tail, and answers.
    pub(super) fn commit(&mut self, group: Vec<Append>) -> Result<(), Fatal> {
        if group.is_empty() {
            return Ok(());
        }
        let entries: Vec<&Entry> = group
            .iter()
            .flat_map(|append| match append {
                Append::One(entry, _) => std::slice::from_ref(entry),
                Append::Many(entries, _) => entries.as_slice(),
                Append::JobCommand(..) => &[],
            })
            .collect();
        let commands: Vec<&JobCommand> = group.iter().filter_map(Append::job_command).collect();
        self.last_commit = entries.len() + commands.len();
        let (began, now) = (Instant::now(), self.store.options.clock.now());
        match self.store.append(&entries, &commands, now) {
            Ok(committed) => {
                self.shared.damage.note_push(false);
                self.maintenance.appended += committed.messages.len();
                self.shared
                    .counters
                    .committed(&committed.messages, began.elapsed());
                // Before the tail is called: a reader that registers after that call must find the message in a replay up
                // to the head.
                self.shared.head.store(self.store.head, Ordering::Release);
                self.shared
                    .messages
                    .store(self.store.messages, Ordering::Relaxed);
                let connections = (self.tail)(self.shared.openings.current(), &committed.messages);
                self.record_deliveries(&committed.messages, &connections);
                self.publish_jobs(&committed);
                answer(group, &committed, &connections);
                Ok(())
            }
            Err(StoreError::Damaged(_)) if self.last_commit > 1 => self.commit_apart(group),
            Err(error) => {
                if let StoreError::Damaged(why) = &error {
                    self.shared.damage.note(why);
                    self.shared.damage.note_push(true);
                }
                group
                    .into_iter()
                    .for_each(|append| append.refuse(&(&error).into()));
                fatal_only(Err(error))
            }
        }
    }

    /// Commits each entry separately, so that only entries that need a damaged page are refused.
    fn commit_apart(&mut self, group: Vec<Append>) -> Result<(), Fatal> {
        for append in group {
            let (entries, answer) = match append {
                Append::Many(entries, answer) => (entries, answer),
                one => {
                    self.commit(vec![one])?;
                    continue;
                }
            };
            let outcomes = Arc::new(Mutex::new(Vec::with_capacity(entries.len())));
            for entry in entries {
                let outcomes = Arc::clone(&outcomes);
                let note = Box::new(move |outcome| outcomes.lock().push(outcome));
                self.commit(vec![Append::One(entry, note)])?;
            }
            answer(std::mem::take(&mut *outcomes.lock()));
        }
        Ok(())
    }

    /// Passes changed jobs to the job tail.
    fn publish_jobs(&self, committed: &Committed) {
        let Some(tail) = self.shared.job_tail.get() else {
            return;
        };
        let changed = committed
            .commands
            .iter()
            .filter_map(|command| match command {
                Ok((job, true)) => Some(job),
                _ => None,
            });
        committed.tracking_jobs.iter().chain(changed).for_each(tail);
    }

    /// Records the delivery counts of messages to topics and to everyone. Direct messages have receipts instead.
    fn record_deliveries(&self, messages: &[Arc<Message>], connections: &[u64]) {
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
