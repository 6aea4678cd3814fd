//! Jobs at work: begin, report, cancel, and look on.
//!
//! One way here too: an order goes into the log, and what has become of the job comes out of the log's tail to those
//! who look on ([`running_jobs`]). The one exception is how a push fares that a job follows ([`push_tracking`]): it is counted here
//! and not written down, because the receipts that it is counted from are.

mod ephemeral_job;
mod push_tracking;
mod running_jobs;
mod timeouts;
mod viewer;

use std::sync::Arc;

use tokio::sync::Semaphore;

pub use ephemeral_job::{EphemeralJob, ephemeral_job};
use running_jobs::RunningJobs;
pub use viewer::{LineSource, StartLine, Step, Viewer};

use crate::{
    broker::Broker,
    change_feed::ChangeFeed,
    job::{Job, JobCommand, JobId, NewJob, Report, State},
    log::{AppendError, JobPage, LinePage, LineRange, OrderError, ReadError},
};

/// Jobs that may run at the same time: all of them are held in memory.
pub const MOST_RUNNING: usize = 10_000;

/// Why a job was not begun.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeginError {
    /// There are as many as there may be.
    #[error("10000 jobs are running, and there may be no more: some have to end first")]
    TooMany,
    /// The log could not keep it.
    #[error(transparent)]
    Order(#[from] OrderError),
}

/// Why nobody more can look on.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// There is no such job, or not any more.
    #[error("there is no job {0}, or not any more")]
    Unknown(JobId),
    /// As many look on as may.
    #[error("this server has {0} connections to jobs, and may have no more")]
    TooMany(usize),
    /// The log can't say how it is.
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
    /// Takes up the jobs that were running when the log was opened: their workers have their whole time to
    /// say something again. At most so many may look on at the same time.
    pub fn open(broker: Arc<Broker>, most_viewers: usize) -> Arc<Self> {
        let running_jobs = Arc::new(RunningJobs::default());
        let tail = Arc::clone(&running_jobs);
        let running = broker
            .log()
            .follow_jobs(Box::new(move |job| tail.take_in(job)));
        running.iter().for_each(|job| running_jobs.take_in(job));
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
        Ok(self.broker.log().order(JobCommand::Begin(new)).await?)
    }

    /// Refuses when as many jobs run as may.
    pub fn check_room(&self) -> Result<(), BeginError> {
        match self.running.len() < MOST_RUNNING {
            true => Ok(()),
            false => Err(BeginError::TooMany),
        }
    }

    /// Takes what a worker says. It is durable when this returns; a mere sign of life changes nothing that
    /// would have to be.
    pub async fn report(&self, id: JobId, report: Report) -> Result<Arc<Job>, OrderError> {
        let known = self.running.hear(id);
        match known.filter(|job| report == Report::default() && job.push.is_none()) {
            Some(job) => Ok(job),
            None => {
                self.broker
                    .log()
                    .order(JobCommand::Report(id, report))
                    .await
            }
        }
    }

    /// Asks a worker to stop: it is told when it reports next.
    pub async fn cancel(&self, id: JobId) -> Result<Arc<Job>, OrderError> {
        self.broker.log().order(JobCommand::Cancel(id)).await
    }

    /// One job as it is now; none: there is none, or not any more. Reads the log, so it blocks.
    pub fn job(&self, id: JobId) -> Result<Option<Arc<Job>>, ReadError> {
        match self.running.job(id) {
            Some(job) => Ok(Some(job)),
            None => Ok(self.broker.log().job(id)?.map(Arc::new)),
        }
    }

    /// Jobs in this state, or in any, newest first. Blocks.
    pub fn page(
        &self,
        state: Option<State>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<JobPage, ReadError> {
        let mut page = self.broker.log().jobs(state, before, limit)?;
        for job in &mut page.jobs {
            // How a push fares is only known here. What has just ended is in the next account.
            if let Some(running) = self.running.job(job.id)
                && job.push.is_some()
                && !running.state.is_final()
            {
                *job = Job::clone(&running);
            }
        }
        Ok(page)
    }

    /// Lines of a job's log; none: there is no such job. Blocks.
    pub fn lines(
        &self,
        id: JobId,
        range: LineRange,
        limit: usize,
    ) -> Result<Option<LinePage>, ReadError> {
        self.broker.log().job_lines(id, range, limit)
    }

    /// Looks on from now on, at the lines of its log from there on. Blocks.
    pub fn view(&self, id: JobId, from: StartLine) -> Result<Viewer, ViewError> {
        let permit = Arc::clone(&self.viewers).try_acquire_owned();
        let permit = permit.map_err(|_| ViewError::TooMany(self.most_viewers))?;
        let lines = LineSource::Log(Arc::clone(&self.broker), id);
        let states = match self.running.watch(id) {
            Some(states) => states,
            // Not running any more, or never.
            None => match self.broker.log().job(id)? {
                Some(job) => tokio::sync::watch::channel(Arc::new(job)).1,
                None => return Err(ViewError::Unknown(id)),
            },
        };
        Ok(Viewer::new(states, lines, from, Some(permit)))
    }

    /// How many look on now.
    pub fn viewers(&self) -> usize {
        self.most_viewers - self.viewers.available_permits()
    }

    /// What has changed, for those who watch the list.
    pub fn changes(&self) -> &ChangeFeed<JobId, Arc<Job>> {
        self.running.changes()
    }

    /// Whether the log took an order that nobody waits for; if not, it is to be tried again later.
    async fn carried_out(&self, order: JobCommand) -> bool {
        match self.broker.log().order(order).await {
            // A refusal will not change.
            Ok(_) | Err(OrderError::Refused(_)) => true,
            Err(OrderError::Log(error)) => {
                if error != AppendError::Closed {
                    tracing::warn!(%error, "the end of a job could not be kept");
                }
                false
            }
        }
    }
}
