//! Which connections subscribe by patterns that are found by the text they begin with.

use std::collections::{BTreeMap, HashMap};

use super::connection_set::{ConnectionKey, ConnectionSet};
use crate::message::TopicFilter;

/// The most different patterns. An update may have to be compared with each of them, before the next one is delivered.
pub(super) const MAX: usize = 10_000;

/// The index from a text to the subscribers by patterns, each with what it is matched by. A lookup costs a search for each
/// length that a prefix of some pattern has, and a match for each pattern whose prefix the text begins with.
pub(super) struct PrefixIndex<M> {
    by_prefix: HashMap<Box<str>, Group<M>>,
    /// The lengths of the prefixes in bytes, and how many have each.
    lengths: BTreeMap<usize, usize>,
    len: usize,
}

/// The patterns with one prefix.
type Group<M> = HashMap<TopicFilter, (M, ConnectionSet)>;

impl<M> Default for PrefixIndex<M> {
    fn default() -> Self {
        Self {
            by_prefix: HashMap::new(),
            lengths: BTreeMap::new(),
            len: 0,
        }
    }
}

impl<M> PrefixIndex<M> {
    /// The number of distinct patterns.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether a pattern is the same as one that is there, or may become a further one.
    pub(super) fn admits(&self, filter: &TopicFilter, prefix: &str) -> bool {
        let group = self.by_prefix.get(prefix);
        self.len < MAX || group.is_some_and(|group| group.contains_key(filter))
    }

    /// Calls `found` with each pattern and the number of its subscribers, in no order.
    pub(super) fn each(&self, found: &mut impl FnMut(&str, usize)) {
        for (filter, (_, connections)) in self.by_prefix.values().flatten() {
            found(filter.as_str(), connections.len());
        }
    }

    /// Adds a subscriber. `matched_by`: what the pattern is matched by, if it is a further one.
    pub(super) fn add(
        &mut self,
        filter: &TopicFilter,
        prefix: &str,
        id: ConnectionKey,
        matched_by: M,
    ) {
        let group = match self.by_prefix.get_mut(prefix) {
            Some(group) => group,
            None => {
                *self.lengths.entry(prefix.len()).or_default() += 1;
                self.by_prefix.entry(prefix.into()).or_default()
            }
        };
        let entry = group.entry(filter.clone());
        let (_, connections) = entry.or_insert_with(|| (matched_by, ConnectionSet::default()));
        self.len += usize::from(connections.is_empty());
        connections.insert(id);
    }

    pub(super) fn remove(&mut self, filter: &TopicFilter, prefix: &str, id: ConnectionKey) {
        let Some(group) = self.by_prefix.get_mut(prefix) else {
            return;
        };
        let entry = group.get_mut(filter);
        if !entry.is_some_and(|(_, keys)| keys.remove(id)) {
            return;
        }
        self.len -= 1;
        group.remove(filter);
        if group.is_empty() {
            self.by_prefix.remove(prefix);
            if let Some(count) = self.lengths.get_mut(&prefix.len()) {
                *count -= 1;
                if *count == 0 {
                    self.lengths.remove(&prefix.len());
                }
            }
        }
    }

    /// Adds the subscribers by patterns whose prefix this text begins with, and that match.
    pub(super) fn collect<'a>(
        &'a self,
        text: &str,
        matches: impl Fn(&TopicFilter, &M) -> bool,
        sets: &mut Vec<&'a ConnectionSet>,
    ) {
        for length in self.lengths.keys() {
            let Some(prefix) = text.get(..*length) else {
                continue;
            };
            for (filter, (matched_by, connections)) in
                self.by_prefix.get(prefix).into_iter().flatten()
            {
                if matches(filter, matched_by) {
                    sets.push(connections);
                }
            }
        }
    }
}
