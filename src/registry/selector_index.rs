//! Which connections subscribe by selectors of Mercure that are patterns: URI templates are found by the text before their first
//! expression and after their last one, URL patterns by the parts of a URL before their first group and after their last one.

use std::sync::Arc;

use super::{
    affix_index::{AffixIndex, Affixes},
    connection_set::{ConnectionKey, ConnectionSet},
};
use crate::message::{Topic, TopicFilter, TopicUrl, UrlPattern};

/// The index from a topic to its subscribers by selectors. A lookup costs what [`AffixIndex`] says, and once the parts of a
/// URL if there are URL patterns. Nothing is compiled for it: that is done before.
#[derive(Default)]
pub(super) struct SelectorIndex {
    templates: AffixIndex<()>,
    url_patterns: AffixIndex<Arc<UrlPattern>>,
    /// One of the URL patterns: all have the URL of the hub.
    one_pattern: Option<Arc<UrlPattern>>,
}

impl SelectorIndex {
    /// The number of distinct selectors.
    pub(super) fn len(&self) -> usize {
        self.templates.len() + self.url_patterns.len()
    }

    /// Whether a selector is the same as one that is there, or may become a further one.
    pub(super) fn admits(&self, filter: &TopicFilter) -> bool {
        match filter.compiled() {
            Some(pattern) => self.url_patterns.admits(filter, of_pattern(&pattern)),
            None => self.templates.admits(filter, of_template(filter)),
        }
    }

    /// Calls `found` with each selector and the number of its subscribers, in no order.
    pub(super) fn each(&self, found: &mut impl FnMut(&str, usize)) {
        self.templates.each(found);
        self.url_patterns.each(found);
    }

    pub(super) fn add(&mut self, filter: &TopicFilter, id: ConnectionKey) {
        match filter.compiled() {
            Some(pattern) => {
                self.one_pattern = Some(Arc::clone(&pattern));
                let kept = Arc::clone(&pattern);
                self.url_patterns
                    .add(filter, of_pattern(&pattern), id, kept);
            }
            None => self.templates.add(filter, of_template(filter), id, ()),
        }
    }

    pub(super) fn remove(&mut self, filter: &TopicFilter, id: ConnectionKey) {
        match filter.compiled() {
            Some(pattern) => self.url_patterns.remove(filter, of_pattern(&pattern), id),
            None => self.templates.remove(filter, of_template(filter), id),
        }
        if self.url_patterns.len() == 0 {
            self.one_pattern = None;
        }
    }

    /// Adds the subscribers of `topic`.
    pub(super) fn collect<'a>(&'a self, topic: &Topic, sets: &mut Vec<&'a ConnectionSet>) {
        let name = topic.as_str();
        self.templates
            .collect(name, |filter, ()| filter.matches(topic), sets);
        let Some(pattern) = self.one_pattern.as_ref().filter(|_| !topic.is_reserved()) else {
            return;
        };
        if let Some(url) = TopicUrl::resolve(name, pattern.base()) {
            self.url_patterns
                .collect(&url.key(), |_, pattern| pattern.matches_url(&url), sets);
        }
    }
}

fn of_template(filter: &TopicFilter) -> Affixes<'_> {
    Affixes {
        prefix: filter.literal_prefix(),
        suffix: filter.literal_suffix(),
    }
}

fn of_pattern(pattern: &UrlPattern) -> Affixes<'_> {
    Affixes {
        prefix: pattern.prefix(),
        suffix: pattern.suffix(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::affix_index::MAX;

    #[test]
    fn only_so_many_different_selectors_are_admitted() {
        let selector =
            |number: usize| TopicFilter::selector(&format!("{{a}}{number}")).expect("a selector");
        let mut index = SelectorIndex::default();
        for number in 0..MAX {
            assert!(index.admits(&selector(number)));
            index.add(&selector(number), 1);
        }
        assert!(!index.admits(&selector(MAX)) && index.admits(&selector(0)));
        index.remove(&selector(7), 1);
        assert!(index.admits(&selector(MAX)));
    }
}
