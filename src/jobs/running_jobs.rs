//! The running jobs, and the channels to their viewers.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::{Condvar, Mutex};
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
    /// How many states were applied. It changes only while `running` is locked.
    applied: AtomicU64,
    /// Notified after each of them.
    next_applied: Condvar,
    /// Changed jobs, for observers. None: it was removed.
    changes: ChangeFeed<JobId, Option<Arc<Job>>>,
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

/// How long a viewer waits for a state that is in the log already. The log's writer thread applies it at once.
const APPLY_PATIENCE: Duration = Duration::from_secs(1);

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
        self.applied.fetch_add(1, Ordering::Relaxed);
        drop(running);
        self.next_applied.notify_all();
        if is_new && job.push.is_some() {
            self.track(Arc::clone(job));
        } else if is_new {
            self.begun.notify_one();
        }
        self.changes.note(job.id, Some(Arc::clone(job)));
    }

    /// Tells observers that a job was removed. It had ended, so it is not among the running ones.
    pub fn remove(&self, id: JobId) {
        self.changes.note(id, None);
    }

    /// Publishes a state that the log does not have, if the job is still running.
    pub fn publish(&self, job: &Arc<Job>) {
        let running = self.running.lock();
        let Some(entry) = running.get(&job.id) else {
            return;
        };
        entry.states.send_replace(Arc::clone(job));
        drop(running);
        self.changes.note(job.id, Some(Arc::clone(job)));
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

    /// Subscribes to the states of a job; none if there is no such job. `read` reads it from the log: if it has ended,
    /// this is its only state. Blocks.
    ///
    /// A job is in the log a moment before it is applied here. Who knows its id from another node may ask in between.
    pub fn watch_or_read<E>(
        &self,
        id: JobId,
        read: impl Fn() -> Result<Option<Job>, E>,
    ) -> Result<Option<watch::Receiver<Arc<Job>>>, E> {
        let deadline = std::time::Instant::now() + APPLY_PATIENCE;
        loop {
            // Before the look: what is applied after it is waited for.
            let applied = self.applied.load(Ordering::Relaxed);
            if let Some(states) = self.watch(id) {
                return Ok(Some(states));
            }
            let Some(job) = read()? else { return Ok(None) };
            // A job that was not applied in time could not be read when the log was opened.
            if job.state.is_final() || !self.wait_for_more(applied, deadline) {
                return Ok(Some(watch::channel(Arc::new(job)).1));
            }
        }
    }

    /// Waits until more states are applied than these. False: not in time.
    fn wait_for_more(&self, applied: u64, deadline: std::time::Instant) -> bool {
        let mut running = self.running.lock();
        while self.applied.load(Ordering::Relaxed) == applied {
            let waited = self.next_applied.wait_until(&mut running, deadline);
            if waited.timed_out() {
                return false;
            }
        }
        true
    }

    pub fn len(&self) -> usize {
        self.running.lock().len()
    }

    pub fn changes(&self) -> &ChangeFeed<JobId, Option<Arc<Job>>> {
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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::job::{NewJob, State, Title};

    fn begun() -> Job {
        let new = NewJob {
            id: JobId::random(),
            title: Title::parse("a job").expect("a title"),
            total: None,
            timeout: Duration::MAX,
            retry: None,
        };
        Job::new(&new, 0)
    }

    fn ended(job: &Job) -> Job {
        Job {
            state: State::Done,
            ..job.clone()
        }
    }

    #[tokio::test]
    async fn a_job_that_is_in_the_log_and_not_yet_applied_is_watched() {
        let (running, job) = (RunningJobs::default(), begun());
        let states = std::thread::scope(|threads| {
            let read = || {
                threads.spawn(|| running.apply(&Arc::new(job.clone())));
                Ok::<_, Infallible>(Some(job.clone()))
            };
            running.watch_or_read(job.id, read)
        });
        let states = states.expect("read").expect("a job");
        running.apply(&Arc::new(ended(&job)));
        assert_eq!(states.borrow().state, State::Done);
    }

    #[tokio::test]
    async fn a_job_that_ends_while_it_is_looked_for_is_seen_to_have_ended() {
        let (running, job) = (RunningJobs::default(), begun());
        let reads = AtomicU64::new(0);
        let read = || {
            if reads.fetch_add(1, Ordering::Relaxed) > 0 {
                return Ok::<_, Infallible>(Some(ended(&job)));
            }
            running.apply(&Arc::new(job.clone()));
            running.apply(&Arc::new(ended(&job)));
            Ok(Some(job.clone()))
        };
        let states = running.watch_or_read(job.id, read).expect("read");
        assert_eq!(states.expect("a job").borrow().state, State::Done);
    }
}
