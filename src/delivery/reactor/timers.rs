//! What is due when, besides heartbeats, for all streams of a thread coalesced.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    time::{Duration, Instant},
};

use crate::outbox::StreamKey;

/// Something that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// The stream's token ends.
    TokenExpiry,
    /// The socket of a stream that has ended need not be held any longer.
    LingerEnd,
}

/// See the module's description.
#[derive(Default)]
pub struct Timers(BinaryHeap<Reverse<(Instant, StreamKey, Timer)>>);

impl Timers {
    /// Sets something.
    pub fn set(&mut self, at: Instant, key: StreamKey, due: Timer) {
        self.0.push(Reverse((at, key, due)));
    }

    /// Takes what is due by now, if anything is.
    pub fn take(&mut self, now: Instant) -> Option<(StreamKey, Timer)> {
        self.0.peek().filter(|Reverse((at, ..))| *at <= now)?;
        self.0.pop().map(|Reverse((_, key, due))| (key, due))
    }

    /// How long until the next is due.
    pub fn time_to_next(&self, now: Instant) -> Option<Duration> {
        let Reverse((at, ..)) = self.0.peek()?;
        Some(at.saturating_duration_since(now))
    }
}
