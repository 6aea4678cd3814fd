//! The part of the queue that only a log in a cluster uses: records of the stream, besides tasks.

use std::{
    collections::VecDeque,
    task::Waker,
    time::{Duration, Instant},
};

use super::{Bound, Queue};
use crate::log::{replication::StreamRecord, writer::task::Task};

/// Bytes of records of the stream that may wait, about. The stream keeps the rest.
const MAX_RECORD_BYTES: usize = 16 << 20;

/// Bytes that a waiting record needs beside its payload.
const RECORD_OVERHEAD: usize = 128;

/// What [`Queue::take_with_records`] takes besides other tasks.
#[derive(Clone, Copy)]
pub(in crate::log) struct Wanted {
    pub changes: bool,
    pub records: bool,
}

/// The result of [`Queue::take_with_records`].
pub(in crate::log) struct TakenWithRecords {
    pub tasks: Vec<Task>,
    pub records: VecDeque<StreamRecord>,
    /// Whether the queue is closed. What it still has can be taken.
    pub closed: bool,
}

impl Queue {
    /// Takes like [`Queue::take`] for a log in a cluster. `wanted` says whether changes and records are taken too. What is
    /// not taken stays in the queue, and those who add to it wait when it is full.
    pub fn take_with_records(
        &self,
        bound: Bound,
        wait: Duration,
        wanted: Wanted,
    ) -> TakenWithRecords {
        let deadline = Instant::now() + wait;
        let mut state = self.state.lock();
        loop {
            let ready = (wanted.records && !state.records.is_empty())
                || !state.others.is_empty()
                || (wanted.changes && !state.tasks.is_empty())
                || state.closed.is_some();
            if ready {
                break;
            }
            state.wanted = Some(1);
            if self.arrived.wait_until(&mut state, deadline).timed_out() {
                break;
            }
        }
        state.wanted = None;
        let mut tasks = match wanted.changes {
            true => Self::take_changes(&mut state, bound),
            false => Vec::new(),
        };
        tasks.append(&mut state.others);
        let mut records = VecDeque::new();
        if wanted.records {
            records = std::mem::take(&mut state.records);
            state.record_bytes = 0;
        }
        let taken = TakenWithRecords {
            tasks,
            records,
            closed: state.closed.is_some(),
        };
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        taken
    }

    /// Adds records of the stream if there is space. If not, they are returned, and the waker is called when there may
    /// be.
    pub fn push_records(
        &self,
        records: Vec<StreamRecord>,
        waker: &Waker,
    ) -> Result<(), Vec<StreamRecord>> {
        let mut state = self.state.lock();
        if state.closed.is_some() {
            return Ok(());
        }
        if state.record_bytes >= MAX_RECORD_BYTES {
            if !state.wakers.iter().any(|other| other.will_wake(waker)) {
                state.wakers.push(waker.clone());
            }
            return Err(records);
        }
        let sizes = records
            .iter()
            .map(|record| record.payload.len() + RECORD_OVERHEAD);
        state.record_bytes += sizes.sum::<usize>();
        state.records.extend(records);
        state.wanted = None;
        self.arrived.notify_one();
        Ok(())
    }
}
