//! What was counted in the last ten minutes, of counters that only grow.

use std::collections::VecDeque;

use parking_lot::Mutex;

/// How many minutes are remembered.
const MINUTES: usize = 10;

/// Counters at one moment, or how much they have grown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// Pushes that a limit has refused.
    pub pushes_limited: u64,
    /// Streams that a limit has refused.
    pub streams_limited: u64,
    /// Times that a stream was too slow for its queue.
    pub slow_readers: u64,
    /// Gaps that streams were told of.
    pub gaps: u64,
    /// Commits of the log.
    pub commits: u64,
    /// Their duration in seconds, added up.
    pub commit_seconds: f64,
}

impl Counts {
    /// How much they have grown.
    pub fn since(&self, before: &Self) -> Self {
        Self {
            pushes_limited: self.pushes_limited - before.pushes_limited,
            streams_limited: self.streams_limited - before.streams_limited,
            slow_readers: self.slow_readers - before.slow_readers,
            gaps: self.gaps - before.gaps,
            commits: self.commits - before.commits,
            commit_seconds: self.commit_seconds - before.commit_seconds,
        }
    }

    /// The mean duration of a commit in milliseconds, if that is slow: a disk that works takes a tenth of it.
    pub fn slow_commit(&self) -> Option<u64> {
        const SLOW: f64 = 250.0;
        let mean = self.commit_seconds * 1e3 / self.commits.max(1) as f64;
        (mean >= SLOW).then_some(mean as u64)
    }
}

/// The counters at the beginning of each of the last minutes.
#[derive(Debug, Default)]
pub struct Recent(Mutex<VecDeque<Counts>>);

impl Recent {
    /// Remembers the counters. Call it once a minute.
    pub fn note(&self, counts: Counts) {
        let mut minutes = self.0.lock();
        if minutes.len() >= MINUTES {
            minutes.pop_front();
        }
        minutes.push_back(counts);
    }

    /// How much they have grown in the last ten minutes, or since the start if that is less long ago.
    pub fn growth(&self, now: &Counts) -> Counts {
        let minutes = self.0.lock();
        let oldest = match minutes.len() {
            MINUTES => minutes.front().copied(),
            _ => None,
        };
        now.since(&oldest.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(gaps: u64) -> Counts {
        Counts {
            gaps,
            ..Counts::default()
        }
    }

    #[test]
    fn what_was_counted_longer_ago_does_not_count() {
        let recent = Recent::default();
        assert_eq!(recent.growth(&counts(3)).gaps, 3);
        for minute in 0..MINUTES as u64 + 2 {
            recent.note(counts(10 + minute));
        }
        assert_eq!(recent.growth(&counts(30)).gaps, 30 - 12);
    }

    #[test]
    fn few_slow_commits_are_noticed_and_fast_ones_are_not() {
        let of = |commits, commit_seconds| Counts {
            commits,
            commit_seconds,
            ..Counts::default()
        };
        assert_eq!(of(0, 0.0).slow_commit(), None);
        assert_eq!(of(100, 1.0).slow_commit(), None);
        assert_eq!(of(4, 2.0).slow_commit(), Some(500));
    }
}
