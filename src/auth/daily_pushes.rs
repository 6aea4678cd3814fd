//! How much an API key with a quota has pushed today. A day begins at midnight UTC, for all keys.
//!
//! It is counted in memory, and written to the log from time to time: the count of this node for this day, not what was
//! added. So what is written twice counts once, and a node that starts again goes on with its own count. All nodes of a
//! cluster have the counts of all others from the log.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;

use super::limits::{Limit, LimitReached, Quota};
use crate::log::NodePushes;

/// A day, in milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// The longest time after which a count is written, in milliseconds.
const WRITE: u64 = 60_000;

/// A count is written earlier if so much of the quota has been pushed since: one of so many parts.
const PARTS: u64 = 100;

/// The pushes of one key.
#[derive(Debug, Default)]
pub struct DailyPushes(Mutex<Count>);

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    /// In days since 1970.
    day: u64,
    /// Pushes at this node.
    here: u64,
    /// Pushes at all other nodes, as far as the log has them.
    elsewhere: u64,
    /// What the log has of this node.
    written: u64,
    /// When the count was last given to the log, in milliseconds since 1970.
    given_at: u64,
}

impl Count {
    /// The count of the day of this time.
    fn at(&mut self, now: u64) -> &mut Self {
        let day = now / DAY;
        if day > self.day {
            *self = Self {
                day,
                given_at: self.given_at,
                ..Self::default()
            };
        }
        self
    }
}

impl DailyPushes {
    /// Counts a push, if that leaves the key within its quota.
    pub fn take(&self, per_day: u64, now: u64) -> Result<(), LimitReached> {
        let mut count = self.0.lock();
        let count = count.at(now);
        if count.here.saturating_add(count.elsewhere) < per_day {
            count.here += 1;
            return Ok(());
        }
        Err(LimitReached {
            limit: Limit::PushesPerDay,
            quota: Quota {
                amount: per_day,
                window: Duration::from_millis(DAY),
            },
            wait: Duration::from_millis(DAY - now % DAY),
        })
    }

    /// A push of today was counted, and was refused afterwards.
    pub fn give_back(&self, now: u64) {
        let mut count = self.0.lock();
        let count = count.at(now);
        count.here = count.here.saturating_sub(1);
    }

    /// Pushes today, at all nodes.
    pub fn today(&self, now: u64) -> u64 {
        let mut count = self.0.lock();
        let count = count.at(now);
        count.here.saturating_add(count.elsewhere)
    }

    /// Takes over what the log has. This node has counted on meanwhile.
    pub fn read(&self, stored: &[NodePushes], own: &str, now: u64) {
        let mut count = self.0.lock();
        let count = count.at(now);
        let (day, mut elsewhere) = (count.day, 0_u64);
        for node in stored.iter().filter(|node| node.day == day) {
            match *node.node == *own {
                true => {
                    count.written = node.count;
                    count.here = count.here.max(node.count);
                }
                false => elsewhere = elsewhere.saturating_add(node.count),
            }
        }
        count.elsewhere = elsewhere;
    }

    /// The count of this node, if the log does not have it and `is_due` says of the number of pushes that are new and of the
    /// milliseconds since the last time that it is to be written now.
    fn unwritten(
        &self,
        own: &Arc<str>,
        now: u64,
        is_due: impl FnOnce(u64, u64) -> bool,
    ) -> Option<NodePushes> {
        let mut count = self.0.lock();
        let count = count.at(now);
        let new = count.here.saturating_sub(count.written);
        (new > 0 && is_due(new, now.saturating_sub(count.given_at))).then(|| {
            count.given_at = now;
            NodePushes {
                node: Arc::clone(own),
                day: count.day,
                count: count.here,
            }
        })
    }

    /// The count of this node, if it is to be written now: a minute after the last time, or when a hundredth of the quota is
    /// not written yet.
    pub fn to_write(&self, own: &Arc<str>, per_day: u64, now: u64) -> Option<NodePushes> {
        self.unwritten(own, now, |new, passed| {
            passed >= WRITE || new.saturating_mul(PARTS) >= per_day
        })
    }

    /// The count of this node, if the log does not have it.
    pub fn at_the_end(&self, own: &Arc<str>, now: u64) -> Option<NodePushes> {
        self.unwritten(own, now, |_, _| true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six hours after a midnight.
    const NOW: u64 = 20_000 * DAY + DAY / 4;

    fn stored(node: &str, day: u64, count: u64) -> NodePushes {
        let node = node.into();
        NodePushes { node, day, count }
    }

    #[test]
    fn a_quota_holds_until_midnight() {
        let pushes = DailyPushes::default();
        assert_eq!(pushes.take(2, NOW), Ok(()));
        assert_eq!(pushes.take(2, NOW + 1), Ok(()));
        let reached = pushes.take(2, NOW).expect_err("refused");
        assert_eq!(reached.limit, Limit::PushesPerDay);
        assert_eq!(
            (reached.quota.amount, reached.retry_after()),
            (2, 18 * 3600)
        );
        pushes.give_back(NOW);
        assert_eq!(pushes.today(NOW), 1);
        assert_eq!(pushes.take(2, NOW), Ok(()));
        let midnight = 20_001 * DAY;
        let reached = pushes.take(2, midnight - 1).expect_err("refused");
        assert_eq!(reached.retry_after(), 1);
        assert_eq!(pushes.take(2, midnight), Ok(()));
        assert_eq!(pushes.today(midnight), 1);
        assert!(pushes.take(0, midnight).is_err());
    }

    #[test]
    fn what_other_nodes_have_counted_counts_and_what_was_read_twice_counts_once() {
        let pushes = DailyPushes::default();
        let rows = [
            stored("here", 20_000, 5),
            stored("b", 20_000, 3),
            stored("c", 19_999, 100),
        ];
        for _ in 0..2 {
            pushes.read(&rows, "here", NOW);
            assert_eq!(pushes.today(NOW), 8);
        }
        assert_eq!(pushes.take(9, NOW), Ok(()));
        assert!(pushes.take(9, NOW).is_err());
        // The log is behind, and this node knows better what it has counted itself.
        pushes.read(&rows, "here", NOW);
        assert_eq!(pushes.today(NOW), 9);
        assert_eq!(pushes.today(NOW + DAY), 0);
    }

    #[test]
    fn a_count_is_written_after_a_minute_or_a_hundredth_of_the_quota() {
        let (pushes, own) = (DailyPushes::default(), Arc::from("here"));
        assert_eq!(pushes.to_write(&own, 1000, NOW), None);
        assert_eq!(pushes.take(1000, NOW), Ok(()));
        let first = pushes.to_write(&own, 1000, NOW);
        assert_eq!(first, Some(stored("here", 20_000, 1)));
        // It was not stored: it is given again, but not at once.
        assert_eq!(pushes.to_write(&own, 1000, NOW + WRITE - 1), None);
        assert_eq!(pushes.to_write(&own, 1000, NOW + WRITE), first);
        pushes.read(&first.into_iter().collect::<Vec<_>>(), "here", NOW);
        assert_eq!(pushes.to_write(&own, 1000, NOW + 2 * WRITE), None);
        (0..9).for_each(|_| assert_eq!(pushes.take(1000, NOW), Ok(())));
        assert_eq!(pushes.to_write(&own, 1000, NOW + WRITE), None);
        let rest = pushes.at_the_end(&own, NOW + WRITE);
        assert_eq!(rest, Some(stored("here", 20_000, 10)));
        assert_eq!(pushes.take(1000, NOW), Ok(()));
        let next = pushes.to_write(&own, 1000, NOW + WRITE);
        assert_eq!(next, Some(stored("here", 20_000, 11)));
    }
}
