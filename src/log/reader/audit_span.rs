//! Which entries of the audit trail are looked at.

/// Entries to look at, newest first.
pub(super) enum Span {
    Range(u64, u64),
    Numbers(Vec<u64>),
}

impl Span {
    /// The number of the oldest.
    pub fn low(&self) -> u64 {
        match self {
            Self::Range(low, _) => *low,
            Self::Numbers(numbers) => numbers.last().copied().unwrap_or_default(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        match self {
            Self::Range(low, high) => high - low + 1,
            Self::Numbers(numbers) => numbers.len() as u64,
        }
    }
}
