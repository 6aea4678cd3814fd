//! Which of the messages a person wants to see.

use super::{Received, What};

/// What a person looks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// The type that it has to have; empty: one or none, as it comes.
    pub(crate) kind: String,
    /// The topic that it has to come by; empty: any, or none.
    pub(crate) topic: String,
    /// What its text has to contain, in capitals or not, as far as ASCII goes: the tables for the
    /// rest weigh more than they help.
    pub(crate) text: String,
}

impl Filter {
    /// Whether nothing is looked for.
    pub(crate) fn is_open(&self) -> bool {
        self.kind.is_empty() && self.topic.is_empty() && self.text.is_empty()
    }

    /// Whether a message is wanted. That some are missing is said whatever is looked for.
    pub(super) fn matches(&self, received: &Received) -> bool {
        match &received.what {
            What::Message(kind, text) => {
                let kind = kind.as_deref().unwrap_or_default();
                let topic = received.topic.as_deref().unwrap_or_default();
                (self.kind.is_empty() || self.kind == kind)
                    && (self.topic.is_empty() || self.topic == topic)
                    && self.is_found_in(text)
            }
            What::Recalled => self.is_open(),
            What::Gap(_) => true,
        }
    }

    fn is_found_in(&self, text: &str) -> bool {
        let wanted = self.text.trim().as_bytes();
        let same = |found: &[u8]| found.eq_ignore_ascii_case(wanted);
        wanted.is_empty() || text.as_bytes().windows(wanted.len()).any(same)
    }
}
