//! A job in memory only, which exists while it runs and has a viewer.
//!
//! It uses the same transitions and the same [`Viewer`] as other jobs. So an anonymous caller does not make the
//! server write.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::sync::watch;

use super::{LineSource, StartLine, Viewer};
use crate::{
    job::{Job, JobCommand, JobId, Line, NewJob, Refused, Report, Title},
    log::Clock,
};

/// See the module documentation.
pub struct EphemeralJob {
    states: watch::Sender<Arc<Job>>,
    lines: Arc<Mutex<Vec<Line>>>,
    clock: Clock,
}

/// A job that begins now, and its viewer.
pub fn ephemeral_job(title: Title, total: Option<u64>) -> (EphemeralJob, Viewer) {
    let clock = Clock::default();
    let new = NewJob {
        id: JobId::random(),
        title,
        total,
        timeout: Duration::MAX,
        retry: None,
    };
    let (sender, receiver) = watch::channel(Arc::new(Job::new(&new, clock.now())));
    let lines = Arc::default();
    let viewer = Viewer::new(
        receiver,
        LineSource::Memory(Arc::clone(&lines)),
        StartLine::After(0),
        None,
    );
    let job = EphemeralJob {
        states: sender,
        lines,
        clock,
    };
    (job, viewer)
}

impl EphemeralJob {
    /// Takes a report of its worker.
    pub fn report(&self, report: Report) -> Result<(), Refused> {
        let (job, at) = (Arc::clone(&self.states.borrow()), self.clock.now());
        let command = JobCommand::Report(job.id, report);
        let Some(change) = job.change(&command, at)? else {
            return Ok(());
        };
        let numbered = (job.log.last + 1..).zip(change.lines);
        let new = numbered.map(|(number, text)| Line {
            number,
            at,
            text: Arc::clone(text),
        });
        self.lines.lock().extend(new);
        self.states.send_replace(Arc::new(change.job));
        Ok(())
    }

    /// Waits until it has no viewer any more.
    pub async fn unwatched(&self) {
        self.states.closed().await;
    }
}
