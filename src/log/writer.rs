//! The thread that writes the log. It takes all queued tasks, commits entries in one transaction with one fsync, passes
//! the messages to the tail in order, and then answers. Between commits it does maintenance.

pub(in crate::log) mod append;
mod append_handled;
mod append_statements;
mod apply;
mod commit;
pub(in crate::log) mod counters;
mod decide;
mod idle_release;
mod in_cluster;
mod maintenance;
mod maintenance_state;
pub(in crate::log) mod queue;
mod replica;
pub(in crate::log) mod reply;
mod schedule;
pub(in crate::log) mod store;
pub(in crate::log) mod task;
mod waiting;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use crate::log::{
    error::{AppendError, Fatal, fatal_only},
    files::{self, FileWatch},
    openings::Openings,
    options::Retention,
    record::Base,
    replica_rows,
    replication::{AppliedRecord, Replication},
    sample::NewSamples,
    shared::Shared,
    writer::decide::Decided,
    writer::idle_release::IdleRelease,
    writer::maintenance_state::Maintenance,
    writer::queue::{Bound, Taken},
    writer::replica::Replica,
    writer::store::Store,
    writer::task::Task,
};
use crate::{message::Message, panic_text};

/// Gets the epochs and the messages of each commit, in order, on the writer's thread. Returns the number of connections
/// that each message was queued for. Missing numbers count as 0.
pub(in crate::log) type Tail = Box<dyn FnMut(&Openings, &[Arc<Message>]) -> Vec<u64> + Send>;

/// Called with the reason when the log has failed.
pub(in crate::log) type OnFatal = Box<dyn FnOnce(String) + Send>;

/// How long a commit waits, at most, for new entries of the publishers that the last commit has answered, and never longer
/// than that commit took. What two halves of the publishers would write with two commits is written with one.
const MAX_COMMIT_DELAY: Duration = Duration::from_millis(1);

/// The writer's state.
pub(in crate::log) struct Writer {
    pub store: Store,
    pub shared: Arc<Shared>,
    pub maintenance: Maintenance,
    pub idle_release: IdleRelease,
    files: FileWatch,
    tail: Tail,
    on_fatal: Option<OnFatal>,
    /// Messages in the last commit, and those that were queued when it ended. About as many publishers push together.
    expected: usize,
    /// How long the last commit took.
    last_commit: Duration,
    /// None for a log that is in no cluster.
    replica: Option<Replica>,
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
            expected: 0,
            last_commit: Duration::ZERO,
            replica: None,
        }
    }

    /// The writer of a log in a cluster, which has applied this record.
    pub fn in_cluster(
        mut self,
        replication: Replication,
        applied: AppliedRecord,
    ) -> rusqlite::Result<Self> {
        let numbers = replica_rows::published(&self.store.conn)?;
        let time = replica_rows::time(&self.store.conn)?;
        let base = Base {
            place: applied.place,
            head: self.store.head,
        };
        let replica = Replica::new(replication, (applied, time), base, numbers);
        self.replica = Some(replica);
        Ok(self)
    }

    /// Runs until the log is closed or has failed.
    pub fn run(mut self) {
        let result = catch_unwind(AssertUnwindSafe(|| match self.replica.take() {
            Some(replica) => self.work_in_cluster(replica),
            None => self.work(),
        }));
        let reason = match result {
            Ok(Ok(())) => match self.close() {
                Ok(()) => None,
                Err(Fatal(reason)) => Some(reason),
            },
            Ok(Err(Fatal(reason))) => Some(reason),
            Err(panic) => Some(format!(
                "the log's writer panicked: {}",
                panic_text::of(&*panic)
            )),
        };
        let shared = Arc::clone(&self.shared);
        if let Some(reason) = reason {
            shared.queue.close(AppendError::Failed);
            if let Some(on_fatal) = self.on_fatal.take() {
                on_fatal(reason);
            }
            // Closing the connection would checkpoint the write-ahead log and delete it. After a failed fsync the next
            // one may succeed without the data. So answered messages are safe only in the write-ahead log.
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
            let delay = self.last_commit.min(MAX_COMMIT_DELAY);
            let due = self.send_due()?;
            let timeout = self.maintain()?;
            let timeout = timeout.into_iter().chain(due).min();
            let timeout = self.idle_release.limit_wait(timeout);
            let timeout = self.files.limit_wait(timeout);
            match self
                .shared
                .queue
                .take(bound, timeout, (self.expected, delay))
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
                    self.expected = 0;
                    self.idle_release
                        .release_if_idle(&mut self.store, &self.shared.readers);
                }
                Taken::Closed => return Ok(()),
            }
        }
    }

    /// Fails when a file of the log was deleted or replaced.
    fn check_files(&mut self) -> Result<(), Fatal> {
        let Some(lost) = self.files.check() else {
            return Ok(());
        };
        // SQLite still has the write-ahead log open. If only its name was deleted, its content can still be moved to the
        // database. The log fails whether or not this succeeds.
        if lost.path == files::wal_path(&self.shared.path) && !lost.replaced {
            let _ = self.store.checkpoint("FULL");
        }
        Err(Fatal(lost.reason()))
    }

    /// Executes tasks in order. Consecutive changes go into one commit.
    fn execute(&mut self, tasks: Vec<Task>) -> Result<(), Fatal> {
        let mut decided = Decided::default();
        for task in tasks {
            match task {
                Task::Change(task) => decided.add(task, &self.store),
                Task::Maintain(answer) => {
                    self.commit(std::mem::take(&mut decided))?;
                    self.send_all_due()?;
                    let result = self.maintain_fully();
                    answer(self.note(result));
                    self.check()?;
                }
                Task::WritePositions(answer) => {
                    self.commit(std::mem::take(&mut decided))?;
                    let result = self.write_all_positions().map(|_| ());
                    answer(self.note(result));
                    self.check()?;
                }
                Task::WriteSamples(new) => {
                    self.write_samples(&new);
                    self.check()?;
                }
                Task::Ping(answer) => answer(),
                Task::Retain(retention) => self.retain(retention),
                // A single log has published no records.
                Task::GiveUp(_) => {}
            }
        }
        self.commit(decided)
    }

    /// Sets the limits of retention.
    fn retain(&mut self, retention: Retention) {
        let options = &mut self.store.options;
        options.max_age = retention.max_age;
        options.max_bytes = retention.max_bytes;
        options.audit_age = retention.audit_age;
        options.hook_age = retention.hook_age;
        self.maintenance.limits_checked = None;
    }

    /// Writes measurements of this node. What can't be written now is lost.
    fn write_samples(&mut self, new: &NewSamples) {
        let written = self.store.write_samples(new);
        let written = self.skip_damage(written);
        let _ = self.note(written);
    }

    /// Fails if maintenance has failed the log.
    fn check(&mut self) -> Result<(), Fatal> {
        match self.maintenance.failed.take() {
            Some(reason) => Err(Fatal(reason)),
            None => Ok(()),
        }
    }

    fn close(&mut self) -> Result<(), Fatal> {
        // Closing deletes the file at the path of the write-ahead log, which may belong to another database now.
        if let Some(lost) = self.files.find_lost() {
            return Err(Fatal(lost.reason()));
        }
        let maintained = match self.shared.replica {
            None => self.maintain_fully().map(|_| ()),
            // It would change what all nodes share.
            Some(_) => Ok(()),
        };
        let result = maintained.and_then(|()| {
            self.shared.readers.close();
            self.store.checkpoint("TRUNCATE")
        });
        fatal_only(result)
    }
}
