//! Random numbers, to spread load over time. They are not secret.

use std::hash::{BuildHasher, Hasher, RandomState};

/// A random number from 0 to below `bound`; 0 if the bound is 0.
pub fn below(bound: u64) -> u64 {
    // Each thread asks the system for random keys once, and each state has different ones.
    let random = RandomState::new().build_hasher().finish();
    random.checked_rem(bound).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spread_below_their_bound() {
        let mut counts = [0; 10];
        (0..10_000).for_each(|_| counts[usize::try_from(below(10)).expect("small")] += 1);
        assert!(counts.iter().all(|count| *count > 500), "{counts:?}");
        assert_eq!((below(0), below(1)), (0, 0));
    }
}
