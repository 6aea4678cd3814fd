//! Who is told of jobs that have changed.

use std::sync::Arc;

use crate::job::{Job, JobId};

/// Called with each change of a job after its commit, in order, on the writer's thread.
pub type JobTail = Box<dyn Fn(JobChange<'_>) + Send + Sync>;

/// What the job tail receives.
#[derive(Clone, Copy, Debug)]
pub enum JobChange<'a> {
    /// The job has a new state.
    State(&'a Arc<Job>),
    /// A job that had ended was removed.
    Removed(JobId),
}
