//! What can be asked of a job, and what becomes of it then.

use std::time::Duration;

use super::{JobId, Reason, Report, State, Title};
use crate::message::Receipts;

/// A job that is to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// Its name.
    pub id: JobId,
    /// What it is.
    pub title: Title,
    /// Steps that there are, where that is known.
    pub total: Option<u64>,
    /// How long its worker may be silent.
    pub timeout: Duration,
}

/// A job that is to follow a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackedPush {
    /// The job's name.
    pub id: JobId,
    /// What it is.
    pub title: Title,
}

/// How a job that follows a push ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// The final state.
    pub state: State,
    /// Why, where there is more to say than that all have it.
    pub reason: Option<Reason>,
    /// What became of the push.
    pub delivery: Receipts,
    /// When the job changed last, as those who look on were told.
    pub updated_at: u64,
}

/// Something that is to become of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobCommand {
    /// Begin it.
    Begin(NewJob),
    /// Its worker says what is new.
    Report(JobId, Report),
    /// Somebody wants it to stop.
    Cancel(JobId),
    /// Its worker has been silent for too long.
    TimeOut(JobId),
    /// The push that it follows has come as far as it will.
    Finish(JobId, Conclusion),
}

impl JobCommand {
    /// Which job it concerns.
    pub fn id(&self) -> JobId {
        match self {
            Self::Begin(new) => new.id,
            Self::Report(id, _) | Self::Cancel(id) | Self::TimeOut(id) | Self::Finish(id, _) => *id,
        }
    }

    /// About how many bytes it holds.
    pub fn weight(&self) -> usize {
        match self {
            Self::Report(_, report) => 64 + report.lines.weight(),
            _ => 256,
        }
    }
}

/// Why an order was not carried out. The job is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such job, or not any more.
    #[error("there is no job {0}, or not any more")]
    Unknown(JobId),
    /// It has ended.
    #[error("this job has ended, and nothing comes after that")]
    Ended,
    /// It follows a push, and the server itself reports on it.
    #[error("this job follows a push: the server itself reports on it")]
    Tracked,
    /// More steps behind it than there are.
    #[error("step {step} is over the total of {total}")]
    StepOverTotal {
        /// Steps behind it.
        step: u64,
        /// Steps that there are.
        total: u64,
        /// Whether the report said `step`, and not only `total`.
        said_step: bool,
    },
    /// Lines between the log's newest and these are missing.
    #[error("the log's next line is {next}")]
    LineAhead {
        /// The number that the next line gets.
        next: u64,
    },
}
