//! The most frequent names of an endless sequence, in bounded memory: the algorithm Space-Saving (Metwally, Agrawal and El
//! Abbadi, *Efficient Computation of Frequent and Top-k Elements in Data Streams*, 2005).
//!
//! A name that has more than a share of `1 / ENTRIES` of all deliveries is certainly in the list. A count may be too high by
//! what the name had that it has replaced, and is never too low.

use std::{collections::HashMap, hash::Hash};

/// Names in a list. A page of two lists takes about 30 kB at most, besides the names.
pub const ENTRIES: usize = 128;

/// What was counted for a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Connections that pushes were handed to.
    pub deliveries: u64,
    /// Of these, how many may belong to other names.
    pub uncertain: u64,
    /// Pushes since the name is in the list.
    pub pushes: u64,
}

/// See the module documentation.
#[derive(Clone, Debug)]
pub struct TopList<K> {
    places: HashMap<K, usize>,
    entries: Vec<(K, Tally)>,
    /// The smallest count when it was looked for last. Entries before `next` have more, because counts only grow.
    least: u64,
    next: usize,
}

impl<K> Default for TopList<K> {
    fn default() -> Self {
        Self {
            places: HashMap::new(),
            entries: Vec::new(),
            least: 0,
            next: 0,
        }
    }
}

impl<K: Clone + Eq + Hash + Ord> TopList<K> {
    /// Counts a push and its deliveries, of which there is at least one.
    pub fn note(&mut self, name: &K, deliveries: u64) {
        if let Some(place) = self.places.get(name) {
            let tally = &mut self.entries[*place].1;
            tally.deliveries = tally.deliveries.saturating_add(deliveries);
            tally.pushes += 1;
            return;
        }
        let mut tally = Tally {
            deliveries,
            uncertain: 0,
            pushes: 1,
        };
        if self.entries.len() < ENTRIES {
            self.places.insert(name.clone(), self.entries.len());
            return self.entries.push((name.clone(), tally));
        }
        let place = self.least_place();
        let replaced = self.entries[place].1.deliveries;
        tally.deliveries = tally.deliveries.saturating_add(replaced);
        tally.uncertain = replaced;
        let (old, _) = std::mem::replace(&mut self.entries[place], (name.clone(), tally));
        self.places.remove(&old);
        self.places.insert(name.clone(), place);
    }

    /// The place of an entry with the smallest count. Looks on from where it has found the last one, so that a long sequence
    /// of new names passes the list once for each level of counts, and not once for each name.
    fn least_place(&mut self) -> usize {
        let is_least = |(_, tally): &(K, Tally)| tally.deliveries <= self.least;
        if let Some(found) = self.entries[self.next..].iter().position(is_least) {
            self.next += found + 1;
            return self.next - 1;
        }
        let counts = self.entries.iter().map(|(_, tally)| tally.deliveries);
        let (place, least) = counts
            .enumerate()
            .min_by_key(|(_, count)| *count)
            .unwrap_or_default();
        self.least = least;
        self.next = place + 1;
        place
    }

    /// Adds the counts of another list.
    pub fn add(&mut self, other: Self) {
        for (name, tally) in other.entries {
            match self.places.get(&name) {
                Some(place) => {
                    let sum = &mut self.entries[*place].1;
                    sum.deliveries = sum.deliveries.saturating_add(tally.deliveries);
                    sum.uncertain = sum.uncertain.saturating_add(tally.uncertain);
                    sum.pushes += tally.pushes;
                }
                None => {
                    self.places.insert(name.clone(), self.entries.len());
                    self.entries.push((name, tally));
                }
            }
        }
    }

    /// All names with their counts: most deliveries first, and by name where they are equal.
    pub fn sorted(self) -> Vec<(K, Tally)> {
        let mut entries = self.entries;
        entries.sort_by(|(a, counted), (b, other)| {
            let order = other.deliveries.cmp(&counted.deliveries);
            order.then_with(|| a.cmp(b))
        });
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_names_are_counted_exactly() {
        let mut list = TopList::default();
        for (name, deliveries) in [("a", 1), ("b", 5), ("a", 1), ("c", 2)] {
            list.note(&name, deliveries);
        }
        let counts = list.sorted().into_iter();
        let counts: Vec<_> = counts
            .map(|(name, tally)| (name, tally.deliveries))
            .collect();
        assert_eq!(counts, [("b", 5), ("a", 2), ("c", 2)]);
    }

    #[test]
    fn frequent_names_stay_among_many_others_in_bounded_memory() {
        let mut list = TopList::default();
        let (mut total, mut hot) = (0, 0);
        for n in 0..100_000_u64 {
            list.note(&(n + 10), 1);
            total += 1;
            if n % 20 == 0 {
                list.note(&(n / 20 % 2), 1);
                (total, hot) = (total + 1, hot + 1);
            }
        }
        assert_eq!((list.entries.len(), list.places.len()), (ENTRIES, ENTRIES));
        let sorted = list.sorted();
        let mut first = [sorted[0].0, sorted[1].0];
        first.sort_unstable();
        assert_eq!(first, [0, 1]);
        let bound = total / ENTRIES as u64;
        for (name, tally) in &sorted[..2] {
            let exact = hot / 2;
            assert!(tally.deliveries >= exact, "{name} is never too low");
            assert!(tally.deliveries - tally.uncertain <= exact, "{name}");
            assert!(tally.uncertain <= bound, "{name}: {tally:?}");
        }
    }

    #[test]
    fn the_entry_that_is_replaced_has_the_smallest_count() {
        let mut list = TopList::default();
        for n in 0..ENTRIES as u64 {
            list.note(&n, n % 7 + 1);
        }
        for n in 0..1_000_u64 {
            let counts = list.entries.iter().map(|(_, tally)| tally.deliveries);
            let least = counts.min().expect("full");
            let name = 1_000_000 + n;
            list.note(&name, n % 3 + 1);
            let place = list.places[&name];
            assert_eq!(list.entries[place].1.uncertain, least);
            list.note(&(n % 5), 2);
        }
    }
}
