//! The heartbeats of all streams of a thread: a wheel that turns once in a heartbeat.
//!
//! A stream has one place on it, and so eight bytes, and the thread wakes for a bucket, not for a stream.

use std::time::{Duration, Instant};

use crate::{outbox::StreamKey, random};

/// Streams whose heartbeat is due coalesced.
const BUCKETS: usize = 64;

/// See the module's description.
pub struct HeartbeatWheel {
    buckets: Vec<Vec<StreamKey>>,
    /// The bucket that is due next, and when.
    next: usize,
    at: Instant,
    step: Duration,
    count: usize,
}

impl HeartbeatWheel {
    /// A wheel that turns once in this time.
    pub fn new(heartbeat: Duration) -> Self {
        let step = heartbeat / BUCKETS as u32;
        Self {
            buckets: vec![Vec::new(); BUCKETS],
            next: 0,
            at: Instant::now() + step,
            step,
            count: 0,
        }
    }

    /// Gives a stream its place. The first beat comes at a moment of its own, after half a heartbeat to a
    /// whole one, so that those who came together do not stay in step.
    pub fn add(&mut self, key: StreamKey) {
        if self.count == 0 {
            self.at = Instant::now() + self.step;
        }
        let half = BUCKETS / 2;
        let ahead = half + random::below(half as u64) as usize;
        self.buckets[(self.next + ahead) % BUCKETS].push(key);
        self.count += 1;
    }

    /// The streams whose heartbeat is due by now, if any are. Those that are still there are to be
    /// [given back](Self::give_back).
    pub fn take(&mut self, now: Instant) -> Option<(usize, Vec<StreamKey>)> {
        if self.count == 0 || now < self.at {
            return None;
        }
        let bucket = self.next;
        self.next = (self.next + 1) % BUCKETS;
        // A thread that was held up does not beat twice as fast afterwards.
        self.at = (self.at + self.step).max(now);
        Some((bucket, std::mem::take(&mut self.buckets[bucket])))
    }

    /// Puts those who have a heartbeat to come back where they were.
    pub fn give_back(&mut self, bucket: usize, mut keys: Vec<StreamKey>, gone: usize) {
        self.count -= gone;
        if keys.capacity() > 4 * keys.len() {
            keys.shrink_to_fit();
        }
        // Nobody was added here meanwhile: the bucket was due just now.
        self.buckets[bucket] = keys;
    }

    /// How long until the next are due; none: there is nobody.
    pub fn time_to_next(&self, now: Instant) -> Option<Duration> {
        (self.count > 0).then(|| self.at.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_beats_once_in_a_turn_and_not_before_half_of_it() {
        let heartbeat = Duration::from_secs(64);
        let mut heartbeats = HeartbeatWheel::new(heartbeat);
        let began = Instant::now();
        (0..500).for_each(|index| {
            heartbeats.add(StreamKey {
                index,
                generation: 1,
            })
        });
        let mut beaten = [0; 500];
        for second in 1..=64 * 3 {
            let now = began + Duration::from_secs(second) + Duration::from_millis(500);
            while let Some((bucket, keys)) = heartbeats.take(now) {
                assert!(keys.is_empty() || second >= 32, "{second}");
                keys.iter().for_each(|key| beaten[key.index as usize] += 1);
                heartbeats.give_back(bucket, keys, 0);
            }
        }
        assert!(beaten.iter().all(|heartbeats| (2..=3).contains(heartbeats)));
        assert!(heartbeats.time_to_next(began).is_some());
    }

    #[test]
    fn a_wheel_that_nobody_is_on_wakes_nobody() {
        let mut heartbeats = HeartbeatWheel::new(Duration::from_secs(1));
        assert_eq!(heartbeats.time_to_next(Instant::now()), None);
        heartbeats.add(StreamKey {
            index: 1,
            generation: 1,
        });
        let now = Instant::now() + Duration::from_secs(10);
        for second in 0..BUCKETS as u64 {
            if let Some((bucket, keys)) = heartbeats.take(now + Duration::from_secs(second)) {
                let gone = keys.len();
                heartbeats.give_back(bucket, Vec::new(), gone);
            }
        }
        assert_eq!(heartbeats.time_to_next(now), None);
    }
}
