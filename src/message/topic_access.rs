//! Which messages of its topics a connection may have.

use std::sync::{Arc, LazyLock};

use super::{Audience, Topic, TopicFilter, Update, UrlPattern};

/// See the module documentation. One pointer, because each connection has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicAccess(Option<Arc<Rules>>);

/// The rules for what is not simply allowed.
#[derive(Debug, PartialEq, Eq)]
enum Rules {
    /// Everything, because it was checked when the stream was opened that all of its topics are granted.
    Everything,
    /// Those of a subscriber of Mercure, who may subscribe to any topic.
    Mercure {
        /// The topics whose private updates it may read.
        granted: Vec<TopicFilter>,
        /// The topics whose messages are public, if they are not updates.
        open: Vec<TopicFilter>,
        /// The URL patterns among these, so that none has to be compiled while a message is delivered.
        _compiled: Vec<Arc<UrlPattern>>,
    },
}

impl TopicAccess {
    /// All messages but private updates: a stream whose topics were not granted to somebody.
    pub fn public() -> Self {
        Self::default()
    }

    /// All messages: a stream whose topics were granted.
    pub fn everything() -> Self {
        // Shared, because most streams have it, and the rules of Mercure would make each of them larger.
        static EVERYTHING: LazyLock<Arc<Rules>> = LazyLock::new(|| Arc::new(Rules::Everything));
        Self(Some(Arc::clone(&EVERYTHING)))
    }

    /// Public updates, private ones of topics that `granted` matches, and messages that are not updates if their topic
    /// matches one of `granted` or of `open`.
    pub fn mercure(granted: Vec<TopicFilter>, open: Vec<TopicFilter>) -> Self {
        let filters = granted.iter().chain(&open);
        let compiled = filters.filter_map(TopicFilter::compiled).collect();
        Self(Some(Arc::new(Rules::Mercure {
            granted,
            open,
            _compiled: compiled,
        })))
    }

    /// Whether it has rules for messages that are not updates.
    pub fn restricts_messages(&self) -> bool {
        matches!(self.0.as_deref(), Some(Rules::Mercure { .. }))
    }

    /// Whether a message of one of its topics may be read. `update`: what it has besides, if it is an update.
    pub fn allows(&self, audience: &Audience, update: Option<&Update>) -> bool {
        let Audience::Topic(topic) = audience else {
            return true;
        };
        let private = update.is_some_and(|update| update.private);
        match (self.0.as_deref(), update) {
            (None, _) => !private,
            (Some(Rules::Everything), _) => true,
            (Some(Rules::Mercure { granted, open, .. }), None) => {
                is_in(granted, topic) || is_in(open, topic)
            }
            (Some(Rules::Mercure { granted, .. }), Some(update)) => {
                !private
                    || is_in(granted, topic)
                    || update.alternates.iter().any(|topic| is_in(granted, topic))
            }
        }
    }
}

fn is_in(filters: &[TopicFilter], topic: &Topic) -> bool {
    filters.iter().any(|filter| filter.matches(topic))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters(names: &[&str]) -> Vec<TopicFilter> {
        let filter = |name: &&str| TopicFilter::parse(name).expect("a filter");
        names.iter().map(filter).collect()
    }

    fn topic(name: &str) -> Topic {
        Topic::parse(name).expect("a topic")
    }

    #[test]
    fn private_updates_need_a_grant_for_one_of_their_topics() {
        let update = Update {
            alternates: [topic("users/7")].into(),
            private: true,
            ..Update::default()
        };
        let book = Audience::Topic(topic("books/1"));
        let allows = |access: &TopicAccess| access.allows(&book, Some(&update));
        assert!(!allows(&TopicAccess::public()) && allows(&TopicAccess::everything()));
        let granted = |names| TopicAccess::mercure(filters(names), filters(&["**"]));
        assert!(allows(&granted(&["books/1"])) && allows(&granted(&["users/*"])));
        assert!(!allows(&granted(&["users/8"])) && !allows(&granted(&[])));
        let public = Update::default();
        assert!(granted(&[]).allows(&book, Some(&public)));
        assert!(TopicAccess::public().allows(&book, Some(&public)));
    }

    #[test]
    fn streams_share_the_rule_that_allows_everything() {
        let (one, other) = (TopicAccess::everything(), TopicAccess::everything());
        let shared = one.0.zip(other.0);
        assert!(shared.is_some_and(|(one, other)| Arc::ptr_eq(&one, &other)));
    }

    #[test]
    fn messages_that_are_no_updates_need_a_grant_or_an_open_topic() {
        let access = TopicAccess::mercure(filters(&["orders/7"]), filters(&["news/**"]));
        let allows = |name| access.allows(&Audience::Topic(topic(name)), None);
        assert!(allows("orders/7") && allows("news/today"));
        assert!(!allows("orders/8"));
        assert!(access.allows(&Audience::Everyone, None));
        let own = TopicAccess::public();
        assert!(own.allows(&Audience::Topic(topic("orders/8")), None));
    }
}
