//! Counters, alone and by the value of a label.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Zero.
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Adds one.
    pub fn inc(&self) {
        self.add(1);
    }

    /// Adds a number.
    pub fn add(&self, number: u64) {
        self.0.fetch_add(number, Relaxed);
    }

    /// The sum of everything that was added.
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A counter for each value of a label. All values are known beforehand, so nobody can invent one.
#[derive(Debug)]
pub struct CounterFamily {
    values: &'static [&'static str],
    counters: Box<[Counter]>,
}

impl CounterFamily {
    /// A counter for each of these values.
    pub fn new(values: &'static [&'static str]) -> Self {
        Self {
            values,
            counters: values.iter().map(|_| Counter::default()).collect(),
        }
    }

    /// Adds one to the counter of a value. A value that is not in the list is not counted.
    pub fn inc(&self, value: &str) {
        let place = self.values.iter().position(|known| *known == value);
        debug_assert!(place.is_some(), "{value} is not in {:?}", self.values);
        if let Some(counter) = place.and_then(|place| self.counters.get(place)) {
            counter.inc();
        }
    }

    /// All values with their counts, in the order of the list.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.counters.iter().map(Counter::get);
        self.values.iter().copied().zip(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_is_counted_on_its_own() {
        let family = CounterFamily::new(&["a", "b"]);
        family.inc("b");
        family.inc("b");
        let counts: Vec<_> = family.counts().collect();
        assert_eq!(counts, [("a", 0), ("b", 2)]);
    }
}
