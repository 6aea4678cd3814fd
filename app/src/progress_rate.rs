//! The speed of a job, and the estimated remaining time.

use std::collections::VecDeque;

/// Milliseconds for which points are considered.
const WINDOW: f64 = 30_000.0;
/// Minimum milliseconds between the first and the last point.
const LEAST: f64 = 500.0;
/// Points that are kept.
const POINTS: usize = 64;

/// Steps of a job over time.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProgressRate {
    points: VecDeque<(f64, u64)>,
}

impl ProgressRate {
    /// Adds a point: a time in milliseconds, and the number of completed steps.
    pub(crate) fn note(&mut self, at: f64, step: u64) {
        if self.points.back().is_some_and(|(_, last)| step < *last) {
            // The job has started again.
            self.points.clear();
        }
        // Frequent reports do not add points: the newest point is replaced until it is far enough from the last one.
        let often = WINDOW / POINTS as f64;
        let before = self.points.len().checked_sub(2);
        let is_near = before.is_some_and(|before| {
            let near = |last: &(f64, u64)| last.0 - self.points[before].0 < often;
            self.points.back().is_some_and(near)
        });
        match self.points.back_mut() {
            Some(last) if is_near => *last = (at, step),
            _ => self.points.push_back((at, step)),
        }
        // Keeps the oldest point in the window, and one before it.
        while self.points.len() > 2 && at - self.points[1].0 > WINDOW || self.points.len() > POINTS
        {
            self.points.pop_front();
        }
    }

    /// Steps per second; none if it cannot be computed.
    pub(crate) fn rate(&self) -> Option<f64> {
        let ((from, first), (to, last)) = (self.points.front()?, self.points.back()?);
        let (time, steps) = (to - from, last - first);
        (time >= LEAST && steps > 0).then(|| steps as f64 * 1_000.0 / time)
    }

    /// Seconds until `total` is reached; none if it cannot be computed.
    pub(crate) fn left(&self, total: Option<u64>) -> Option<f64> {
        let (_, step) = self.points.back()?;
        let rest = total?.checked_sub(*step)?;
        Some(rest as f64 / self.rate()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(points: &[(f64, u64)]) -> ProgressRate {
        let mut progress_rate = ProgressRate::default();
        points
            .iter()
            .for_each(|(at, step)| progress_rate.note(*at, *step));
        progress_rate
    }

    #[test]
    fn the_remaining_time_of_a_steady_job_is_exact() {
        let progress_rate = after(&[(0.0, 0), (10_000.0, 5), (20_000.0, 10)]);
        assert_eq!(progress_rate.rate(), Some(0.5));
        assert_eq!(progress_rate.left(Some(20)), Some(20.0));
        assert_eq!(progress_rate.left(None), None);
    }

    #[test]
    fn there_is_no_rate_without_two_points_and_progress() {
        assert_eq!(after(&[(0.0, 3)]).rate(), None);
        assert_eq!(after(&[(0.0, 3), (100.0, 4)]).rate(), None);
        assert_eq!(after(&[(0.0, 3), (5_000.0, 3)]).rate(), None);
    }

    #[test]
    fn old_points_are_ignored() {
        let mut points = vec![(0.0, 0)];
        points.extend((1..=100).map(|n| (f64::from(n) * 1_000.0, 1_000 + u64::from(n as u32))));
        let rate = after(&points).rate().expect("a rate");
        assert!((0.9..1.1).contains(&rate), "{rate}");
    }

    #[test]
    fn a_job_that_starts_again_has_a_new_rate() {
        let progress_rate = after(&[(0.0, 0), (10_000.0, 90), (11_000.0, 1), (21_000.0, 11)]);
        assert_eq!(progress_rate.rate(), Some(1.0));
    }

    #[test]
    fn the_rate_follows_a_job_that_reports_often_and_slows_down() {
        let fast = (0..1_000).map(|n| (f64::from(n) * 10.0, 10 * n as u64));
        let slow = (0..5_000).map(|n| (10_000.0 + f64::from(n) * 10.0, 10_000 + n as u64 / 100));
        let progress_rate = after(&fast.chain(slow).collect::<Vec<_>>());
        let rate = progress_rate.rate().expect("a rate");
        assert!((0.9..1.1).contains(&rate), "{rate}");
    }

    #[test]
    fn frequent_reports_use_bounded_memory() {
        let points: Vec<_> = (0..10_000)
            .map(|n| (f64::from(n) * 10.0, n as u64))
            .collect();
        let progress_rate = after(&points);
        assert!(progress_rate.points.len() <= POINTS + 1);
        let rate = progress_rate.rate().expect("a rate");
        assert!((95.0..105.0).contains(&rate), "{rate}");
    }
}
