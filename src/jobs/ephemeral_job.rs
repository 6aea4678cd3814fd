//! A job that nobody keeps: it lives as long as it runs and somebody looks on, in memory only.
//!
//! It changes by the same transitions as any other and is seen through the same [`Viewer`]. So what an anonymous
//! caller may begin costs nothing that lasts.

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

/// A job that begins now, and one who looks on.
pub fn ephemeral_job(title: Title, total: Option<u64>) -> (EphemeralJob, Viewer) {
    let clock = Clock::default();
    let new = NewJob {
        id: JobId::random(),
        title,
        total,
        timeout: Duration::MAX,
    };
    let (sender, receiver) = watch::channel(Arc::new(Job::begun(&new, clock.now())));
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
    /// Takes what its worker says.
    pub fn report(&self, report: Report) -> Result<(), Refused> {
        let (job, at) = (Arc::clone(&self.states.borrow()), self.clock.now());
        let order = JobCommand::Report(job.id, report);
        let Some(change) = job.change(&order, at)? else {
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

    /// Waits until nobody looks on any more.
    pub async fn unwatched(&self) {
        self.states.closed().await;
    }
}
