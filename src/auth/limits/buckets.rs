//! Token buckets: how often something may happen, for each of many.

use std::{
    collections::HashMap,
    hash::Hash,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// The most buckets that are stored.
const MAX: usize = 65_536;

/// So much at once, and so much again in this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// 1 or more.
    pub amount: u64,
    /// The time in which an empty bucket fills.
    pub window: Duration,
}

/// A bucket does not have what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Empty {
    /// The time after which it will have it.
    pub wait: Duration,
}

/// A bucket for each key. Their number is bounded: a full bucket is not stored, and if there are too many, the fuller half
/// is forgotten. So whoever comes from very many addresses can empty no bucket of others.
#[derive(Debug)]
pub struct Buckets<K>(Mutex<HashMap<K, Instant>>);

impl<K> Default for Buckets<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Copy + Eq + Hash> Buckets<K> {
    /// Takes `cost` out of the bucket of `key`. What costs more than a bucket holds is allowed when the bucket is full, and
    /// then it takes longer until it is full again.
    pub fn take(&self, key: K, cost: u64, quota: Quota, now: Instant) -> Result<(), Empty> {
        let mut full_at = self.0.lock();
        // When the bucket will be full. This is all that has to be known of it.
        let full = full_at.get(&key).map_or(now, |&full| full.max(now));
        let filling = quota.time_for(cost);
        let next = full + filling;
        if full > now && next > now + quota.window {
            let wait = next.duration_since(now + quota.window).min(full - now);
            return Err(Empty { wait });
        }
        if full_at.len() >= MAX && !full_at.contains_key(&key) {
            make_room(&mut full_at, now);
        }
        full_at.insert(key, next);
        Ok(())
    }

    /// Puts back what was taken.
    pub fn give_back(&self, key: K, cost: u64, quota: Quota) {
        if let Some(full) = self.0.lock().get_mut(&key) {
            *full = full.checked_sub(quota.time_for(cost)).unwrap_or(*full);
        }
    }

    /// How many buckets are stored.
    pub fn len(&self) -> usize {
        self.0.lock().len()
    }
}

impl Quota {
    /// The time in which `cost` flows into a bucket.
    fn time_for(self, cost: u64) -> Duration {
        let nanos = self.window.as_nanos() * u128::from(cost) / u128::from(self.amount.max(1));
        // At most 584 years.
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// Forgets full buckets, and of the others the half that will be full first. So the work is spread over many new keys.
fn make_room<K: Copy + Eq + Hash>(full_at: &mut HashMap<K, Instant>, now: Instant) {
    full_at.retain(|_, full| *full > now);
    if full_at.len() <= MAX / 2 {
        return;
    }
    let mut times: Vec<Instant> = full_at.values().copied().collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    let mut left = middle;
    full_at.retain(|_, full| {
        // Many may be equal.
        let stays = *full > median || left == 0;
        left -= usize::from(!stays);
        stays
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEN_A_MINUTE: Quota = Quota {
        amount: 10,
        window: Duration::from_secs(60),
    };

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let (buckets, now) = (Buckets::default(), Instant::now());
        let take = |at: f64| buckets.take("a", 1, TEN_A_MINUTE, now + seconds(at));
        (0..10).for_each(|_| assert_eq!(take(0.0), Ok(())));
        let empty = |wait| {
            Err(Empty {
                wait: seconds(wait),
            })
        };
        assert_eq!(take(0.0), empty(6.0));
        assert_eq!(take(2.5), empty(3.5));
        assert_eq!(take(6.0), Ok(()));
        assert_eq!(take(6.0), empty(6.0));
        (0..10).for_each(|_| assert_eq!(take(1000.0), Ok(())));
        assert!(take(1000.0).is_err());
        assert_eq!(buckets.take("b", 10, TEN_A_MINUTE, now), Ok(()));
    }

    #[test]
    fn what_is_larger_than_a_bucket_needs_a_full_one() {
        let (buckets, now) = (Buckets::default(), Instant::now());
        let take = |cost, at: f64| buckets.take((), cost, TEN_A_MINUTE, now + seconds(at));
        assert_eq!(take(25, 0.0), Ok(()));
        assert_eq!(
            take(1, 0.0),
            Err(Empty {
                wait: seconds(96.0)
            })
        );
        assert_eq!(
            take(25, 90.0),
            Err(Empty {
                wait: seconds(60.0)
            })
        );
        assert_eq!(take(25, 150.0), Ok(()));
        assert_eq!(take(u64::MAX, 1000.0), Ok(()));
        assert!(take(1, 1e6).is_err());
    }

    #[test]
    fn a_million_keys_are_not_all_stored() {
        let (buckets, now) = (Buckets::default(), Instant::now());
        let take = |key: u32| buckets.take(key, 1, TEN_A_MINUTE, now).is_ok();
        // This one is empty, and stays so while others come and go.
        (0..10).for_each(|_| assert!(take(0)));
        for key in 1..1_000_000 {
            assert!(take(key));
            assert!(key % 1000 != 0 || buckets.len() <= MAX);
        }
        assert!(buckets.len() <= MAX && buckets.len() >= MAX / 2);
        assert!(!take(0));
        // Later all of them are full again.
        let later = now + Duration::from_secs(3600);
        for key in 0..MAX as u32 {
            assert!(buckets.take(key, 1, TEN_A_MINUTE, later).is_ok());
        }
        assert!(buckets.len() <= MAX);
    }

    proptest! {
        #[test]
        fn no_more_than_the_quota_is_taken_in_any_window(
            amount in 1_u64..20,
            steps in prop::collection::vec((0_u64..5_000, 1_u64..4), 1..100),
        ) {
            let quota = Quota { amount, window: Duration::from_secs(10) };
            let (buckets, start) = (Buckets::default(), Instant::now());
            let mut now = 0;
            let mut taken: Vec<(u64, u64)> = Vec::new();
            for (pause, cost) in steps {
                now += pause;
                let at = start + Duration::from_millis(now);
                match buckets.take((), cost, quota, at) {
                    Ok(()) => taken.push((now, cost)),
                    Err(Empty { wait }) => {
                        prop_assert!(!wait.is_zero());
                        // The time that was told is enough.
                        let copy = Buckets::default();
                        copy.0.lock().clone_from(&buckets.0.lock());
                        prop_assert_eq!(copy.take((), cost, quota, at + wait), Ok(()));
                    }
                }
            }
            // A full bucket and what flows in meanwhile, and one that was too large.
            for (begin, _) in &taken {
                let within = taken.iter().filter(|(at, _)| (*begin..begin + 10_000).contains(at));
                let sum: u64 = within.map(|(_, cost)| cost).sum();
                prop_assert!(sum <= 2 * amount + 3, "{} of {}", sum, amount);
            }
        }
    }
}
