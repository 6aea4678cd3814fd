//! Random numbers, to spread load over time.

/// A random number from 0 to below `bound`; 0 if the bound is 0.
pub fn below(bound: u64) -> u64 {
    let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
    (high ^ low.rotate_left(32))
        .checked_rem(bound)
        .unwrap_or_default()
}
