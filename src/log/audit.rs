//! The audit trail in the log: it is as durable as messages, and the same at all nodes of a cluster.

use crate::log::{
    Log, ReadError,
    audit_entry::{AuditChange, AuditFilter, AuditPage},
    error::AppendError,
    reader::audit,
    writer::{
        reply::channel,
        task::{ChangeTask, Task},
    },
};

impl Log {
    /// Writes entries. They are durable when this returns. Returns the number of the first one.
    pub async fn write_audit(&self, change: AuditChange) -> Result<Option<u64>, AppendError> {
        let (sender, receiver) = channel();
        self.shared.queue.push(0, 0, || {
            let answer = Box::new(move |outcome| sender.send(outcome));
            Some(Task::Change(ChangeTask::Audit(change, answer)))
        });
        receiver.await.unwrap_or(Err(AppendError::Closed))
    }

    /// Up to `limit` of the newest entries before a number that match a filter. Blocks.
    pub fn audit(
        &self,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<AuditPage, ReadError> {
        self.query(|conn| audit::page(conn, filter, before.unwrap_or(u64::MAX), limit))
    }
}
