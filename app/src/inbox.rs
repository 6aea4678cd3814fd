//! What a page has received, newest first, and never more than it can hold.

use std::{collections::VecDeque, sync::Arc};

use crate::event_stream::Arrival;

/// One thing that a stream told, as it arrived.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Received {
    /// Counts what this page has received; never the same twice.
    pub(crate) number: u64,
    /// When it arrived, in milliseconds since 1970.
    pub(crate) at: f64,
    /// Its cursor; none when it is not in the log.
    pub(crate) id: Option<String>,
    /// Whether it was pushed while the page was not connected.
    pub(crate) missed: bool,
    /// What it is.
    pub(crate) what: What,
}

/// What a stream told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// A message: its type, if the push named one, and its text.
    Message(Option<String>, String),
    /// A message that was taken back after it had come.
    TakenBack,
    /// Messages are missing here, and why, as the server names it.
    Gap(String),
}

/// The newest messages, bounded by their number and by the text they hold together: a page must
/// not grow without end because somebody talks to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inbox {
    newest_first: VecDeque<Arc<Received>>,
    bytes: usize,
    numbers: u64,
    messages: u64,
    dropped: bool,
}

impl Inbox {
    /// So many messages are kept.
    pub(crate) const MAX_MESSAGES: usize = 500;
    /// So many bytes of text are kept, whatever their number; the newest message always is.
    pub(crate) const MAX_BYTES: usize = 4 * 1024 * 1024;

    /// A message came.
    pub(crate) fn add(&mut self, at: f64, message: Arrival) {
        self.messages += 1;
        let what = What::Message(message.event, message.data);
        self.put(at, message.id, message.missed, what);
    }

    /// Something is missing here.
    pub(crate) fn miss(&mut self, at: f64, reason: String) {
        self.put(at, None, false, What::Gap(reason));
    }

    /// A message was taken back. One that is not here needs nothing.
    pub(crate) fn take_back(&mut self, id: &str) {
        let taken = self.newest_first.iter_mut();
        for message in taken.filter(|message| message.id.as_deref() == Some(id)) {
            self.bytes -= size(message);
            Arc::make_mut(message).what = What::TakenBack;
        }
    }

    fn put(&mut self, at: f64, id: Option<String>, missed: bool, what: What) {
        self.numbers += 1;
        let received = Received {
            number: self.numbers,
            at,
            id,
            missed,
            what,
        };
        self.bytes += size(&received);
        self.newest_first.push_front(Arc::new(received));
        while self.newest_first.len() > Self::MAX_MESSAGES
            || (self.bytes > Self::MAX_BYTES && self.newest_first.len() > 1)
        {
            if let Some(oldest) = self.newest_first.pop_back() {
                self.bytes -= size(&oldest);
                self.dropped = true;
            }
        }
    }

    /// Forgets the messages, not how many there were.
    pub(crate) fn clear(&mut self) {
        self.newest_first.clear();
        self.bytes = 0;
        self.dropped = false;
    }

    pub(crate) fn messages(&self) -> impl Iterator<Item = Arc<Received>> + '_ {
        self.newest_first.iter().cloned()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.newest_first.is_empty()
    }

    /// How many are kept, when that is not all since the page was cleared.
    pub(crate) fn kept_of_more(&self) -> Option<usize> {
        self.dropped.then_some(self.newest_first.len())
    }

    /// How many messages there were in all.
    pub(crate) fn received(&self) -> u64 {
        self.messages
    }
}

fn size(received: &Received) -> usize {
    match &received.what {
        What::Message(_, text) => text.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, data: &str) -> Arrival {
        Arrival {
            id: Some(id.to_owned()),
            event: None,
            data: data.to_owned(),
            missed: false,
        }
    }

    fn texts(inbox: &Inbox) -> Vec<String> {
        let text = |received: Arc<Received>| match &received.what {
            What::Message(_, text) | What::Gap(text) => text.clone(),
            What::TakenBack => "taken back".to_owned(),
        };
        inbox.messages().map(text).collect()
    }

    #[test]
    fn the_newest_is_first_and_the_oldest_makes_room() {
        let mut inbox = Inbox::default();
        for n in 0..Inbox::MAX_MESSAGES {
            inbox.add(0.0, message("", &n.to_string()));
        }
        assert_eq!(inbox.kept_of_more(), None);
        for n in 0..3 {
            inbox.add(0.0, message("", &format!("more {n}")));
        }
        assert_eq!(inbox.kept_of_more(), Some(Inbox::MAX_MESSAGES));
        assert_eq!(inbox.received(), Inbox::MAX_MESSAGES as u64 + 3);
        let texts = texts(&inbox);
        assert_eq!(texts.first().map(String::as_str), Some("more 2"));
        assert_eq!(texts.last().map(String::as_str), Some("3"));
        inbox.clear();
        inbox.add(0.0, message("", "new"));
        assert_eq!(inbox.kept_of_more(), None, "what was cleared is not missed");
    }

    #[test]
    fn large_messages_make_room_sooner_but_the_newest_stays() {
        let mut inbox = Inbox::default();
        inbox.add(0.0, message("", "small"));
        inbox.add(0.0, message("", &"x".repeat(Inbox::MAX_BYTES + 1)));
        assert_eq!(texts(&inbox).len(), 1);
        inbox.add(0.0, message("", "small"));
        assert_eq!(texts(&inbox), ["small"]);
        assert_eq!(inbox.bytes, "small".len());
    }

    #[test]
    fn a_message_that_was_taken_back_leaves_its_place_and_not_its_text() {
        let mut inbox = Inbox::default();
        inbox.add(0.0, message("k3-1", "one"));
        inbox.add(0.0, message("k3-2", "two"));
        inbox.take_back("k3-1");
        inbox.take_back("k3-1");
        inbox.take_back("k3-7");
        assert_eq!(texts(&inbox), ["two", "taken back"]);
        assert_eq!(inbox.bytes, "two".len());
    }

    #[test]
    fn a_gap_keeps_its_reason_and_is_no_message() {
        let mut inbox = Inbox::default();
        inbox.miss(0.0, "pruned".to_owned());
        inbox.miss(0.0, "something_new".to_owned());
        assert_eq!(texts(&inbox), ["something_new", "pruned"]);
        assert_eq!(inbox.received(), 0);
    }
}
