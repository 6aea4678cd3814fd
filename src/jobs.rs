//! Running jobs: begin, report, cancel, view.
//!
//! A command goes into the log, and the new state comes out of the log's job tail to the viewers (`running_jobs`).
//! The one exception is the progress of a tracked push (`push_tracking`): it is computed here and not written,
//! because the receipts that it is computed from are in the log.

mod ephemeral_job;
mod push_tracking;
mod running_jobs;
mod timeouts;
mod viewer;

use std::sync::Arc;

use tokio::sync::Semaphore;

pub use ephemeral_job::{EphemeralJob, ephemeral_job};
use running_jobs::RunningJobs;
pub use viewer::{Abandoned, LineSource, StartLine, Step, Viewer};

use crate::{
    broker::Broker,
    change_feed::ChangeFeed,
    job::{Job, JobCommand, JobId, NewJob, Report, State},
    log::{AppendError, JobChange, JobCommandError, JobPage, LinePage, LineRange, ReadError},
};

/// The maximum number of running jobs. All of them are in memory.
pub const MOST_RUNNING: usize = 10_000;

/// Why a job could not begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeginError {
    /// The maximum number of jobs is running.
    #[error("10000 jobs are running, and there may be no more: some have to end first")]
    TooMany,
    /// The log refused or failed.
    #[error(transparent)]
    Order(#[from] JobCommandError),
}

/// Why a job cannot be viewed.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The maximum number of viewers is connected.
    #[error("this server has {0} connections to jobs, and may have no more")]
    TooMany(usize),
    /// A read of the log failed.
    #[error(transparent)]
    Log(#[from] ReadError),
}

/// See the module documentation.
pub struct Jobs {
    broker: Arc<Broker>,
    running: Arc<RunningJobs>,
    viewers: Arc<Semaphore>,
    most_viewers: usize,
}

impl Jobs {
    /// Takes over the jobs that were running when the log was opened. Their timeouts start again. `most_viewers`: the
    /// maximum number of viewers at the same time.
    pub fn open(broker: Arc<Broker>, most_viewers: usize) -> Arc<Self> {
        let running_jobs = Arc::new(RunningJobs::default());
        let tail = Arc::clone(&running_jobs);
        let running = broker
            .log()
            .set_job_tail(Box::new(move |change| match change {
                JobChange::State(job) => tail.apply(job),
                JobChange::Removed(id) => tail.remove(id),
            }));
        let reported = Arc::clone(&running_jobs);
        broker.on_report(move |id| drop(reported.record_report(id)));
        running.iter().for_each(|job| running_jobs.apply(job));
        let most_viewers = most_viewers.min(Semaphore::MAX_PERMITS);
        Arc::new(Self {
            broker,
            running: running_jobs,
            viewers: Arc::new(Semaphore::new(most_viewers)),
            most_viewers,
        })
    }

    /// Begins a job. It is durable when this returns.
    pub async fn begin(&self, new: NewJob) -> Result<Arc<Job>, BeginError> {
        self.check_room()?;
        Ok(self.broker.log().execute(JobCommand::Begin(new)).await?)
    }

    /// Fails if the maximum number of jobs is running.
    pub fn check_room(&self) -> Result<(), BeginError> {
        match self.running.len() < MOST_RUNNING {
            true => Ok(()),
            false => Err(BeginError::TooMany),
        }
    }

    /// Takes a report of a worker. It is durable when this returns. An empty report only restarts the timeout and is
    /// not written, unless the other nodes of a cluster have not heard of the worker for a part of that time.
    pub async fn report(&self, id: JobId, report: Report) -> Result<Arc<Job>, JobCommandError> {
        let known = self.running.record_report(id);
        let empty = report == Report::default();
        match known.filter(|job| empty && job.push.is_none()) {
            Some(job) if self.broker.nodes().is_none() || !self.running.is_publishing_due(id) => {
                Ok(job)
            }
            _ => {
                self.running.record_publishing(id);
                self.broker
                    .log()
                    .execute(JobCommand::Report(id, report))
                    .await
            }
        }
    }

    /// Asks a worker to stop. The worker learns it with its next report.
    pub async fn cancel(&self, id: JobId) -> Result<Arc<Job>, JobCommandError> {
        self.broker.log().execute(JobCommand::Cancel(id)).await
    }

    /// A job; none if there is none or it was removed. Reads the log, so it blocks.
    pub fn job(&self, id: JobId) -> Result<Option<Arc<Job>>, ReadError> {
        match self.running.job(id) {
            Some(job) => Ok(Some(job)),
            None => Ok(self.broker.log().job(id)?.map(Arc::new)),
        }
    }

    /// A page of jobs in this state, or in any, newest first; `text` is searched for as [`Log::jobs`] does. Blocks.
    ///
    /// [`Log::jobs`]: crate::log::Log::jobs
    pub fn page(
        &self,
        state: Option<State>,
        text: Option<&str>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<JobPage, ReadError> {
        let mut page = self.broker.log().jobs(state, text, before, limit)?;
        for job in &mut page.jobs {
            // The progress of a tracked push is only known here. A job that just ended is in the next page.
            if let Some(running) = self.running.job(job.id)
                && job.push.is_some()
                && !running.state.is_final()
            {
                *job = Job::clone(&running);
            }
        }
        Ok(page)
    }

    /// Lines of the log of a job; none if there is no such job. Blocks.
    pub fn lines(
        &self,
        id: JobId,
        range: LineRange,
        limit: usize,
    ) -> Result<Option<LinePage>, ReadError> {
        self.broker.log().job_lines(id, range, limit)
    }

    /// A viewer of a job, with the lines of its log from `from` on; none if there is no such job. Blocks.
    pub fn view(&self, id: JobId, from: StartLine) -> Result<Option<Viewer>, ViewError> {
        let permit = Arc::clone(&self.viewers).try_acquire_owned();
        let permit = permit.map_err(|_| ViewError::TooMany(self.most_viewers))?;
        let lines = LineSource::Log(Arc::clone(&self.broker), id);
        let read = || self.broker.log().job(id);
        let Some(states) = self.running.watch_or_read(id, read)? else {
            return Ok(None);
        };
        Ok(Some(Viewer::new(states, lines, from, Some(permit))))
    }

    /// The number of viewers now.
    pub fn viewers(&self) -> usize {
        self.most_viewers - self.viewers.available_permits()
    }

    /// The jobs that have changed, for observers. None: it was removed.
    pub fn changes(&self) -> &ChangeFeed<JobId, Option<Arc<Job>>> {
        self.running.changes()
    }

    /// Executes a command that no caller waits for. False: the log failed, and it has to be tried again.
    async fn execute(&self, command: JobCommand) -> bool {
        match self.broker.log().execute(command).await {
            // A refusal is final.
            Ok(_) | Err(JobCommandError::Refused(_)) => true,
            Err(JobCommandError::Log(error)) => {
                if error != AppendError::Closed {
                    tracing::warn!(%error, "the end of a job could not be kept");
                }
                false
            }
        }
    }
}
