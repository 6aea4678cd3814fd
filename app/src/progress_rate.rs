//! How fast a job goes, and when it will be done if it goes on like that.

use std::collections::VecDeque;

/// What is older than so many milliseconds says nothing of how fast it goes now.
const WINDOW: f64 = 30_000.0;
/// So many milliseconds are too few to judge by.
const LEAST: f64 = 500.0;
/// Points that are remembered.
const POINTS: usize = 64;

/// Where a job was, and when.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProgressRate {
    points: VecDeque<(f64, u64)>,
}

impl ProgressRate {
    /// Takes note that a job had so many steps behind it at a time, in milliseconds.
    pub(crate) fn note(&mut self, at: f64, step: u64) {
        if self.points.back().is_some_and(|(_, last)| step < *last) {
            // It has begun anew.
            self.points.clear();
        }
        // Whoever reports often is no more exact for it: the newest point moves until it is far enough from the last.
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
        // The oldest within the window, and one before it.
        while self.points.len() > 2 && at - self.points[1].0 > WINDOW || self.points.len() > POINTS
        {
            self.points.pop_front();
        }
    }

    /// Steps per second of late; none: it has not gone on, or nobody can tell yet.
    pub(crate) fn rate(&self) -> Option<f64> {
        let ((from, first), (to, last)) = (self.points.front()?, self.points.back()?);
        let (time, steps) = (to - from, last - first);
        (time >= LEAST && steps > 0).then(|| steps as f64 * 1_000.0 / time)
    }

    /// Seconds until it has come to `total`; none: nobody can tell.
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
    fn a_steady_job_is_done_when_it_should_be() {
        let progress_rate = after(&[(0.0, 0), (10_000.0, 5), (20_000.0, 10)]);
        assert_eq!(progress_rate.rate(), Some(0.5));
        assert_eq!(progress_rate.left(Some(20)), Some(20.0));
        assert_eq!(progress_rate.left(None), None);
    }

    #[test]
    fn nobody_can_tell_from_one_point_or_from_none_that_moved() {
        assert_eq!(after(&[(0.0, 3)]).rate(), None);
        assert_eq!(after(&[(0.0, 3), (100.0, 4)]).rate(), None);
        assert_eq!(after(&[(0.0, 3), (5_000.0, 3)]).rate(), None);
    }

    #[test]
    fn what_was_long_ago_does_not_count() {
        let mut points = vec![(0.0, 0)];
        points.extend((1..=100).map(|n| (f64::from(n) * 1_000.0, 1_000 + u64::from(n as u32))));
        let rate = after(&points).rate().expect("a rate");
        assert!((0.9..1.1).contains(&rate), "{rate}");
    }

    #[test]
    fn a_job_that_begins_anew_is_judged_anew() {
        let progress_rate = after(&[(0.0, 0), (10_000.0, 90), (11_000.0, 1), (21_000.0, 11)]);
        assert_eq!(progress_rate.rate(), Some(1.0));
    }

    #[test]
    fn whoever_reports_often_and_slows_down_is_slow() {
        let fast = (0..1_000).map(|n| (f64::from(n) * 10.0, 10 * n as u64));
        let slow = (0..5_000).map(|n| (10_000.0 + f64::from(n) * 10.0, 10_000 + n as u64 / 100));
        let progress_rate = after(&fast.chain(slow).collect::<Vec<_>>());
        let rate = progress_rate.rate().expect("a rate");
        assert!((0.9..1.1).contains(&rate), "{rate}");
    }

    #[test]
    fn whoever_reports_often_is_remembered_within_bounds() {
        let points: Vec<_> = (0..10_000)
            .map(|n| (f64::from(n) * 10.0, n as u64))
            .collect();
        let progress_rate = after(&points);
        assert!(progress_rate.points.len() <= POINTS + 1);
        let rate = progress_rate.rate().expect("a rate");
        assert!((95.0..105.0).contains(&rate), "{rate}");
    }
}
