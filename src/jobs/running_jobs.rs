//! The jobs that are running, and who is told how they are.

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
    /// Jobs as they are now.
    changes: ChangeFeed<JobId, Arc<Job>>,
    /// A job has begun.
    begun: Notify,
    /// Jobs that are to follow a push and do not yet.
    untracked: Mutex<Vec<Arc<Job>>>,
    to_track: Notify,
}

struct Running {
    /// Holds no more than the newest state, however slow those are who look on.
    states: watch::Sender<Arc<Job>>,
    /// When its worker last said anything.
    heard: Instant,
}

impl Running {
    fn timeout(&self) -> Option<Duration> {
        self.states.borrow().timeout
    }

    /// When its worker will have been silent for too long.
    fn deadline(&self) -> Option<Instant> {
        Some(self.heard + self.timeout()?)
    }
}

impl RunningJobs {
    /// Takes a job as it is now: called in the order in which things happen.
    pub fn take_in(&self, job: &Arc<Job>) {
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
                    heard: Instant::now(),
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

    /// Takes what is known of a running job beside the log; of one that has ended, nothing more.
    pub fn update(&self, job: &Arc<Job>) {
        let running = self.running.lock();
        let Some(entry) = running.get(&job.id) else {
            return;
        };
        entry.states.send_replace(Arc::clone(job));
        drop(running);
        self.changes.note(job.id, Arc::clone(job));
    }

    /// Notes that a worker has said something; gives the job as it is, if it is running.
    pub fn hear(&self, id: JobId) -> Option<Arc<Job>> {
        let mut running = self.running.lock();
        let entry = running.get_mut(&id)?;
        entry.heard = Instant::now();
        Some(Arc::clone(&entry.states.borrow()))
    }

    /// A running job as it is now.
    pub fn job(&self, id: JobId) -> Option<Arc<Job>> {
        let running = self.running.lock();
        running
            .get(&id)
            .map(|entry| Arc::clone(&entry.states.borrow()))
    }

    /// Looks at a running job from now on.
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

    /// The jobs whose workers have been silent for too long, and when the next will have been.
    pub fn timed_out(&self, now: Instant) -> (Vec<JobId>, Option<Instant>) {
        let running = self.running.lock();
        let deadlines = running
            .iter()
            .filter_map(|(id, entry)| Some((*id, entry.deadline()?)));
        let (due, later): (Vec<_>, Vec<_>) = deadlines.partition(|(_, deadline)| *deadline <= now);
        let next = later.into_iter().map(|(_, deadline)| deadline).min();
        (due.into_iter().map(|(id, _)| id).collect(), next)
    }

    /// Whether the worker of this job has been silent for too long.
    pub fn is_timed_out(&self, id: JobId, now: Instant) -> bool {
        let running = self.running.lock();
        let deadline = running.get(&id).and_then(Running::deadline);
        deadline.is_some_and(|deadline| deadline <= now)
    }

    /// Waits until a job has begun since the last call.
    pub async fn begun(&self) {
        self.begun.notified().await;
    }

    /// Has a job follow its push, with the next look.
    pub fn track(&self, job: Arc<Job>) {
        self.untracked.lock().push(job);
        self.to_track.notify_one();
    }

    /// The jobs that are to follow a push and do not yet.
    pub fn take_untracked(&self) -> Vec<Arc<Job>> {
        std::mem::take(&mut *self.untracked.lock())
    }

    /// Waits until there is one.
    pub async fn untracked_added(&self) {
        self.to_track.notified().await;
    }
}
