//! One who looks on, as a machine that says what to tell next; no I/O, no waiting but for what is new.
//!
//! The state is told at once and then whenever it has changed, only ever the newest; lines come in order, from
//! where they are kept. When the job has ended and all its lines are told, that is the end.

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
    /// In memory, of a job that nobody keeps.
    Memory(Arc<Mutex<Vec<Line>>>),
}

impl LineSource {
    /// The next lines after this one. Reads the log where they are kept there, and blocks then.
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
    /// Tell how the job is.
    State(Arc<Job>),
    /// Read the lines after this one, tell them, and say so by [`Viewer::told`].
    Lines(u64),
    /// Tell that it has ended, and how.
    End(Arc<Job>),
    /// Nothing, until [`Viewer::changed`].
    Wait,
}

/// Where the lines begin that are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartLine {
    /// After this one.
    After(u64),
    /// With the last so many of those that are there.
    Last(u64),
}

/// See the module documentation.
pub struct Viewer {
    states: watch::Receiver<Arc<Job>>,
    lines: LineSource,
    /// Lines up to here were told.
    told: u64,
    /// The state that was told last is of this time.
    shown: Option<u64>,
    /// Lines have their turn after a state, so that one that never rests does not hold them up.
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
            told: match from {
                // A line that never was: the log was put back to an older copy.
                StartLine::After(line) => line.min(last),
                StartLine::Last(lines) => last.saturating_sub(lines),
            },
            shown: None,
            lines_next: false,
            _permit: permit,
        }
    }

    /// The job as it is now.
    pub fn job(&self) -> Arc<Job> {
        Arc::clone(&self.states.borrow())
    }

    /// The line up to which everything was told.
    pub fn place(&self) -> u64 {
        self.told
    }

    /// Where the lines are.
    pub fn lines(&self) -> LineSource {
        self.lines.clone()
    }

    /// What to do next.
    pub fn step(&mut self) -> Step {
        let job = Arc::clone(&self.states.borrow_and_update());
        let has_lines = self.told < job.log.last;
        let has_state = match self.shown {
            None => true,
            // The end tells it.
            Some(shown) => shown != job.updated_at && !job.state.is_final(),
        };
        if has_state && !(self.lines_next && has_lines) {
            self.shown = Some(job.updated_at);
            self.lines_next = has_lines;
            return Step::State(job);
        }
        if has_lines {
            return Step::Lines(self.told);
        }
        match job.state.is_final() {
            true => Step::End(job),
            false => Step::Wait,
        }
    }

    /// Takes note of the lines that were read and told.
    pub fn told(&mut self, lines: &[Line]) {
        self.lines_next = false;
        self.told = match lines.last() {
            Some(line) => line.number,
            // They were let go in the meantime.
            None => self.states.borrow().log.last,
        };
    }

    /// Waits until the job has changed since the last step.
    pub async fn changed(&mut self) {
        // Nobody changes it any more: then it has ended, and no step waits.
        let _ = self.states.changed().await;
    }
}
