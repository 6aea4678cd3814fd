//! The topics with most subscribers.

use std::{cmp::Reverse, collections::BinaryHeap};

/// The topics with most subscribers, and a summary of all others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LargestTopics {
    /// Topics and patterns with the number of their subscribers: most first, and by name where they are equal.
    pub topics: Vec<(String, u64)>,
    /// How many other topics there are.
    pub others: u64,
    /// The subscribers of these, added up.
    pub others_connections: u64,
}

/// Finds the largest of many topics. Copies a name only if it is among the largest so far.
pub(super) struct Largest {
    most: usize,
    /// The smallest is on top.
    heap: BinaryHeap<Reverse<(u64, Reverse<String>)>>,
    topics: u64,
    connections: u64,
}

impl Largest {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            heap: BinaryHeap::with_capacity(most + 1),
            topics: 0,
            connections: 0,
        }
    }

    pub(super) fn add(&mut self, topic: &str, count: u64) {
        self.topics += 1;
        self.connections += count;
        if self.heap.len() >= self.most {
            let is_smaller = |Reverse((least, Reverse(name))): &Reverse<(u64, Reverse<String>)>| {
                count < *least || (count == *least && topic > name.as_str())
            };
            if self.heap.peek().is_none_or(is_smaller) {
                return;
            }
            self.heap.pop();
        }
        self.heap.push(Reverse((count, Reverse(topic.to_owned()))));
    }

    pub(super) fn finish(self) -> LargestTopics {
        let sorted = self.heap.into_sorted_vec().into_iter();
        let topics = sorted.map(|Reverse((count, Reverse(name)))| (name, count));
        let topics: Vec<(String, u64)> = topics.collect();
        let shown: u64 = topics.iter().map(|(_, count)| count).sum();
        LargestTopics {
            others: self.topics - topics.len() as u64,
            others_connections: self.connections - shown,
            topics,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn largest(most: usize, of: &[(&str, u64)]) -> LargestTopics {
        let mut largest = Largest::new(most);
        of.iter()
            .for_each(|(topic, count)| largest.add(topic, *count));
        largest.finish()
    }

    #[test]
    fn the_topics_with_most_subscribers_come_first_and_the_others_are_added_up() {
        let all = [("e", 1), ("b", 5), ("a", 5), ("d", 2), ("c", 9), ("f", 1)];
        let found = largest(3, &all);
        let expected = [("c", 9), ("a", 5), ("b", 5)].map(|(name, n)| (name.to_owned(), n));
        assert_eq!(found.topics, expected);
        assert_eq!((found.others, found.others_connections), (3, 4));
        let few = largest(60, &all);
        assert_eq!((few.topics.len(), few.others), (6, 0));
        assert_eq!(few.topics[4].0, "e");
        assert_eq!(largest(0, &all).others, 6);
    }
}
