//! What the writer is asked to do.

use crate::log::{
    audit_entry::AuditChange,
    change::Change,
    entry::{Entry, IdempotencyKey},
    error::AppendError,
    options::Retention,
    outcome::MaintenanceCounts,
    sample::NewSamples,
    schedule::ScheduleChange,
    writer::waiting::{
        AuditOutcome, JobOutcome, Outcome, PositionsAnswer, RecallOutcome, ScheduleOutcome, Waiting,
    },
};
use crate::{job::JobCommand, message::Seq};

/// A task for the writer.
pub(in crate::log) enum Task {
    /// Change the log. Consecutive changes go into one commit.
    Change(ChangeTask),
    /// Run all maintenance that is due, between commits.
    Maintain(Box<dyn FnOnce(Result<MaintenanceCounts, AppendError>) + Send>),
    /// Write all pending updates of clients, between commits.
    WritePositions(PositionsAnswer),
    /// Write measurements of this node, between commits.
    WriteSamples(NewSamples),
    /// Answer, as a sign that the writer works.
    Ping(Box<dyn FnOnce() + Send>),
    /// From now on, keep messages and the audit trail like this.
    Retain(Retention),
    /// In a cluster: the record of this node with this number will not be published again.
    GiveUp(u64),
}

/// A task that changes the log, and the callback for its result.
pub(in crate::log) enum ChangeTask {
    /// Append an entry.
    Append(Entry, Box<dyn FnOnce(Outcome) + Send>),
    /// Append several entries, in this order, in one commit if they fit.
    Batch(Vec<Entry>, Box<dyn FnOnce(Vec<Outcome>) + Send>),
    /// Execute a job command.
    Job(JobCommand, Box<dyn FnOnce(JobOutcome) + Send>),
    /// Recall a message and release its key.
    Recall(
        Seq,
        Option<IdempotencyKey>,
        Box<dyn FnOnce(RecallOutcome) + Send>,
    ),
    /// Write entries of the audit trail.
    Audit(AuditChange, Box<dyn FnOnce(AuditOutcome) + Send>),
    /// Change what is to be pushed later.
    Schedule(ScheduleChange, Box<dyn FnOnce(ScheduleOutcome) + Send>),
    /// Another change, whose result is only whether it was made.
    Other(Change, Box<dyn FnOnce(Result<(), AppendError>) + Send>),
}

impl Task {
    /// Answers with an error.
    pub fn refuse(self, why: &AppendError) {
        match self {
            Self::Change(task) => Waiting::from(task).refuse(why),
            Self::Maintain(answer) => answer(Err(why.clone())),
            Self::WritePositions(answer) => answer(Err(why.clone())),
            Self::GiveUp(_) | Self::Ping(_) | Self::Retain(..) | Self::WriteSamples(_) => {}
        }
    }
}

impl From<ChangeTask> for Waiting {
    fn from(task: ChangeTask) -> Self {
        match task {
            ChangeTask::Append(_, answer) => Self::Append(answer),
            ChangeTask::Batch(entries, answer) => Self::Batch(entries.len(), answer),
            ChangeTask::Job(_, answer) => Self::Job(answer),
            ChangeTask::Recall(_, _, answer) => Self::Recall(answer),
            ChangeTask::Audit(_, answer) => Self::Audit(answer),
            ChangeTask::Schedule(_, answer) => Self::Schedule(answer),
            ChangeTask::Other(_, answer) => Self::Other(answer),
        }
    }
}
