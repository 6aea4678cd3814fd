//! Histograms of durations.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// The upper bounds of the buckets, in microseconds: from what a write to a socket takes to what nobody should wait.
const BOUNDS: [u64; 15] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 10_000_000,
];

/// Counts durations by bucket. Recording one is two additions.
#[derive(Debug, Default)]
pub struct DurationHistogram {
    /// The last one has no upper bound.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    sum_micros: AtomicU64,
}

/// The counts of a histogram at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistogramSnapshot {
    /// For each upper bound, how many values are not above it. Without the last bucket, which has all.
    pub buckets: Vec<(f64, u64)>,
    /// The number of all values.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
}

impl DurationHistogram {
    /// Records `times` values of this duration.
    pub fn observe(&self, took: Duration, times: u64) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.partition_point(|bound| *bound < micros);
        self.buckets[bucket].fetch_add(times, Relaxed);
        self.sum_micros
            .fetch_add(micros.saturating_mul(times), Relaxed);
    }

    /// The counts now, in seconds.
    pub fn snapshot(&self) -> HistogramSnapshot {
        let counts = self.buckets.each_ref().map(|bucket| bucket.load(Relaxed));
        let seconds = |micros: u64| micros as f64 / 1e6;
        HistogramSnapshot::of(
            BOUNDS.into_iter().map(seconds).zip(counts),
            counts[BOUNDS.len()],
            seconds(self.sum_micros.load(Relaxed)),
        )
    }
}

impl HistogramSnapshot {
    /// From the counts of each bucket, the count of values above all bounds, and the sum of all values.
    pub fn of(buckets: impl Iterator<Item = (f64, u64)>, above: u64, sum: f64) -> Self {
        let mut count = 0;
        let buckets = buckets.map(|(bound, more)| {
            count += more;
            (bound, count)
        });
        let buckets = buckets.collect();
        Self {
            buckets,
            count: count + above,
            sum,
        }
    }

    /// Adds the counts of another histogram with the same bounds.
    pub fn add(&mut self, other: &Self) {
        if self.buckets.is_empty() {
            return self.clone_from(other);
        }
        for ((_, count), (_, more)) in self.buckets.iter_mut().zip(&other.buckets) {
            *count += more;
        }
        self.count += other.count;
        self.sum += other.sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_counted_in_every_bucket_whose_bound_it_does_not_exceed() {
        let histogram = DurationHistogram::default();
        histogram.observe(Duration::from_micros(100), 1);
        histogram.observe(Duration::from_micros(101), 2);
        histogram.observe(Duration::from_secs(60), 1);
        let mut snapshot = histogram.snapshot();
        assert_eq!(snapshot.buckets[0], (0.0001, 1));
        assert_eq!(snapshot.buckets[1], (0.00025, 3));
        assert_eq!(snapshot.buckets.last(), Some(&(10.0, 3)));
        assert_eq!(snapshot.count, 4);
        assert!((snapshot.sum - 60.000_302).abs() < 1e-9);
        snapshot.add(&histogram.snapshot());
        assert_eq!((snapshot.buckets[1].1, snapshot.count), (6, 8));
    }
}
