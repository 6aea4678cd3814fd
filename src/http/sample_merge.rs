//! Makes one sample of those of a longer interval.

use crate::log::{NodeSample, Step};

/// The samples of an interval that has not ended. Intervals begin at multiples of their length, so that a restart does not
/// move them.
#[derive(Debug)]
pub struct SampleMerge {
    step: Step,
    count: u32,
    /// Samples with a latency.
    with_lag: u32,
    merged: Option<NodeSample>,
}

impl SampleMerge {
    pub fn new(step: Step) -> Self {
        Self {
            step,
            count: 0,
            with_lag: 0,
            merged: None,
        }
    }

    /// Adds a sample. If it begins a new interval, returns the sample of the one before.
    pub fn add(&mut self, sample: &NodeSample) -> Option<NodeSample> {
        // A sample covers the time before it, so one at the end of an interval belongs to it.
        let interval = |at: u64| at.saturating_sub(1) / (self.step.seconds() * 1000);
        let is_new = |merged: &NodeSample| interval(merged.at) != interval(sample.at);
        let before = match self.merged.as_ref().is_some_and(is_new) {
            true => self.take(),
            false => None,
        };
        self.count += 1;
        self.with_lag += u32::from(sample.lag_p50.is_some());
        self.merged = Some(match self.merged {
            None => *sample,
            Some(merged) => self.merge(&merged, sample),
        });
        before
    }

    /// The sample of what has been added to this interval.
    pub fn so_far(&self) -> Option<NodeSample> {
        self.merged
    }

    /// The same, and ends the interval.
    pub fn take(&mut self) -> Option<NodeSample> {
        (self.count, self.with_lag) = (0, 0);
        self.merged.take()
    }

    /// See [`app::wire::Sample`]. The median of all is not known any more.
    fn merge(&self, a: &NodeSample, b: &NodeSample) -> NodeSample {
        let mean =
            |mean: f64, value: f64, count: u32| mean + (value - mean) / f64::from(count.max(1));
        NodeSample {
            at: b.at,
            clients: a.clients.max(b.clients),
            connections: a.connections.max(b.connections),
            pushes: mean(a.pushes, b.pushes, self.count),
            deliveries: mean(a.deliveries, b.deliveries, self.count),
            lag_p50: match (a.lag_p50, b.lag_p50) {
                (Some(a), Some(b)) => Some(mean(a, b, self.with_lag)),
                (a, b) => a.or(b),
            },
            lag_p99: match (a.lag_p99, b.lag_p99) {
                (Some(a), Some(b)) => Some(a.max(b)),
                (a, b) => a.or(b),
            },
            memory: a.memory.max(b.memory),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at: u64, clients: u64, pushes: f64, lag: Option<f64>) -> NodeSample {
        NodeSample {
            at: at * 1000,
            clients,
            connections: clients,
            pushes,
            deliveries: pushes * 2.0,
            lag_p50: lag,
            lag_p99: lag,
            memory: 0,
        }
    }

    #[test]
    fn an_interval_has_the_highest_counts_and_the_mean_rates() {
        let mut merge = SampleMerge::new(Step::Minute);
        let first = [
            sample(65, 3, 2.0, None),
            sample(70, 7, 4.0, Some(1.0)),
            sample(120, 1, 0.0, Some(3.0)),
        ];
        assert!(first.iter().all(|sample| merge.add(sample).is_none()));
        let merged = merge.add(&sample(121, 9, 9.0, None)).expect("a minute");
        assert_eq!(
            (merged.at, merged.clients, merged.connections),
            (120_000, 7, 7)
        );
        assert!((merged.pushes - 2.0).abs() < 1e-9 && (merged.deliveries - 4.0).abs() < 1e-9);
        assert_eq!((merged.lag_p50, merged.lag_p99), (Some(2.0), Some(3.0)));
        assert_eq!(merge.so_far().map(|sample| sample.clients), Some(9));
        assert_eq!(merge.take().map(|sample| sample.at), Some(121_000));
        assert_eq!(merge.take(), None);
    }
}
