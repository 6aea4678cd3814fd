//! Which connections subscribe by patterns that are found by the text they begin with and the text they end with.

use std::collections::{BTreeMap, HashMap};

use super::connection_set::{ConnectionKey, ConnectionSet};
use crate::message::TopicFilter;

/// The most different patterns. An update may have to be compared with each of them, before the next one is delivered.
pub(super) const MAX: usize = 10_000;

/// The index from a text to the subscribers by patterns, each with what it is matched by. A lookup costs a search for each
/// length that a prefix of some pattern has, one for each length of the suffixes of those that begin like the text, and a match
/// for each pattern that begins and ends like it. Patterns that differ only between two expressions are all compared.
pub(super) struct AffixIndex<M> {
    /// By prefix, then by suffix.
    groups: ByText<ByText<Group<M>>>,
    len: usize,
}

/// What every text begins with and ends with that a pattern matches. Both may be empty, and they may overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Affixes<'p> {
    pub prefix: &'p str,
    pub suffix: &'p str,
}

/// The patterns with the same affixes.
type Group<M> = HashMap<TopicFilter, (M, ConnectionSet)>;

impl<M> Default for AffixIndex<M> {
    fn default() -> Self {
        Self {
            groups: ByText::default(),
            len: 0,
        }
    }
}

impl<M> AffixIndex<M> {
    /// The number of distinct patterns.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether a pattern is the same as one that is there, or may become a further one.
    pub(super) fn admits(&self, filter: &TopicFilter, Affixes { prefix, suffix }: Affixes) -> bool {
        let group = || self.groups.values.get(prefix)?.values.get(suffix);
        self.len < MAX || group().is_some_and(|group| group.contains_key(filter))
    }

    /// Calls `found` with each pattern and the number of its subscribers, in no order.
    pub(super) fn each(&self, found: &mut impl FnMut(&str, usize)) {
        let by_suffix = self.groups.values.values();
        let groups = by_suffix.flat_map(|by_suffix| by_suffix.values.values());
        for (filter, (_, connections)) in groups.flatten() {
            found(filter.as_str(), connections.len());
        }
    }

    /// Adds a subscriber. `matched_by`: what the pattern is matched by, if it is a further one.
    pub(super) fn add(
        &mut self,
        filter: &TopicFilter,
        Affixes { prefix, suffix }: Affixes,
        id: ConnectionKey,
        matched_by: M,
    ) {
        let group = self.groups.or_default(prefix).or_default(suffix);
        let entry = group.entry(filter.clone());
        let (_, connections) = entry.or_insert_with(|| (matched_by, ConnectionSet::default()));
        self.len += usize::from(connections.is_empty());
        connections.insert(id);
    }

    pub(super) fn remove(
        &mut self,
        filter: &TopicFilter,
        Affixes { prefix, suffix }: Affixes,
        id: ConnectionKey,
    ) {
        let Some(by_suffix) = self.groups.values.get_mut(prefix) else {
            return;
        };
        let Some(group) = by_suffix.values.get_mut(suffix) else {
            return;
        };
        let entry = group.get_mut(filter);
        if !entry.is_some_and(|(_, keys)| keys.remove(id)) {
            return;
        }
        self.len -= 1;
        group.remove(filter);
        if group.is_empty() {
            by_suffix.remove(suffix);
        }
        if by_suffix.values.is_empty() {
            self.groups.remove(prefix);
        }
    }

    /// Adds the subscribers by patterns that begin and end like this text, and that match.
    pub(super) fn collect<'a>(
        &'a self,
        text: &str,
        matches: impl Fn(&TopicFilter, &M) -> bool,
        sets: &mut Vec<&'a ConnectionSet>,
    ) {
        for by_suffix in self.groups.beginnings_of(text) {
            for (filter, (matched_by, connections)) in by_suffix.ends_of(text).flatten() {
                if matches(filter, matched_by) {
                    sets.push(connections);
                }
            }
        }
    }
}

/// Values by texts, of which those are found that a longer text begins or ends with.
struct ByText<T> {
    values: HashMap<Box<str>, T>,
    /// The lengths of the texts in bytes, and how many have each.
    lengths: BTreeMap<usize, usize>,
}

impl<T> Default for ByText<T> {
    fn default() -> Self {
        Self {
            values: HashMap::new(),
            lengths: BTreeMap::new(),
        }
    }
}

impl<T> ByText<T> {
    /// The value of a text. If there is none, an empty one.
    fn or_default(&mut self, text: &str) -> &mut T
    where
        T: Default,
    {
        if !self.values.contains_key(text) {
            *self.lengths.entry(text.len()).or_default() += 1;
        }
        self.values.entry(text.into()).or_default()
    }

    fn remove(&mut self, text: &str) {
        if self.values.remove(text).is_none() {
            return;
        }
        if let Some(count) = self.lengths.get_mut(&text.len()) {
            *count -= 1;
            if *count == 0 {
                self.lengths.remove(&text.len());
            }
        }
    }

    /// The values of all texts that this one begins with.
    fn beginnings_of(&self, text: &str) -> impl Iterator<Item = &T> {
        let lengths = self.lengths.keys();
        lengths.filter_map(move |length| self.values.get(text.get(..*length)?))
    }

    /// The values of all texts that this one ends with.
    fn ends_of(&self, text: &str) -> impl Iterator<Item = &T> {
        let lengths = self.lengths.keys();
        lengths.filter_map(move |length| {
            let at = text.len().checked_sub(*length)?;
            self.values.get(text.get(at..)?)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn filter(text: &str) -> TopicFilter {
        TopicFilter::selector(text).expect("a selector")
    }

    fn affixes(filter: &TopicFilter) -> Affixes<'_> {
        Affixes {
            prefix: filter.literal_prefix(),
            suffix: filter.literal_suffix(),
        }
    }

    #[test]
    fn only_patterns_that_begin_and_end_like_the_text_are_compared() {
        let mut index = AffixIndex::default();
        let templates = (0..100).flat_map(|number| {
            [
                format!("shops/{number}/{{order}}"),
                format!("{{shop}}/orders/{number}"),
                format!("shops/{{shop}}/{number}/{{order}}/é"),
            ]
        });
        let all: Vec<TopicFilter> = templates.map(|text| filter(&text)).collect();
        for filter in &all {
            index.add(filter, affixes(filter), 1, ());
        }
        let compared = |text: &str| {
            let count = Cell::new(0);
            let matches = |_: &TopicFilter, (): &()| {
                count.set(count.get() + 1);
                true
            };
            index.collect(text, matches, &mut Vec::new());
            count.get()
        };
        assert_eq!(compared("shops/42/7"), 1);
        assert_eq!(compared("x/orders/42"), 1);
        assert_eq!(compared("shops/42/orders/42"), 2);
        assert_eq!(compared("shops/x/42/y/é"), 100, "they differ in the middle");
        assert_eq!(compared("é"), 0);
        for filter in &all {
            index.remove(filter, affixes(filter), 1);
        }
        assert_eq!(index.len(), 0);
        assert!(index.groups.values.is_empty() && index.groups.lengths.is_empty());
    }
}
