//! The state machine of one viewer of a job. It does no I/O.
//!
//! It sends the state at once and then whenever it has changed, always the newest one; and the lines of the log in
//! order. When the job has ended and all lines are sent, the view ends.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, watch};

use crate::{
    broker::Broker,
    job::{Job, JobId, Line},
    log::{LineRange, ReadError},
};

/// Lines that are read at a time.
const PAGE: usize = 256;

/// Where the lines of a job are.
#[derive(Clone)]
pub enum LineSource {
    /// In the log.
    Log(Arc<Broker>, JobId),
    /// In memory, for an ephemeral job.
    Memory(Arc<Mutex<Vec<Line>>>),
}

impl LineSource {
    /// The next lines after this one. Blocks if they are in the log.
    pub fn after(&self, line: u64) -> Result<Vec<Line>, ReadError> {
        match self {
            Self::Log(broker, id) => {
                let page = broker.log().job_lines(*id, LineRange::After(line), PAGE)?;
                Ok(page.map(|page| page.lines).unwrap_or_default())
            }
            Self::Memory(lines) => {
                let lines = lines.lock();
                let new = lines.iter().filter(|held| held.number > line);
                Ok(new.cloned().collect())
            }
        }
    }
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send the state of the job.
    State(Arc<Job>),
    /// Read the lines after this one, send them, and call [`Viewer::sent`].
    Lines(u64),
    /// Send the end of the job.
    End(Arc<Job>),
    /// Nothing, until [`Viewer::changed`].
    Wait,
}

/// Which lines are sent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartLine {
    /// Those after this one.
    After(u64),
    /// The last ones, this many.
    Last(u64),
}

/// Nobody tells any more how the job goes on, but it has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the job has not ended, but its changes are not known here")]
pub struct Abandoned;

/// See the module documentation.
pub struct Viewer {
    states: watch::Receiver<Arc<Job>>,
    lines: LineSource,
    /// Lines up to this one were sent.
    sent: u64,
    /// The `updated_at` of the state that was sent last.
    shown: Option<u64>,
    /// Lines take turns with states, so that a job that changes all the time does not block them.
    lines_next: bool,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Viewer {
    pub(super) fn new(
        states: watch::Receiver<Arc<Job>>,
        lines: LineSource,
        from: StartLine,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Self {
        let last = states.borrow().log.last;
        Self {
            states,
            lines,
            sent: match from {
                // A line that does not exist: the log was restored from an older copy.
                StartLine::After(line) => line.min(last),
                StartLine::Last(lines) => last.saturating_sub(lines),
            },
            shown: None,
            lines_next: false,
            _permit: permit,
        }
    }

    /// The job now.
    pub fn job(&self) -> Arc<Job> {
        Arc::clone(&self.states.borrow())
    }

    /// The line up to which everything was sent.
    pub fn position(&self) -> u64 {
        self.sent
    }

    /// Where the lines are.
    pub fn lines(&self) -> LineSource {
        self.lines.clone()
    }

    /// The next step.
    pub fn step(&mut self) -> Step {
        let job = Arc::clone(&self.states.borrow_and_update());
        let has_lines = self.sent < job.log.last;
        let has_state = match self.shown {
            None => true,
            // The end includes the final state.
            Some(shown) => shown != job.updated_at && !job.state.is_final(),
        };
        if has_state && !(self.lines_next && has_lines) {
            self.shown = Some(job.updated_at);
            self.lines_next = has_lines;
            return Step::State(job);
        }
        if has_lines {
            return Step::Lines(self.sent);
        }
        match job.state.is_final() {
            true => Step::End(job),
            false => Step::Wait,
        }
    }

    /// Records the lines that were read and sent.
    pub fn sent(&mut self, lines: &[Line]) {
        self.lines_next = false;
        self.sent = match lines.last() {
            Some(line) => line.number,
            // They were removed in the meantime.
            None => self.states.borrow().log.last,
        };
    }

    /// Waits until the job has changed since the last step. After an error it does not wait any more.
    pub async fn changed(&mut self) -> Result<(), Abandoned> {
        self.states.changed().await.map_err(|_| Abandoned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{NewJob, Title};

    #[tokio::test]
    async fn a_viewer_whose_job_is_not_told_of_any_more_does_not_wait_for_it() {
        let new = NewJob {
            id: JobId::random(),
            title: Title::parse("a job").expect("a title"),
            total: None,
            timeout: std::time::Duration::MAX,
            retry: None,
        };
        let job = Arc::new(Job::new(&new, 0));
        let states = watch::channel(Arc::clone(&job)).1;
        let lines = LineSource::Memory(Arc::default());
        let mut viewer = Viewer::new(states, lines, StartLine::After(0), None);
        assert_eq!(viewer.step(), Step::State(job));
        assert_eq!(viewer.step(), Step::Wait);
        assert_eq!(viewer.changed().await, Err(Abandoned));
    }
}
