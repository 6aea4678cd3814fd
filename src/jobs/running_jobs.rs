//! The running jobs, and the channels to their viewers.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use crate::{
    change_feed::ChangeFeed,
    job::{Job, JobId},
};

/// See the module documentation.
#[derive(Default)]
pub(super) struct RunningJobs {
    running: Mutex<HashMap<JobId, Running>>,
    /// Changed jobs, for observers.
    changes: ChangeFeed<JobId, Arc<Job>>,
    /// Notified when a job with a worker has begun.
    begun: Notify,
    /// Jobs that track a push and have no tracker yet.
    untracked: Mutex<Vec<Arc<Job>>>,
    to_track: Notify,
}

struct Running {
    /// Holds only the newest state, however slow the viewers are.
    states: watch::Sender<Arc<Job>>,
    /// When its worker last reported.
    last_report: Instant,
    /// When the last report to this node went to the other nodes of a cluster.
    last_published: Option<Instant>,
}

/// A report is published again after this part of the timeout. The other nodes wait so much longer.
const PUBLISHING_PART: u32 = 4;

impl Running {
    fn timeout(&self) -> Option<Duration> {
        self.states.borrow().timeout
    }

    /// When its worker times out. `published`: reports to other nodes are heard of here later.
    fn deadline(&self, published: bool) -> Option<Instant> {
        let timeout = self.timeout()?;
        let later = match published {
            true => timeout / PUBLISHING_PART,
            false => Duration::ZERO,
        };
        Some(self.last_report + timeout + later)
    }
}

impl RunningJobs {
    /// Takes a new state of a job. Called in the order of the changes.
    pub fn apply(&self, job: &Arc<Job>) {
        let mut running = self.running.lock();
        let is_new = match running.get(&job.id) {
            Some(entry) => {
                entry.states.send_replace(Arc::clone(job));
                false
            }
            None if job.state.is_final() => false,
            None => {
                let entry = Running {
                    states: watch::channel(Arc::clone(job)).0,
                    last_report: Instant::now(),
                    last_published: None,
                };
                running.insert(job.id, entry);
                true
            }
        };
        if job.state.is_final() {
            running.remove(&job.id);
        }
        drop(running);
        if is_new && job.push.is_some() {
            self.track(Arc::clone(job));
        } else if is_new {
            self.begun.notify_one();
        }
        self.changes.note(job.id, Arc::clone(job));
    }

    /// Publishes a state that the log does not have, if the job is still running.
    pub fn publish(&self, job: &Arc<Job>) {
        let running = self.running.lock();
        let Some(entry) = running.get(&job.id) else {
            return;
        };
        entry.states.send_replace(Arc::clone(job));
        drop(running);
        self.changes.note(job.id, Arc::clone(job));
    }

    /// Records that a worker has reported. Returns the job if it is running.
    pub fn record_report(&self, id: JobId) -> Option<Arc<Job>> {
        let mut running = self.running.lock();
        let entry = running.get_mut(&id)?;
        entry.last_report = Instant::now();
        Some(Arc::clone(&entry.states.borrow()))
    }

    /// Whether the other nodes have not heard of a report for so long that the next one is to be published.
    pub fn is_publishing_due(&self, id: JobId) -> bool {
        let running = self.running.lock();
        let Some(entry) = running.get(&id) else {
            return false;
        };
        let Some(timeout) = entry.timeout() else {
            return false;
        };
        let published = entry.last_published;
        published.is_none_or(|at| at.elapsed() >= timeout / PUBLISHING_PART)
    }

    /// Records that a report is published.
    pub fn record_publishing(&self, id: JobId) {
        if let Some(entry) = self.running.lock().get_mut(&id) {
            entry.last_published = Some(Instant::now());
        }
    }

    /// A running job.
    pub fn job(&self, id: JobId) -> Option<Arc<Job>> {
        let running = self.running.lock();
        running
            .get(&id)
            .map(|entry| Arc::clone(&entry.states.borrow()))
    }

    /// Subscribes to the states of a running job.
    pub fn watch(&self, id: JobId) -> Option<watch::Receiver<Arc<Job>>> {
        let running = self.running.lock();
        running.get(&id).map(|entry| entry.states.subscribe())
    }

    pub fn len(&self) -> usize {
        self.running.lock().len()
    }

    pub fn changes(&self) -> &ChangeFeed<JobId, Arc<Job>> {
        &self.changes
    }

    /// The jobs whose workers have timed out, and when the next one will. `published`: see [`Running::deadline`].
    pub fn timed_out(&self, now: Instant, published: bool) -> (Vec<JobId>, Option<Instant>) {
        let running = self.running.lock();
        let deadlines = running
            .iter()
            .filter_map(|(id, entry)| Some((*id, entry.deadline(published)?)));
        let (due, later): (Vec<_>, Vec<_>) = deadlines.partition(|(_, deadline)| *deadline <= now);
        let next = later.into_iter().map(|(_, deadline)| deadline).min();
        (due.into_iter().map(|(id, _)| id).collect(), next)
    }

    /// Whether the worker of this job has timed out.
    pub fn is_timed_out(&self, id: JobId, now: Instant, published: bool) -> bool {
        let running = self.running.lock();
        let deadline = running.get(&id).and_then(|entry| entry.deadline(published));
        deadline.is_some_and(|deadline| deadline <= now)
    }

    /// Waits until a job has begun since the last call.
    pub async fn begun(&self) {
        self.begun.notified().await;
    }

    /// Adds a job that tracks a push.
    pub fn track(&self, job: Arc<Job>) {
        self.untracked.lock().push(job);
        self.to_track.notify_one();
    }

    /// Takes the jobs that track a push and have no tracker yet.
    pub fn take_untracked(&self) -> Vec<Arc<Job>> {
        std::mem::take(&mut *self.untracked.lock())
    }

    /// Waits until there is one.
    pub async fn untracked_added(&self) {
        self.to_track.notified().await;
    }
}
