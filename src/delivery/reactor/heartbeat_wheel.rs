//! The heartbeats of all streams of a thread, in a timing wheel that turns once per heartbeat.
//!
//! A stream costs one entry of eight bytes, and the thread wakes up per bucket, not per stream.

use std::time::{Duration, Instant};

use crate::{outbox::StreamKey, random};

/// The number of buckets. The streams of a bucket are due together.
const BUCKETS: usize = 64;

/// See the module documentation.
pub struct HeartbeatWheel {
    buckets: Vec<Vec<StreamKey>>,
    /// The bucket that is due next, at the time `at`.
    next: usize,
    at: Instant,
    step: Duration,
    count: usize,
}

impl HeartbeatWheel {
    /// An empty wheel that turns once per heartbeat.
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

    /// Adds a stream. Its first heartbeat comes after a random time between half a heartbeat and a whole one, so that
    /// streams that were opened together are spread over time.
    pub fn add(&mut self, key: StreamKey) {
        if self.count == 0 {
            self.at = Instant::now() + self.step;
        }
        let half = BUCKETS / 2;
        let ahead = half + random::below(half as u64) as usize;
        self.buckets[(self.next + ahead) % BUCKETS].push(key);
        self.count += 1;
    }

    /// Takes the next bucket, if it is due. Its streams that are still open have to be
    /// [returned](Self::put_back).
    pub fn take(&mut self, now: Instant) -> Option<(usize, Vec<StreamKey>)> {
        if self.count == 0 || now < self.at {
            return None;
        }
        let bucket = self.next;
        self.next = (self.next + 1) % BUCKETS;
        // After a delay the wheel does not turn faster to catch up.
        self.at = (self.at + self.step).max(now);
        Some((bucket, std::mem::take(&mut self.buckets[bucket])))
    }

    /// Returns the streams of a bucket that are still open. `gone`: the number of the others.
    pub fn put_back(&mut self, bucket: usize, mut keys: Vec<StreamKey>, gone: usize) {
        self.count -= gone;
        if keys.capacity() > 4 * keys.len() {
            keys.shrink_to_fit();
        }
        // Nothing was added to this bucket meanwhile, because it was due just now.
        self.buckets[bucket] = keys;
    }

    /// The time until the next bucket is due; none when there are no streams.
    pub fn time_to_next(&self, now: Instant) -> Option<Duration> {
        (self.count > 0).then(|| self.at.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stream_is_due_once_per_turn_and_not_before_half_a_turn() {
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
                heartbeats.put_back(bucket, keys, 0);
            }
        }
        assert!(beaten.iter().all(|heartbeats| (2..=3).contains(heartbeats)));
        assert!(heartbeats.time_to_next(began).is_some());
    }

    #[test]
    fn an_empty_wheel_is_never_due() {
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
                heartbeats.put_back(bucket, Vec::new(), gone);
            }
        }
        assert_eq!(heartbeats.time_to_next(now), None);
    }
}
