//! What a page has received, newest first, and never more than it can hold.

use std::{collections::VecDeque, sync::Arc};

/// One event of a stream, as it arrived.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Received {
    /// Counts what this page has received; never the same twice.
    pub(crate) number: u64,
    /// When it arrived, in milliseconds since 1970.
    pub(crate) at: f64,
    /// Its type; none when the push named none.
    pub(crate) event: Option<String>,
    /// The text it carried.
    pub(crate) data: String,
}

/// The newest messages, bounded by their number and by the text they hold together: a page must
/// not grow without end because somebody talks to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inbox {
    newest_first: VecDeque<Arc<Received>>,
    bytes: usize,
    received: u64,
}

impl Inbox {
    /// So many messages are kept.
    pub(crate) const MAX_MESSAGES: usize = 500;
    /// So many bytes of text are kept, whatever their number; the newest message always is.
    pub(crate) const MAX_BYTES: usize = 4 * 1024 * 1024;

    pub(crate) fn add(&mut self, at: f64, event: Option<String>, data: String) {
        self.received += 1;
        self.bytes += data.len();
        self.newest_first.push_front(Arc::new(Received {
            number: self.received,
            at,
            event,
            data,
        }));
        while self.newest_first.len() > Self::MAX_MESSAGES
            || (self.bytes > Self::MAX_BYTES && self.newest_first.len() > 1)
        {
            if let Some(oldest) = self.newest_first.pop_back() {
                self.bytes -= oldest.data.len();
            }
        }
    }

    /// Forgets the messages, not how many there were.
    pub(crate) fn clear(&mut self) {
        self.newest_first.clear();
        self.bytes = 0;
    }

    pub(crate) fn messages(&self) -> impl Iterator<Item = Arc<Received>> + '_ {
        self.newest_first.iter().cloned()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.newest_first.is_empty()
    }

    /// How many are kept.
    pub(crate) fn kept(&self) -> usize {
        self.newest_first.len()
    }

    /// How many there were in all.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_first_and_the_oldest_makes_room() {
        let mut inbox = Inbox::default();
        for n in 0..Inbox::MAX_MESSAGES + 3 {
            inbox.add(0.0, None, n.to_string());
        }
        assert_eq!(inbox.kept(), Inbox::MAX_MESSAGES);
        assert_eq!(inbox.received(), Inbox::MAX_MESSAGES as u64 + 3);
        let texts: Vec<_> = inbox.messages().map(|m| m.data.clone()).collect();
        assert_eq!(texts.first().map(String::as_str), Some("502"));
        assert_eq!(texts.last().map(String::as_str), Some("3"));
    }

    #[test]
    fn large_messages_make_room_sooner_but_the_newest_stays() {
        let mut inbox = Inbox::default();
        inbox.add(0.0, None, "small".to_owned());
        inbox.add(0.0, None, "x".repeat(Inbox::MAX_BYTES + 1));
        assert_eq!(inbox.kept(), 1);
        inbox.add(0.0, None, "small".to_owned());
        assert_eq!(inbox.kept(), 1);
        assert_eq!(inbox.bytes, "small".len());
    }
}
