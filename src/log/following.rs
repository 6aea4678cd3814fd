//! How a log follows the stream of its cluster.

use std::{future::poll_fn, path::Path, task::Poll};

use crate::log::{
    Log,
    copy::CopySource,
    files, openings,
    replica_rows::read,
    replica_state::{ReplicaState, ReplicaTail},
    replication::{AppliedRecord, StreamRecord},
    schema,
    writer::task::Task,
};

impl Log {
    /// The permanent id of the log: hexadecimal digits. The nodes of a cluster have the same.
    pub fn id(&self) -> &str {
        self.shared.openings.log_id()
    }

    /// The newest record of the stream that was applied. The stream continues after it.
    pub fn applied(&self) -> AppliedRecord {
        let state = self.shared.replica.as_ref();
        state.map_or_else(AppliedRecord::default, ReplicaState::applied)
    }

    /// Whether changes of this node come back out of the stream. Always for a log that is in no cluster.
    pub fn is_in_step(&self) -> bool {
        let state = self.shared.replica.as_ref();
        state.is_none_or(ReplicaState::is_known)
    }

    /// Why records of the stream can't be applied now. None if they can.
    pub fn obstacle(&self) -> Option<String> {
        let state = self.shared.replica.as_ref()?;
        state.obstacle.lock().clone()
    }

    /// Sets the function that gets the events of the stream from now on. Call it once, before [`Log::follow`].
    pub fn set_replica_tail(&self, tail: ReplicaTail) {
        if let Some(state) = &self.shared.replica {
            let first = state.tail.set(tail).is_ok();
            debug_assert!(first, "a log has one tail for the stream");
        }
    }

    /// Applies records of the stream, in their order, which must follow on what was applied. Returns when they are in
    /// the queue of the writer, and waits while it is full.
    pub async fn follow(&self, records: Vec<StreamRecord>) {
        let mut records = Some(records);
        poll_fn(|context| {
            let Some(given) = records.take() else {
                return Poll::Ready(());
            };
            match self.shared.queue.push_records(given, context.waker()) {
                Ok(()) => Poll::Ready(()),
                Err(refused) => {
                    records = Some(refused);
                    Poll::Pending
                }
            }
        })
        .await;
    }

    /// Where a copy of this log can be made of.
    pub fn copy_source(&self) -> CopySource {
        CopySource::of(self.shared.path.clone())
    }

    /// Reports that it is not known whether a record of this node is in the stream, and that it will not be published
    /// again. If it comes out of the stream later, it is applied.
    pub fn give_up(&self, number: u64) {
        let task = || Some(Task::GiveUp(number));
        self.shared.queue.push(0, 0, task);
    }
}

/// The id of the log in a folder, and the newest record that it has applied. None if there is no log, or if it belongs to
/// no cluster. Errors are those that opening the log reports.
pub fn known(folder: &Path) -> Option<(String, AppliedRecord)> {
    let path = files::database(folder);
    if !path.exists() {
        return None;
    }
    let conn = schema::open_reader(&path).ok()?;
    let applied = read(&conn).ok()??;
    Some((openings::log_id(&conn).ok()?, applied))
}
