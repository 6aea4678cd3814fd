//! The messages that a page has received, newest first, in bounded memory.

mod filter;

use std::sync::Arc;

use crate::event_stream::ReceivedMessage;
pub(crate) use filter::Filter;

/// One item that a stream has delivered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Received {
    /// A counter of received items; unique in this page.
    pub(crate) number: u64,
    /// When it arrived, in milliseconds since 1970.
    pub(crate) at: f64,
    /// Its cursor; none for ephemeral messages.
    pub(crate) id: Option<String>,
    /// The first of the messages whose place it has taken.
    pub(crate) replaces: Option<String>,
    /// The topic that it was pushed to, if any.
    pub(crate) topic: Option<String>,
    /// Whether it was pushed while the page was not connected.
    pub(crate) missed: bool,
    /// Whether it arrived while the page was hidden. Reset when the page is hidden again.
    pub(crate) new: bool,
    /// Whether the user pinned it.
    pub(crate) pinned: bool,
    /// The content.
    pub(crate) what: What,
}

/// The content of an item.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// A message: its event type, if any, and its text.
    Message(Option<String>, String),
    /// A message that was recalled after it was received.
    Recalled,
    /// A gap: messages are missing here. The reason is the code of the server.
    Gap(String),
}

/// The event type of the state of a topic.
const STATE: &str = "state";

/// The newest messages. Their number and the size of their texts are bounded, so that the memory of a
/// page is bounded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inbox {
    oldest_first: Vec<Arc<Received>>,
    cleared: Vec<Arc<Received>>,
    bytes: usize,
    numbers: u64,
    messages: u64,
    unseen: u64,
    hidden: bool,
    dropped: bool,
    filter: Filter,
    /// Number of times that the user asked for older messages.
    extra_pages: usize,
}

impl Inbox {
    /// Messages that are kept.
    pub(crate) const MAX_MESSAGES: usize = 10_000;
    /// Bytes of text that are kept. The newest message is always kept.
    pub(crate) const MAX_BYTES: usize = 8 * 1024 * 1024;
    /// Messages that are rendered at first, and added each time the user asks for more.
    pub(crate) const STEP: usize = 50;

    /// Adds a message.
    pub(crate) fn add(&mut self, at: f64, message: ReceivedMessage) {
        self.messages += 1;
        self.unseen += u64::from(self.hidden);
        let pinned = self.replace(&message);
        let what = What::Message(message.event, message.data);
        self.put(at, (message.id, message.topic), message.missed, what);
        if let Some(newest) = self.oldest_first.last_mut() {
            let newest = Arc::make_mut(newest);
            (newest.replaces, newest.pinned) = (message.replaces, pinned);
        }
    }

    /// Removes the message whose place a new one takes, and the state before a new one of its topic. Says whether it was pinned.
    fn replace(&mut self, new: &ReceivedMessage) -> bool {
        let is_state = new.event.as_deref() == Some(STATE);
        if new.replaces.is_none() && !is_state {
            return false;
        }
        let is_old = |old: &Received| {
            let is_same = old.id == new.replaces || old.replaces == new.replaces;
            let kind = match &old.what {
                What::Message(kind, _) => kind.as_deref(),
                _ => None,
            };
            (new.replaces.is_some() && is_same)
                || (is_state && kind == Some(STATE) && old.topic == new.topic)
        };
        let pinned = self
            .oldest_first
            .iter()
            .any(|old| old.pinned && is_old(old));
        self.oldest_first.retain(|old| !is_old(old));
        self.cleared.retain(|old| !is_old(old));
        self.count_bytes();
        pinned
    }

    /// Adds a gap.
    pub(crate) fn miss(&mut self, at: f64, reason: String) {
        self.put(at, (None, None), false, What::Gap(reason));
    }

    /// Marks a message as recalled. Does nothing if it is not here.
    pub(crate) fn recall(&mut self, id: &str) {
        let taken = self.oldest_first.iter_mut();
        for message in taken.filter(|message| message.id.as_deref() == Some(id)) {
            self.bytes -= size(message);
            Arc::make_mut(message).what = What::Recalled;
        }
        self.cleared
            .retain(|message| message.id.as_deref() != Some(id));
    }

    fn put(
        &mut self,
        at: f64,
        (id, topic): (Option<String>, Option<String>),
        missed: bool,
        what: What,
    ) {
        self.numbers += 1;
        let received = Received {
            number: self.numbers,
            at,
            id,
            replaces: None,
            topic,
            missed,
            new: self.hidden,
            pinned: false,
            what,
        };
        self.bytes += size(&received);
        self.oldest_first.push(Arc::new(received));
        self.evict();
    }

    /// Removes the oldest messages that are not pinned until the limits hold.
    fn evict(&mut self) {
        while self.oldest_first.len() > Self::MAX_MESSAGES
            || (self.bytes > Self::MAX_BYTES && self.oldest_first.len() > 1)
        {
            let newest = self.oldest_first.len() - 1;
            let place = self.oldest_first.iter().position(|m| !m.pinned);
            let place = place.filter(|place| *place < newest).unwrap_or(0);
            let oldest = self.oldest_first.remove(place);
            self.bytes -= size(&oldest);
            self.dropped = true;
        }
    }

    /// The page was hidden or shown.
    pub(crate) fn set_hidden(&mut self, hidden: bool) {
        self.hidden = hidden;
        self.unseen = 0;
        if hidden {
            // The user has seen the marked messages.
            for message in self.oldest_first.iter_mut().filter(|message| message.new) {
                Arc::make_mut(message).new = false;
            }
        }
    }

    /// The number of messages that arrived while the page was hidden.
    pub(crate) fn unseen(&self) -> u64 {
        self.unseen
    }

    /// Pins or unpins a message.
    pub(crate) fn pin(&mut self, number: u64) {
        let mut all = self.oldest_first.iter_mut();
        if let Some(message) = all.find(|message| message.number == number) {
            let message = Arc::make_mut(message);
            message.pinned = !message.pinned;
        }
    }

    /// Removes all messages that are not pinned. They are kept for undo until the next call.
    pub(crate) fn clear(&mut self) {
        self.cleared.clear();
        for message in std::mem::take(&mut self.oldest_first) {
            match message.pinned {
                true => self.oldest_first.push(message),
                false => self.cleared.push(message),
            }
        }
        self.extra_pages = 0;
        self.count_bytes();
        self.dropped = false;
    }

    /// Restores the messages that were removed last.
    pub(crate) fn undo_clear(&mut self) {
        let kept = std::mem::replace(&mut self.oldest_first, std::mem::take(&mut self.cleared));
        for message in kept {
            let older = |other: &Arc<Received>| other.number < message.number;
            let place = self.oldest_first.partition_point(older);
            self.oldest_first.insert(place, message);
        }
        self.count_bytes();
        self.evict();
    }

    fn count_bytes(&mut self) {
        self.bytes = self.oldest_first.iter().map(|message| size(message)).sum();
    }

    /// The number of messages that can be restored.
    pub(crate) fn cleared(&self) -> usize {
        self.cleared.len()
    }

    /// Sets the filter.
    pub(crate) fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
    }

    /// The filter.
    pub(crate) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Shows older messages.
    pub(crate) fn show_more(&mut self) {
        self.extra_pages += 1;
    }

    /// The messages to render, pinned ones first, and whether more match the filter.
    pub(crate) fn shown(&self) -> (Vec<Arc<Received>>, bool) {
        let most = Self::STEP * (1 + self.extra_pages);
        let newest_first = || self.oldest_first.iter().rev();
        let pinned = newest_first().filter(|message| message.pinned);
        let others = newest_first().filter(|message| !message.pinned);
        let found = pinned.chain(others).filter(|m| self.filter.matches(m));
        let mut shown: Vec<_> = found.take(most + 1).cloned().collect();
        let more = shown.len() > most;
        shown.truncate(most);
        (shown, more)
    }

    /// Whether there are messages but none matches the filter.
    pub(crate) fn has_no_match(&self) -> bool {
        let mut all = self.oldest_first.iter();
        !self.is_empty() && !all.any(|message| self.filter.matches(message))
    }

    /// The event types of the kept messages, sorted.
    pub(crate) fn kinds(&self) -> Vec<String> {
        self.names(|message| match &message.what {
            What::Message(kind, _) => kind.as_deref(),
            _ => None,
        })
    }

    /// The topics of the kept messages, sorted.
    pub(crate) fn topics(&self) -> Vec<String> {
        self.names(|message| message.topic.as_deref())
    }

    fn names(&self, of: fn(&Received) -> Option<&str>) -> Vec<String> {
        let mut names = Vec::<String>::new();
        for name in self.oldest_first.iter().filter_map(|message| of(message)) {
            if let Err(place) = names.binary_search_by(|known| known.as_str().cmp(name)) {
                names.insert(place, name.to_owned());
            }
        }
        names
    }

    /// Whether there are no messages.
    pub(crate) fn is_empty(&self) -> bool {
        self.oldest_first.is_empty()
    }

    /// The number of kept messages, if some were dropped since the last clear.
    pub(crate) fn len_if_truncated(&self) -> Option<usize> {
        self.dropped.then_some(self.oldest_first.len())
    }

    /// The number of received messages.
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

    fn message(id: &str, data: &str) -> ReceivedMessage {
        ReceivedMessage {
            id: Some(id.to_owned()),
            event: None,
            topic: None,
            data: data.to_owned(),
            missed: false,
            replaces: None,
            is_quiet: false,
        }
    }

    fn typed(kind: &str, data: &str) -> ReceivedMessage {
        ReceivedMessage {
            event: Some(kind.to_owned()),
            ..message("", data)
        }
    }

    fn texts(inbox: &Inbox) -> Vec<String> {
        let text = |received: &Arc<Received>| match &received.what {
            What::Message(_, text) | What::Gap(text) => text.clone(),
            What::Recalled => "taken back".to_owned(),
        };
        inbox.shown().0.iter().map(text).collect()
    }

    fn of(texts: &[&str]) -> Inbox {
        let mut inbox = Inbox::default();
        for text in texts {
            inbox.add(0.0, message(text, text));
        }
        inbox
    }

    #[test]
    fn the_newest_is_first_and_the_oldest_is_dropped() {
        let mut inbox = Inbox::default();
        for n in 0..Inbox::MAX_MESSAGES {
            inbox.add(0.0, message("", &n.to_string()));
        }
        assert_eq!(inbox.len_if_truncated(), None);
        inbox.pin(1);
        for n in 0..3 {
            inbox.add(0.0, message("", &format!("more {n}")));
        }
        assert_eq!(inbox.len_if_truncated(), Some(Inbox::MAX_MESSAGES));
        assert_eq!(inbox.received(), Inbox::MAX_MESSAGES as u64 + 3);
        while inbox.shown().1 {
            inbox.show_more();
        }
        let texts = texts(&inbox);
        assert_eq!(texts.len(), Inbox::MAX_MESSAGES);
        assert_eq!(
            texts[..2],
            ["0", "more 2"],
            "the pinned one is kept, and first"
        );
        assert_eq!(texts.last().map(String::as_str), Some("4"));
        inbox.clear();
        inbox.add(0.0, message("", "new"));
        assert_eq!(
            inbox.len_if_truncated(),
            None,
            "what was cleared is not missed"
        );
    }

    #[test]
    fn large_messages_are_dropped_sooner_but_the_newest_stays() {
        let mut inbox = of(&["small"]);
        inbox.pin(1);
        inbox.add(0.0, message("", &"x".repeat(Inbox::MAX_BYTES + 1)));
        assert_eq!(texts(&inbox).len(), 1);
        inbox.add(0.0, message("", "small"));
        assert_eq!(texts(&inbox), ["small"]);
        assert_eq!(inbox.bytes, "small".len());
    }

    #[test]
    fn a_recalled_message_keeps_its_position_but_not_its_text() {
        let mut inbox = of(&["k3-1", "k3-2"]);
        inbox.recall("k3-1");
        inbox.recall("k3-1");
        inbox.recall("k3-7");
        assert_eq!(texts(&inbox), ["k3-2", "taken back"]);
        assert_eq!(inbox.bytes, "k3-2".len());
    }

    #[test]
    fn a_newer_message_takes_the_place_of_the_one_it_replaces() {
        let mut inbox = of(&["k3-1", "k3-2"]);
        let newer = |id: &str| ReceivedMessage {
            replaces: Some("k3-1".to_owned()),
            ..message(id, id)
        };
        inbox.pin(1);
        inbox.add(0.0, newer("k3-3"));
        assert_eq!(
            texts(&inbox),
            ["k3-3", "k3-2"],
            "it is pinned as the first one"
        );
        inbox.add(0.0, newer("k3-4"));
        assert_eq!(texts(&inbox), ["k3-4", "k3-2"]);
        assert_eq!(inbox.bytes, 8);
    }

    #[test]
    fn of_the_states_of_a_topic_only_the_newest_is_shown() {
        let mut inbox = Inbox::default();
        for (topic, text) in [("a", "one"), ("b", "two"), ("a", "three")] {
            let topic = Some(topic.to_owned());
            inbox.add(
                0.0,
                ReceivedMessage {
                    topic,
                    ..typed("state", text)
                },
            );
        }
        assert_eq!(texts(&inbox), ["three", "two"]);
    }

    #[test]
    fn clearing_keeps_pinned_messages_and_can_be_undone() {
        let mut inbox = of(&["one", "two", "three"]);
        inbox.pin(2);
        inbox.clear();
        assert_eq!(
            (texts(&inbox), inbox.cleared()),
            (vec!["two".to_owned()], 2)
        );
        inbox.add(0.0, message("four", "four"));
        inbox.recall("one");
        inbox.undo_clear();
        assert_eq!(texts(&inbox), ["two", "four", "three"]);
        inbox.pin(2);
        assert_eq!(texts(&inbox), ["four", "three", "two"]);
        assert_eq!((inbox.cleared(), inbox.bytes), (0, 12));
    }

    #[test]
    fn messages_that_arrive_while_the_page_is_hidden_are_counted_and_marked() {
        let mut inbox = of(&["seen"]);
        inbox.set_hidden(true);
        inbox.add(0.0, message("", "unseen"));
        let new = |inbox: &Inbox| inbox.oldest_first.iter().filter(|m| m.new).count();
        assert_eq!((inbox.unseen(), new(&inbox)), (1, 1));
        inbox.set_hidden(false);
        assert_eq!((inbox.unseen(), new(&inbox)), (0, 1));
        inbox.set_hidden(true);
        assert_eq!(new(&inbox), 0);
    }

    #[test]
    fn a_filter_matches_type_and_text_and_never_hides_a_gap() {
        let mut inbox = of(&["Tea is here"]);
        inbox.add(0.0, typed("order.paid", "tea, 99.50"));
        inbox.add(0.0, typed("order.sent", "coffee"));
        inbox.miss(0.0, "pruned".to_owned());
        assert_eq!(inbox.kinds(), ["order.paid", "order.sent"]);
        let mut find = |kind: &str, text: &str| {
            let (kind, text) = (kind.to_owned(), text.to_owned());
            let topic = String::new();
            inbox.set_filter(Filter { kind, topic, text });
            texts(&inbox)
        };
        assert_eq!(find("", " TEA "), ["pruned", "tea, 99.50", "Tea is here"]);
        assert_eq!(find("order.paid", ""), ["pruned", "tea, 99.50"]);
        assert_eq!(find("order.sent", "tea"), ["pruned"]);
        inbox.clear();
        assert!(texts(&inbox).is_empty());
    }

    #[test]
    fn a_filter_matches_topics() {
        let mut inbox = of(&["to the client"]);
        for topic in ["orders/42", "news", "orders/42"] {
            let topic = Some(topic.to_owned());
            let message = message("", topic.as_deref().unwrap_or_default());
            inbox.add(0.0, ReceivedMessage { topic, ..message });
        }
        assert_eq!(inbox.topics(), ["news", "orders/42"]);
        inbox.set_filter(Filter {
            topic: "orders/42".to_owned(),
            ..Filter::default()
        });
        assert_eq!(texts(&inbox), ["orders/42", "orders/42"]);
    }

    #[test]
    fn only_the_newest_are_rendered_until_the_user_asks_for_more() {
        let mut inbox = of(&["x"; Inbox::STEP + 1]);
        let shown = |inbox: &Inbox| (inbox.shown().0.len(), inbox.shown().1);
        assert_eq!(shown(&inbox), (Inbox::STEP, true));
        inbox.show_more();
        assert_eq!(shown(&inbox), (Inbox::STEP + 1, false));
    }
}
