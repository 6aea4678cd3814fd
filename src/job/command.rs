//! Commands to a job.

use std::time::Duration;

use super::{JobId, Reason, Report, Retry, State, Title};
use crate::message::Receipts;

/// A job to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// Its id.
    pub id: JobId,
    /// What it does, for people.
    pub title: Title,
    /// The total number of steps, if known.
    pub total: Option<u64>,
    /// The timeout between reports of its worker.
    pub timeout: Duration,
    /// How it is tried again, if its worker says so.
    pub retry: Option<Retry>,
}

/// A job to be created that tracks a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackedPush {
    /// The id of the job.
    pub id: JobId,
    /// What it does, for people.
    pub title: Title,
}

/// How a job that tracks a push ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// The final state.
    pub state: State,
    /// The reason, unless all recipients have the message.
    pub reason: Option<Reason>,
    /// The receipts of the push.
    pub delivery: Receipts,
    /// When the job changed last, as its viewers saw it.
    pub updated_at: u64,
}

/// A command to a job. The log executes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobCommand {
    /// Begin the job.
    Begin(NewJob),
    /// A report of its worker.
    Report(JobId, Report),
    /// Ask the worker to stop.
    Cancel(JobId),
    /// The worker has timed out.
    TimeOut(JobId),
    /// The tracked push has reached its end.
    Finish(JobId, Conclusion),
}

impl JobCommand {
    /// The job.
    pub fn id(&self) -> JobId {
        match self {
            Self::Begin(new) => new.id,
            Self::Report(id, _) | Self::Cancel(id) | Self::TimeOut(id) | Self::Finish(id, _) => *id,
        }
    }

    /// Whether it says how the job is tried again.
    pub fn has_retry(&self) -> bool {
        match self {
            Self::Begin(new) => new.retry.is_some(),
            Self::Report(_, report) => report.retry.is_some(),
            _ => false,
        }
    }

    /// The approximate size in bytes.
    pub fn weight(&self) -> usize {
        match self {
            Self::Report(_, report) => 64 + report.lines.weight() + retry_weight(&report.retry),
            Self::Begin(new) => 256 + retry_weight(&new.retry),
            _ => 256,
        }
    }
}

fn retry_weight(retry: &Option<Retry>) -> usize {
    retry.as_ref().map_or(0, |retry| retry.json().len())
}

/// Why a command was refused. The job is unchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such job, or it was removed.
    #[error("there is no job {0}, or it was removed")]
    Unknown(JobId),
    /// It has ended.
    #[error("this job has ended and can't change any more")]
    Ended,
    /// It tracks a push, and only the server reports on it.
    #[error("this job tracks a push: only the server reports on it")]
    Tracked,
    /// More steps are done than the total.
    #[error("step {step} is over the total of {total}")]
    StepOverTotal {
        /// Steps that are done.
        step: u64,
        /// The total number of steps.
        total: u64,
        /// Whether the report had `step`, and not only `total`.
        said_step: bool,
    },
    /// It can't be tried again, for this reason.
    #[error("this job can't be tried again: {0}")]
    NotRetried(&'static str),
    /// There is a gap between the last line of the log and these lines.
    #[error("the next line of the log has the number {next}")]
    LineAhead {
        /// The number that the next line gets.
        next: u64,
    },
}
