//! The queue of the writer. It is bounded, so that publishers wait if they are faster than the disk.

pub(in crate::log) mod records;

use std::{
    collections::VecDeque,
    task::Waker,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};

use crate::log::{error::AppendError, replication::StreamRecord, writer::task::Task};

/// A number of messages and of bytes of data.
#[derive(Clone, Copy, Debug)]
pub(in crate::log) struct Bound {
    pub messages: usize,
    pub bytes: usize,
}

/// The queue.
pub(in crate::log) struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
    bound: Bound,
}

#[derive(Default)]
struct State {
    /// Changes.
    tasks: VecDeque<(Task, usize, usize)>,
    /// All other tasks.
    others: Vec<Task>,
    /// Records of the stream of a cluster.
    records: VecDeque<StreamRecord>,
    record_bytes: usize,
    messages: usize,
    bytes: usize,
    /// Tasks that are not messages. They are not delayed to collect more messages.
    urgent: usize,
    /// The number of messages that the writer waits for. None if it is not waiting.
    wanted: Option<usize>,
    /// Publishers that wait for space.
    wakers: Vec<Waker>,
    closed: Option<AppendError>,
}

/// The result of [`Queue::take`].
pub(in crate::log) enum Taken {
    /// Tasks to execute.
    Tasks(Vec<Task>),
    /// The timeout has passed.
    Nothing,
    /// The queue is closed and empty.
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

    /// Adds a task of this size if there is space. There is always space in an empty queue, and for tasks that are not
    /// messages. `task` is only called if there is space. False if there is none.
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
        if !matches!(task, Task::Change(_)) {
            state.others.push(task);
            state.wanted = None;
            self.arrived.notify_one();
            return true;
        }
        state.messages += messages;
        state.bytes += bytes;
        state.tasks.push_back((task, messages, bytes));
        let urgent = messages == 0;
        state.urgent += usize::from(urgent);
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

    /// Whether there is space for a new message. If not, the waker is called when there may be.
    pub fn poll_space(&self, waker: &Waker) -> bool {
        let mut state = self.state.lock();
        let space = state.closed.is_some() || self.fits(&state, 1, 1);
        if !space && !state.wakers.iter().any(|other| other.will_wake(waker)) {
            state.wakers.push(waker.clone());
        }
        space
    }

    /// Takes the queued tasks up to `bound`, but at least one. Waits for the first one at most for `timeout`, and then
    /// until `expected` messages are queued, at most for `delay`. Publishers that were answered together are likely to
    /// push together again, and one fsync can store all their messages.
    pub fn take(&self, bound: Bound, timeout: Option<Duration>, delay: (usize, Duration)) -> Taken {
        let mut state = self.state.lock();
        if !self.wait_for(&mut state, 1, timeout.map(|span| Instant::now() + span)) {
            return Taken::Nothing;
        }
        let (expected, span) = delay;
        if state.messages < expected && state.closed.is_none() {
            self.wait_for(&mut state, expected, Some(Instant::now() + span));
        }
        if state.tasks.is_empty() && state.others.is_empty() {
            return Taken::Closed;
        }
        let mut tasks = Self::take_changes(&mut state, bound);
        tasks.append(&mut state.others);
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        Taken::Tasks(tasks)
    }

    fn take_changes(state: &mut State, bound: Bound) -> Vec<Task> {
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
                state.urgent -= usize::from(m == 0);
                tasks.push(task);
            }
        }
        tasks
    }

    /// Waits until this many messages are queued, another task is queued, or the queue is closed. False if the deadline
    /// came first.
    fn wait_for(
        &self,
        state: &mut parking_lot::MutexGuard<'_, State>,
        wanted: usize,
        deadline: Option<Instant>,
    ) -> bool {
        loop {
            if state.messages >= wanted
                || state.urgent > 0
                || !state.others.is_empty()
                || state.closed.is_some()
            {
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

    /// Refuses new tasks. Queued tasks are still executed.
    pub fn close(&self, why: AppendError) {
        let mut state = self.state.lock();
        state.closed.get_or_insert(why);
        let wakers = std::mem::take(&mut state.wakers);
        self.arrived.notify_one();
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Refuses all queued tasks, because the writer has ended.
    pub fn refuse_all(&self) {
        let mut state = self.state.lock();
        let why = state.closed.clone().unwrap_or(AppendError::Closed);
        let tasks = std::mem::take(&mut state.tasks);
        let others = std::mem::take(&mut state.others);
        (state.messages, state.bytes, state.urgent) = (0, 0, 0);
        drop(state);
        let tasks = tasks.into_iter().map(|(task, ..)| task);
        tasks.chain(others).for_each(|task| task.refuse(&why));
    }

    /// The number of queued messages.
    pub fn len(&self) -> usize {
        self.state.lock().messages
    }
}
