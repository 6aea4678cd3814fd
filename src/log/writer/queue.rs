//! What waits for the writer: bounded, so that publishers who are faster than the disk feel it.

use std::{
    collections::VecDeque,
    sync::Arc,
    task::Waker,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};

use crate::log::{
    entry::{Appended, Entry, IdempotencyKey},
    error::{AppendError, JobCommandError},
    outcome::{Recalled, Tidied},
};
use crate::{
    job::{Job, JobCommand},
    message::Seq,
};

/// What becomes of one entry.
pub(in crate::log) type Outcome = Result<Appended, AppendError>;

/// The outcome of a command to a job.
pub(in crate::log) type JobOutcome = Result<Arc<Job>, JobCommandError>;

/// Something for the writer to do.
pub(in crate::log) enum Task {
    /// Keep one entry.
    Append(Entry, Box<dyn FnOnce(Outcome) + Send>),
    /// Keep several, in this order, in one commit if they fit.
    Batch(Vec<Entry>, Box<dyn FnOnce(Vec<Outcome>) + Send>),
    /// Change a job, in the same commits.
    JobCommand(JobCommand, Box<dyn FnOnce(JobOutcome) + Send>),
    /// Recall a message and release its key, between commits.
    Recall(
        Seq,
        Option<IdempotencyKey>,
        Box<dyn FnOnce(Result<Option<Recalled>, AppendError>) + Send>,
    ),
    /// Do all maintenance that is due, between commits.
    Tidy(Box<dyn FnOnce(Result<Tidied, AppendError>) + Send>),
    /// Write everything that is known of clients and only in memory, between commits.
    WritePositions(Box<dyn FnOnce(Result<(), AppendError>) + Send>),
}

impl Task {
    /// Says that nothing will come of it.
    pub fn refuse(self, why: &AppendError) {
        match self {
            Self::Append(_, answer) => answer(Err(why.clone())),
            Self::Batch(entries, answer) => {
                answer(entries.iter().map(|_| Err(why.clone())).collect());
            }
            Self::JobCommand(_, answer) => answer(Err(why.clone().into())),
            Self::Recall(_, _, answer) => answer(Err(why.clone())),
            Self::Tidy(answer) => answer(Err(why.clone())),
            Self::WritePositions(answer) => answer(Err(why.clone())),
        }
    }
}

/// A number of messages and of bytes of data.
#[derive(Clone, Copy, Debug)]
pub(in crate::log) struct Bound {
    pub messages: usize,
    pub bytes: usize,
}

/// The queue before the writer.
pub(in crate::log) struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
    bound: Bound,
}

#[derive(Default)]
struct State {
    tasks: VecDeque<(Task, usize, usize)>,
    messages: usize,
    bytes: usize,
    /// Tasks that do not wait for company.
    works: usize,
    /// The writer sleeps until so many messages wait; none: it is awake.
    wanted: Option<usize>,
    /// Publishers that wait for room.
    wakers: Vec<Waker>,
    closed: Option<AppendError>,
}

/// What the writer got.
pub(in crate::log) enum Taken {
    /// Something to do.
    Tasks(Vec<Task>),
    /// Nothing came in time.
    Nothing,
    /// Nothing will come any more.
    Closed,
}

impl Queue {
    pub fn new(bound: Bound) -> Self {
        Self {
            state: Mutex::default(),
            arrived: Condvar::new(),
            bound,
        }
    }

    /// Puts a task of this size in line, if there is room: what waits alone always has room, and so has
    /// what is not a message. The task is only made when there is space. False: no space.
    pub fn push(&self, messages: usize, bytes: usize, task: impl FnOnce() -> Option<Task>) -> bool {
        let mut state = self.state.lock();
        if let Some(why) = &state.closed {
            let why = why.clone();
            drop(state);
            if let Some(task) = task() {
                task.refuse(&why);
            }
            return true;
        }
        if messages > 0 && state.messages > 0 && !self.fits(&state, messages, bytes) {
            return false;
        }
        let Some(task) = task() else { return true };
        state.messages += messages;
        state.bytes += bytes;
        state.tasks.push_back((task, messages, bytes));
        let urgent = messages == 0;
        state.works += usize::from(urgent);
        if state
            .wanted
            .is_some_and(|wanted| urgent || state.messages >= wanted)
        {
            state.wanted = None;
            self.arrived.notify_one();
        }
        true
    }

    fn fits(&self, state: &State, messages: usize, bytes: usize) -> bool {
        state.messages + messages <= self.bound.messages && state.bytes + bytes <= self.bound.bytes
    }

    /// Whether something new may have room; if not, the waker is called when that may have changed.
    pub fn poll_room(&self, waker: &Waker) -> bool {
        let mut state = self.state.lock();
        let room = state.closed.is_some() || self.fits(&state, 1, 1);
        if !room && !state.wakers.iter().any(|other| other.will_wake(waker)) {
            state.wakers.push(waker.clone());
        }
        room
    }

    /// Takes what waits, up to `bound` but at least one task. Waits at most `patience` for the first, and
    /// then at most `gather` until `expected` messages are there: publishers that were answered together
    /// are about to push together again, and one fsync can carry them all.
    pub fn take(
        &self,
        bound: Bound,
        patience: Option<Duration>,
        gather: (usize, Duration),
    ) -> Taken {
        let mut state = self.state.lock();
        if !self.sleep_until(&mut state, 1, patience.map(|span| Instant::now() + span)) {
            return Taken::Nothing;
        }
        let (expected, span) = gather;
        if state.messages < expected && state.closed.is_none() {
            self.sleep_until(&mut state, expected, Some(Instant::now() + span));
        }
        if state.tasks.is_empty() {
            return Taken::Closed;
        }
        let (mut messages, mut bytes) = (0, 0);
        let mut tasks = Vec::with_capacity(state.tasks.len().min(bound.messages));
        while let Some((_, m, b)) = state.tasks.front() {
            messages += m;
            bytes += b;
            if !tasks.is_empty() && (messages > bound.messages || bytes > bound.bytes) {
                break;
            }
            if let Some((task, m, b)) = state.tasks.pop_front() {
                state.messages -= m;
                state.bytes -= b;
                state.works -= usize::from(m == 0);
                tasks.push(task);
            }
        }
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        Taken::Tasks(tasks)
    }

    /// Sleeps until so many messages wait, or work, or the end. False: the time was over first.
    fn sleep_until(
        &self,
        state: &mut parking_lot::MutexGuard<'_, State>,
        wanted: usize,
        deadline: Option<Instant>,
    ) -> bool {
        loop {
            if state.messages >= wanted || state.works > 0 || state.closed.is_some() {
                state.wanted = None;
                return true;
            }
            state.wanted = Some(wanted);
            match deadline {
                None => self.arrived.wait(state),
                Some(deadline) => {
                    if self.arrived.wait_until(state, deadline).timed_out() {
                        state.wanted = None;
                        return state.messages >= wanted;
                    }
                }
            }
        }
    }

    /// Takes nothing new. What is in line is still done.
    pub fn close(&self, why: AppendError) {
        let mut state = self.state.lock();
        state.closed.get_or_insert(why);
        let wakers = std::mem::take(&mut state.wakers);
        self.arrived.notify_one();
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Refuses all that is in line, when nobody will do it any more.
    pub fn refuse_all(&self) {
        let mut state = self.state.lock();
        let why = state.closed.clone().unwrap_or(AppendError::Closed);
        let tasks = std::mem::take(&mut state.tasks);
        (state.messages, state.bytes, state.works) = (0, 0, 0);
        drop(state);
        tasks.into_iter().for_each(|(task, ..)| task.refuse(&why));
    }

    /// Messages in line.
    pub fn len(&self) -> usize {
        self.state.lock().messages
    }
}
