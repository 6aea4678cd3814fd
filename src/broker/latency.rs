//! A histogram of the time from the arrival of a push until all connected recipients have it in their queues.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use crate::metrics::{DurationHistogram, HistogramSnapshot};

/// Buckets per power of two, so that a quantile is at most 1/8 too high.
const PER_POWER: u32 = 8;
/// Enough buckets for an hour in microseconds.
const BUCKETS: usize = 32 * PER_POWER as usize;

/// Counts durations by bucket, twice: since the start, and precisely since they were last taken.
pub struct LatencyHistogram {
    all: DurationHistogram,
    period: [AtomicU64; BUCKETS],
}

/// The counts of a period.
#[derive(Clone, Debug)]
pub struct LatencySnapshot(Vec<u64>);

impl Default for LatencyHistogram {
    fn default() -> Self {
        Self {
            all: DurationHistogram::default(),
            period: [const { AtomicU64::new(0) }; BUCKETS],
        }
    }
}

impl LatencyHistogram {
    /// Records `messages` that took this long.
    pub fn count(&self, took: Duration, messages: u64) {
        self.all.observe(took, messages);
        self.period[bucket(took.as_micros() as u64)].fetch_add(messages, Ordering::Relaxed);
    }

    /// Everything since the start.
    pub fn all(&self) -> HistogramSnapshot {
        self.all.snapshot()
    }

    /// Takes everything since the last call.
    pub fn take(&self) -> LatencySnapshot {
        LatencySnapshot(
            self.period
                .iter()
                .map(|bucket| bucket.swap(0, Ordering::Relaxed))
                .collect(),
        )
    }
}

impl LatencySnapshot {
    /// The milliseconds that a `share` (0 to 1) of the durations did not exceed; none when there are none.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let all: u64 = self.0.iter().sum();
        if all == 0 {
            return None;
        }
        let wanted = ((all as f64 * share).ceil() as u64).max(1);
        let mut counted = 0;
        let found = self.0.iter().position(|count| {
            counted += count;
            counted >= wanted
        });
        found.map(|bucket| upper(bucket) as f64 / 1_000.0)
    }
}

/// The bucket of a duration. Below `PER_POWER` each microsecond has its own.
fn bucket(micros: u64) -> usize {
    if micros < u64::from(PER_POWER) {
        return micros as usize;
    }
    let power = micros.ilog2() - PER_POWER.ilog2();
    let within = (micros >> power) as u32 - PER_POWER;
    (((power + 1) * PER_POWER + within) as usize).min(BUCKETS - 1)
}

/// The largest duration of a bucket, in microseconds.
fn upper(bucket: usize) -> u64 {
    let (row, within) = (
        bucket as u32 / PER_POWER,
        bucket as u64 % u64::from(PER_POWER),
    );
    match row {
        0 => within,
        _ => ((u64::from(PER_POWER) + within + 1) << (row - 1)) - 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_contiguous() {
        for micros in 0..100_000 {
            let bucket = bucket(micros);
            assert!(micros <= upper(bucket), "{micros} in {bucket}");
            assert!(
                bucket == 0 || micros > upper(bucket - 1),
                "{micros} in {bucket}"
            );
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn a_quantile_is_at_most_an_eighth_too_high() {
        let histogram = LatencyHistogram::default();
        (1..=1_000).for_each(|ms| histogram.count(Duration::from_millis(ms), 1));
        let latencies = histogram.take();
        for (share, exact) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1_000.0)] {
            let quantile = latencies.quantile(share).expect("there are some");
            assert!(
                (exact..exact * 1.125).contains(&quantile),
                "{share}: {quantile}"
            );
        }
        assert_eq!(
            histogram.take().quantile(0.5),
            None,
            "the counts were reset"
        );
    }
}
