//! The filter of the received messages.

use super::{Received, What};

/// The values of the filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// The event type; empty: any.
    pub(crate) kind: String,
    /// The topic; empty: any.
    pub(crate) topic: String,
    /// The text that the data has to contain. Only ASCII letters are compared without case: Unicode case
    /// tables would add too much code.
    pub(crate) text: String,
}

impl Filter {
    /// Whether the filter is empty.
    pub(crate) fn is_open(&self) -> bool {
        self.kind.is_empty() && self.topic.is_empty() && self.text.is_empty()
    }

    /// Whether an item matches. A gap always does.
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
