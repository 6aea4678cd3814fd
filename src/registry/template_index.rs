//! Which connections subscribe by selectors of Mercure that are patterns: found by the text before their first expression.

use std::collections::{BTreeMap, HashMap};

use super::connection_set::{ConnectionKey, ConnectionSet};
use crate::message::{Topic, TopicFilter};

/// The most different selectors. An update may have to be compared with each of them, before the next one is delivered.
pub(super) const MAX: usize = 10_000;

/// The index from a topic to its subscribers by selectors. A lookup costs a search for each length that a prefix of some
/// selector has, and a match for each selector whose prefix the topic begins with.
#[derive(Default)]
pub(super) struct TemplateIndex {
    by_prefix: HashMap<Box<str>, HashMap<TopicFilter, ConnectionSet>>,
    /// The lengths of the prefixes in bytes, and how many have each.
    lengths: BTreeMap<usize, usize>,
    len: usize,
}

impl TemplateIndex {
    /// The number of distinct selectors.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether a selector is the same as one that is there, or may become a further one.
    pub(super) fn admits(&self, filter: &TopicFilter) -> bool {
        let group = self.by_prefix.get(filter.literal_prefix());
        self.len < MAX || group.is_some_and(|group| group.contains_key(filter))
    }

    /// Calls `found` with each selector and the number of its subscribers, in no order.
    pub(super) fn each(&self, found: &mut impl FnMut(&str, usize)) {
        for (filter, connections) in self.by_prefix.values().flatten() {
            found(filter.as_str(), connections.len());
        }
    }

    pub(super) fn add(&mut self, filter: &TopicFilter, id: ConnectionKey) {
        let prefix = filter.literal_prefix();
        let group = match self.by_prefix.get_mut(prefix) {
            Some(group) => group,
            None => {
                *self.lengths.entry(prefix.len()).or_default() += 1;
                self.by_prefix.entry(prefix.into()).or_default()
            }
        };
        let connections = group.entry(filter.clone()).or_default();
        self.len += usize::from(connections.is_empty());
        connections.insert(id);
    }

    pub(super) fn remove(&mut self, filter: &TopicFilter, id: ConnectionKey) {
        let prefix = filter.literal_prefix();
        let Some(group) = self.by_prefix.get_mut(prefix) else {
            return;
        };
        if !group.get_mut(filter).is_some_and(|keys| keys.remove(id)) {
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

    /// Adds the subscribers of `topic`.
    pub(super) fn collect<'a>(&'a self, topic: &Topic, sets: &mut Vec<&'a ConnectionSet>) {
        for length in self.lengths.keys() {
            let Some(prefix) = topic.as_str().get(..*length) else {
                continue;
            };
            let group = self.by_prefix.get(prefix).into_iter().flatten();
            let matching = group.filter(|(filter, _)| filter.matches(topic));
            sets.extend(matching.map(|(_, connections)| connections));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_different_selectors_are_admitted() {
        let selector =
            |number: usize| TopicFilter::selector(&format!("{{a}}{number}")).expect("a selector");
        let mut index = TemplateIndex::default();
        for number in 0..MAX {
            assert!(index.admits(&selector(number)));
            index.add(&selector(number), 1);
        }
        assert!(!index.admits(&selector(MAX)) && index.admits(&selector(0)));
        index.remove(&selector(7), 1);
        assert!(index.admits(&selector(MAX)));
    }
}
