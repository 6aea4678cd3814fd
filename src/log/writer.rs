//! The writer thread: takes all queued tasks, commits them in one transaction with one fsync, passes the messages to
//! the tail in order, and then answers. Between commits it runs maintenance.

pub(in crate::log) mod append;
pub(in crate::log) mod counters;
mod group;
mod idle_release;
mod maintenance;
mod maintenance_state;
pub(in crate::log) mod queue;
mod recall;
pub(in crate::log) mod reply;
pub(in crate::log) mod store;

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::log::{
    entry::Entry,
    error::{AppendError, Fatal, StoreError, fatal_only},
    files::{self, FileWatch},
    positions::DeliveryCounts,
    shared::Shared,
    writer::group::{Append, answer},
    writer::idle_release::IdleRelease,
    writer::maintenance_state::Maintenance,
    writer::queue::{Bound, Taken, Task},
    writer::store::{Committed, Store},
};
use crate::{
    job::JobCommand,
    message::{Audience, Epoch, Message},
};

/// Called with the messages of each commit, in order, on the writer's thread. Returns the number of connections that
/// each message was sent to. Missing numbers count as zero.
pub(in crate::log) type Tail = Box<dyn FnMut(&Epoch, &[Arc<Message>]) -> Vec<u64> + Send>;

/// Called with the reason when the log has failed.
pub(in crate::log) type OnFatal = Box<dyn FnOnce(String) + Send>;

/// How long a commit waits for the publishers that the previous commit has answered. Less than an fsync.
const COMMIT_DELAY: Duration = Duration::from_micros(150);

/// The state of the writer.
pub(in crate::log) struct Writer {
    pub store: Store,
    pub shared: Arc<Shared>,
    pub maintenance: Maintenance,
    pub idle_release: IdleRelease,
    files: FileWatch,
    tail: Tail,
    on_fatal: Option<OnFatal>,
    /// Messages in the last commit, and so the approximate number of concurrent publishers.
    last_commit: usize,
}

impl Writer {
    pub fn new(
        store: Store,
        shared: Arc<Shared>,
        files: FileWatch,
        tail: Tail,
        on_fatal: OnFatal,
    ) -> Self {
        Self {
            store,
            shared,
            maintenance: Maintenance::default(),
            idle_release: IdleRelease::default(),
            files,
            tail,
            on_fatal: Some(on_fatal),
            last_commit: 0,
        }
    }

    /// Runs until the log is closed or fails.
    pub fn run(mut self) {
        let result = catch_unwind(AssertUnwindSafe(|| self.work()));
        let reason = match result {
            Ok(Ok(())) => match self.close() {
                Ok(()) => None,
                Err(Fatal(reason)) => Some(reason),
            },
            Ok(Err(Fatal(reason))) => Some(reason),
            Err(panic) => Some(format!("the log's writer panicked: {}", text_of(&*panic))),
        };
        let shared = Arc::clone(&self.shared);
        if let Some(reason) = reason {
            shared.queue.close(AppendError::Failed);
            if let Some(on_fatal) = self.on_fatal.take() {
                on_fatal(reason);
            }
            // Closing a connection runs a checkpoint and deletes the write-ahead log. After a failed fsync, the next
            // one may succeed without the data. So the answered messages are only safe in the write-ahead log.
            std::mem::forget(self);
        }
        shared.queue.close(AppendError::Closed);
        shared.queue.refuse_all();
    }

    fn work(&mut self) -> Result<(), Fatal> {
        let options = &self.store.options;
        let bound = Bound {
            messages: options.batch_messages,
            bytes: options.batch_bytes,
        };
        loop {
            let timeout = self.maintain()?;
            let timeout = self.idle_release.limit_wait(timeout);
            let timeout = self.files.limit_wait(timeout);
            match self
                .shared
                .queue
                .take(bound, timeout, (self.last_commit, COMMIT_DELAY))
            {
                Taken::Tasks(tasks) => {
                    self.idle_release.note_activity();
                    if let Err(fatal) = self.check_files() {
                        tasks
                            .into_iter()
                            .for_each(|task| task.refuse(&AppendError::Failed));
                        return Err(fatal);
                    }
                    self.execute(tasks)?;
                }
                Taken::Nothing => {
                    self.check_files()?;
                    self.last_commit = 0;
                    self.idle_release
                        .release_if_idle(&mut self.store, &self.shared.readers);
                }
                Taken::Closed => return Ok(()),
            }
        }
    }

    /// Fails if a file of the log was deleted or replaced.
    fn check_files(&mut self) -> Result<(), Fatal> {
        let Some(lost) = self.files.check() else {
            return Ok(());
        };
        // SQLite still has the write-ahead log open. If only its name was deleted, a checkpoint can still save its
        // content. This is the last chance. If it fails, the log fails anyway.
        if lost.path == files::wal_path(&self.shared.path) && !lost.replaced {
            let _ = self.store.checkpoint("FULL");
        }
        Err(Fatal(lost.reason()))
    }

    /// Executes tasks in order. Adjacent appends go into one commit.
    fn execute(&mut self, tasks: Vec<Task>) -> Result<(), Fatal> {
        let mut group = Vec::with_capacity(tasks.len());
        for task in tasks {
            match task {
                Task::Append(entry, answer) => group.push(Append::One(entry, answer)),
                Task::Batch(entries, answer) => group.push(Append::Many(entries, answer)),
                Task::JobCommand(command, answer) => {
                    group.push(Append::JobCommand(command, answer))
                }
                Task::Recall(seq, key, answer) => {
                    self.commit(std::mem::take(&mut group))?;
                    let result = self.store.recall(seq, key.as_ref());
                    if let Ok(Some(_)) = result {
                        let head = self.store.head;
                        self.shared.recalled_at.store(head, Ordering::Release);
                    }
                    answer(self.note(result));
                    self.check()?;
                }
                Task::Maintain(answer) => {
                    self.commit(std::mem::take(&mut group))?;
                    let result = self.maintain_fully();
                    answer(self.note(result));
                    self.check()?;
                }
                Task::WritePositions(answer) => {
                    self.commit(std::mem::take(&mut group))?;
                    let result = self.write_all_positions().map(|_| ());
                    answer(self.note(result));
                    self.check()?;
                }
            }
        }
        self.commit(group)
    }

    fn commit(&mut self, group: Vec<Append>) -> Result<(), Fatal> {
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
                // Before the tail: a connection that registers after the tail has run must find the message by
                // replaying up to the head.
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

    /// Commits each entry in its own transaction, so that only entries that need damaged pages are refused.
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

    /// Records the delivery counts of messages to topics and to everyone. For direct messages, client positions are
    /// enough.
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

    /// Fails if a maintenance task has failed the log.
    fn check(&mut self) -> Result<(), Fatal> {
        match self.maintenance.failed.take() {
            Some(reason) => Err(Fatal(reason)),
            None => Ok(()),
        }
    }

    fn close(&mut self) -> Result<(), Fatal> {
        // Closing deletes the write-ahead log at its path, which may belong to another database now.
        if let Some(lost) = self.files.find_lost() {
            return Err(Fatal(lost.reason()));
        }
        let result = self.maintain_fully().and_then(|_| {
            self.shared.readers.close();
            self.store.checkpoint("TRUNCATE")
        });
        fatal_only(result)
    }
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    match panic.downcast_ref::<String>() {
        Some(text) => text.clone(),
        None => panic
            .downcast_ref::<&str>()
            .copied()
            .unwrap_or_default()
            .into(),
    }
}
