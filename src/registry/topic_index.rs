//! Which connections subscribe to which topics and patterns.

use std::collections::HashMap;

use super::{
    affix_index,
    connection_set::{ConnectionKey, ConnectionSet},
    selector_index::SelectorIndex,
};
use crate::message::{Topic, TopicFilter};

/// The index from a topic to its subscribers. A lookup costs the depth of the topic and the number of connections
/// found, not the number of subscriptions.
#[derive(Default)]
pub(super) struct TopicIndex {
    exact: HashMap<TopicFilter, ConnectionSet>,
    patterns: Node,
    pattern_count: usize,
    selectors: SelectorIndex,
}

/// A node of the tree of patterns: one segment.
#[derive(Default)]
struct Node {
    /// The nodes after it, by their segment.
    next: HashMap<Box<str>, Node>,
    /// The node after it whose segment is `*`. For a single node, a map takes six times as much memory, and most patterns
    /// have one.
    any: Option<Box<Node>>,
    /// Connections whose pattern ends here.
    here: ConnectionSet,
    /// Connections whose pattern ends here in `**`.
    rest: ConnectionSet,
}

impl TopicIndex {
    /// The number of distinct topics and patterns.
    pub(super) fn len(&self) -> usize {
        self.exact.len() + self.pattern_count + self.selectors.len()
    }

    /// Calls `found` with each topic or pattern and the number of its subscribers, in no order.
    pub(super) fn each(&self, mut found: impl FnMut(&str, usize)) {
        for (filter, connections) in &self.exact {
            found(filter.as_str(), connections.len());
        }
        self.patterns.each(&mut String::new(), &mut found);
        self.selectors.each(&mut found);
    }

    /// Fails with the most selectors of Mercure that can be, if a further one is among these.
    pub(super) fn check_room<'f>(
        &self,
        filters: impl IntoIterator<Item = &'f TopicFilter>,
    ) -> Result<(), usize> {
        let mut selectors = filters.into_iter().filter(|filter| filter.is_selector());
        match selectors.all(|filter| self.selectors.admits(filter)) {
            true => Ok(()),
            false => Err(affix_index::MAX),
        }
    }

    /// Replaces the text of a known topic by a shared copy.
    pub(super) fn intern(&self, filter: &mut TopicFilter) {
        if let Some((known, _)) = self.exact.get_key_value(filter) {
            *filter = known.clone();
        }
    }

    pub(super) fn add(&mut self, filter: &TopicFilter, id: ConnectionKey) {
        if !filter.is_pattern() {
            self.exact.entry(filter.clone()).or_default().insert(id);
            return;
        }
        if filter.is_selector() {
            self.selectors.add(filter, id);
            return;
        }
        let mut node = &mut self.patterns;
        let mut segments = filter.as_str().split('/').peekable();
        while let Some(segment) = segments.next() {
            if segment == "**" && segments.peek().is_none() {
                self.pattern_count += usize::from(node.rest.is_empty());
                node.rest.insert(id);
                return;
            }
            node = node.get_or_add(segment);
        }
        self.pattern_count += usize::from(node.here.is_empty());
        node.here.insert(id);
    }

    /// Whether somebody subscribes to exactly this topic or pattern. Selectors are not looked for.
    pub(super) fn has(&self, filter: &TopicFilter) -> bool {
        if !filter.is_pattern() {
            return self.exact.contains_key(filter);
        }
        let mut node = &self.patterns;
        let mut segments = filter.as_str().split('/').peekable();
        while let Some(segment) = segments.next() {
            if segment == "**" && segments.peek().is_none() {
                return !node.rest.is_empty();
            }
            match node.get(segment) {
                Some(next) => node = next,
                None => return false,
            }
        }
        !filter.is_selector() && !node.here.is_empty()
    }

    pub(super) fn remove(&mut self, filter: &TopicFilter, id: ConnectionKey) {
        if filter.is_selector() {
            self.selectors.remove(filter, id);
        } else if filter.is_pattern() {
            let segments: Vec<&str> = filter.as_str().split('/').collect();
            self.pattern_count -= usize::from(self.patterns.remove(&segments, id));
        } else if self
            .exact
            .get_mut(filter)
            .is_some_and(|keys| keys.remove(id))
        {
            self.exact.remove(filter);
        }
    }

    /// Calls `found` once for each connection that is subscribed to one of these topics.
    pub(super) fn for_each<'t>(
        &self,
        topics: impl IntoIterator<Item = &'t Topic>,
        found: impl FnMut(ConnectionKey),
    ) {
        let mut sets: Vec<&ConnectionSet> = Vec::new();
        for topic in topics {
            sets.extend(self.exact.get(&TopicFilter::of(topic)));
            let segments: Vec<&str> = topic.as_str().split('/').collect();
            self.patterns
                .collect(&segments, topic.is_reserved(), &mut sets);
            self.selectors.collect(topic, &mut sets);
        }
        match sets.as_slice() {
            [] => {}
            [keys] => keys.iter().for_each(found),
            // Several subscriptions of one connection may match.
            _ => {
                let mut ids: Vec<_> = sets.into_iter().flat_map(ConnectionSet::iter).collect();
                ids.sort_unstable();
                ids.dedup();
                ids.into_iter().for_each(found);
            }
        }
    }
}

impl Node {
    fn get(&self, segment: &str) -> Option<&Self> {
        match segment {
            "*" => self.any.as_deref(),
            _ => self.next.get(segment),
        }
    }

    fn get_or_add(&mut self, segment: &str) -> &mut Self {
        match segment {
            "*" => self.any.get_or_insert_default(),
            _ => self.next.entry(segment.into()).or_default(),
        }
    }

    fn each(&self, path: &mut String, found: &mut impl FnMut(&str, usize)) {
        let length = path.len();
        if !self.here.is_empty() {
            found(path.trim_end_matches('/'), self.here.len());
        }
        if !self.rest.is_empty() {
            path.push_str("**");
            found(path, self.rest.len());
            path.truncate(length);
        }
        let next = self.next.iter().map(|(segment, node)| (&**segment, node));
        for (segment, node) in next.chain(self.any.as_deref().map(|any| ("*", any))) {
            path.push_str(segment);
            path.push('/');
            node.each(path, found);
            path.truncate(length);
        }
    }

    fn collect<'a>(&'a self, segments: &[&str], hidden: bool, sets: &mut Vec<&'a ConnectionSet>) {
        let Some((segment, deeper)) = segments.split_first() else {
            if !self.here.is_empty() {
                sets.push(&self.here);
            }
            return;
        };
        if !hidden && !self.rest.is_empty() {
            sets.push(&self.rest);
        }
        let any = (!hidden).then_some(self.any.as_deref()).flatten();
        for node in self.next.get(*segment).into_iter().chain(any) {
            node.collect(deeper, false, sets);
        }
    }

    /// Removes one subscription and the nodes that became empty. Returns whether it was the last of its pattern.
    fn remove(&mut self, segments: &[&str], id: ConnectionKey) -> bool {
        match segments {
            [] => self.here.remove(id),
            ["**"] => self.rest.remove(id),
            ["*", deeper @ ..] => {
                let Some(node) = &mut self.any else {
                    return false;
                };
                let last = node.remove(deeper, id);
                if node.is_empty() {
                    self.any = None;
                }
                last
            }
            [segment, deeper @ ..] => {
                let Some(node) = self.next.get_mut(*segment) else {
                    return false;
                };
                let last = node.remove(deeper, id);
                if node.is_empty() {
                    self.next.remove(*segment);
                }
                last
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.next.is_empty() && self.any.is_none() && self.here.is_empty() && self.rest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filter(text: &str) -> TopicFilter {
        TopicFilter::parse(text).expect("a filter")
    }

    fn selector(text: &str) -> TopicFilter {
        TopicFilter::selector(text).expect("a selector")
    }

    fn url_pattern(text: &str) -> TopicFilter {
        let hub = url::Url::parse("https://hub.example.com/.well-known/mercure").expect("a URL");
        TopicFilter::url_pattern(text, &hub).expect("a URL pattern")
    }

    fn matching(topic_index: &TopicIndex, topic: &str) -> Vec<ConnectionKey> {
        let mut heard = Vec::new();
        topic_index.for_each([&Topic::parse(topic).expect("a topic")], |id| {
            heard.push(id)
        });
        heard.sort_unstable();
        heard
    }

    #[test]
    fn a_connection_with_several_matching_subscriptions_is_found_once() {
        let mut topic_index = TopicIndex::default();
        for text in ["orders/42", "orders/*", "orders/**"] {
            topic_index.add(&filter(text), 1);
        }
        assert_eq!(matching(&topic_index, "orders/42"), [1]);
        assert_eq!(topic_index.len(), 3);
    }

    #[test]
    fn a_connection_is_found_once_for_several_topics() {
        let mut topic_index = TopicIndex::default();
        for text in ["books/{id}", "users/{id}{?q}", "books/1"] {
            topic_index.add(&selector(text), 1);
        }
        topic_index.add(&selector("books/{id}"), 2);
        let topics = ["books/1", "users/7"].map(|name| Topic::parse(name).expect("a topic"));
        let mut heard = Vec::new();
        topic_index.for_each(&topics, |id| heard.push(id));
        heard.sort_unstable();
        assert_eq!(heard, [1, 2]);
    }

    #[test]
    fn nothing_is_left_after_all_subscriptions_are_removed() {
        let mut topic_index = TopicIndex::default();
        let own = ["a/b", "a/*/c", "a/**", "**", "*"].map(filter);
        let selectors = ["a/{b}", "{b}", "a/{c}", "$sys", "b/{c}"].map(selector);
        let patterns = ["/a/:b", "https://example.com/*", "/a/:c"].map(url_pattern);
        let all = [&own[..], &selectors, &patterns].concat();
        for filter in &all {
            topic_index.add(filter, 1);
            topic_index.add(filter, 2);
        }
        assert_eq!(topic_index.len(), 13);
        for filter in &all {
            topic_index.remove(filter, 1);
            assert!(!matching(&topic_index, "a/b").contains(&3));
            topic_index.remove(filter, 2);
        }
        assert_eq!(topic_index.len(), 0);
        assert!(topic_index.patterns.is_empty());
    }

    proptest! {
        /// The tree must agree with the definition in [`TopicFilter::matches`].
        #[test]
        fn the_index_finds_the_connections_whose_filters_match(
            filters in prop::collection::vec(r"(\$a|a|b|\*)(/(a|b|\*)){0,3}(/\*\*)?", 1..20),
            selectors in prop::collection::vec(r"(\$a|a|b)?(/(a|b|\{x\}|\{\+y\})){0,3}(\{z\}|b)", 1..9),
            patterns in prop::collection::vec(r"(https://a)?(/(a|:b|:b\?|\*|%61)){1,3}|a/:b|\*://a/b", 0..9),
            topic in r"(\$a|a|b|/a|https://a|HTTPS://A:443|)(/(a|b|\.\.|%61)){0,4}",
        ) {
            prop_assume!(!topic.is_empty());
            let mut topic_index = TopicIndex::default();
            let filters = filters.iter().map(|text| filter(text));
            let selectors = selectors.iter().map(|text| selector(text));
            // A name may occur once only.
            let patterns = patterns.iter().filter(|text| text.matches(":b").count() < 2);
            let patterns = patterns.map(|text| url_pattern(text));
            let all: Vec<_> = filters.chain(selectors).chain(patterns).collect();
            for (id, filter) in all.iter().enumerate() {
                topic_index.add(filter, id as ConnectionKey);
            }
            let parsed = Topic::parse(&topic).expect("a topic");
            let expected: Vec<ConnectionKey> = all
                .iter()
                .enumerate()
                .filter(|(_, filter)| filter.matches(&parsed))
                .map(|(id, _)| id as ConnectionKey)
                .collect();
            prop_assert_eq!(matching(&topic_index, &topic), expected);
        }
    }
}
