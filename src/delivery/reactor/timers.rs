//! Timers of the streams of a thread, except heartbeats.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    time::{Duration, Instant},
};

use crate::outbox::StreamKey;

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// The stream token expires at this time, soon.
    TokenNotice(Instant),
    /// The stream token expires.
    TokenExpiry,
    /// The socket of a closed stream has lingered long enough.
    LingerEnd,
}

/// See the module documentation.
#[derive(Default)]
pub struct Timers(BinaryHeap<Reverse<(Instant, StreamKey, Timer)>>);

impl Timers {
    /// Adds a timer.
    pub fn set(&mut self, at: Instant, key: StreamKey, due: Timer) {
        self.0.push(Reverse((at, key, due)));
    }

    /// Takes a timer that is due, if there is one.
    pub fn take(&mut self, now: Instant) -> Option<(StreamKey, Timer)> {
        self.0.peek().filter(|Reverse((at, ..))| *at <= now)?;
        self.0.pop().map(|Reverse((_, key, due))| (key, due))
    }

    /// The time until the next timer is due.
    pub fn time_to_next(&self, now: Instant) -> Option<Duration> {
        let Reverse((at, ..)) = self.0.peek()?;
        Some(at.saturating_duration_since(now))
    }
}
