//! What a page has received, newest first, and never more than it can hold.

mod filter;

use std::sync::Arc;

use crate::event_stream::Arrival;
pub(crate) use filter::Filter;

/// One thing that a stream told, as it arrived.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Received {
    /// Counts what this page has received; never the same twice.
    pub(crate) number: u64,
    /// When it arrived, in milliseconds since 1970.
    pub(crate) at: f64,
    /// Its cursor; none when it is not in the log.
    pub(crate) id: Option<String>,
    /// The topic that it was pushed to, if it was.
    pub(crate) topic: Option<String>,
    /// Whether it was pushed while the page was not connected.
    pub(crate) missed: bool,
    /// Whether it came while nobody was looking, or they have only just begun to.
    pub(crate) new: bool,
    /// Whether the person keeps it at the top.
    pub(crate) pinned: bool,
    /// What it is.
    pub(crate) what: What,
}

/// What a stream told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// A message: its type, if the push named one, and its text.
    Message(Option<String>, String),
    /// A message that was taken back after it had come.
    Recalled,
    /// Messages are missing here, and why, as the server names it.
    Gap(String),
}

/// The newest messages, bounded by their number and by the text they hold together: a page must
/// not grow without end because somebody talks to it.
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
    /// So many steps further down than at first the person has gone.
    extra_pages: usize,
}

impl Inbox {
    /// So many messages are kept.
    pub(crate) const MAX_MESSAGES: usize = 10_000;
    /// So many bytes of text are kept, whatever their number; the newest message always is.
    pub(crate) const MAX_BYTES: usize = 8 * 1024 * 1024;
    /// So many are on the page at first, and so many more each time: what is on the page costs.
    pub(crate) const STEP: usize = 50;

    /// A message came.
    pub(crate) fn add(&mut self, at: f64, message: Arrival) {
        self.messages += 1;
        self.unseen += u64::from(self.hidden);
        let what = What::Message(message.event, message.data);
        self.put(at, (message.id, message.topic), message.missed, what);
    }

    /// Something is missing here.
    pub(crate) fn miss(&mut self, at: f64, reason: String) {
        self.put(at, (None, None), false, What::Gap(reason));
    }

    /// A message was taken back. One that is not here needs nothing.
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

    /// The oldest go, but those that somebody wants to keep.
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

    /// The page is looked at, or no longer.
    pub(crate) fn look(&mut self, hidden: bool) {
        self.hidden = hidden;
        self.unseen = 0;
        if hidden {
            // Whoever looked has seen what was marked.
            for message in self.oldest_first.iter_mut().filter(|message| message.new) {
                Arc::make_mut(message).new = false;
            }
        }
    }

    /// How many messages have come since somebody looked.
    pub(crate) fn unseen(&self) -> u64 {
        self.unseen
    }

    /// Keeps a message at the top, or no longer.
    pub(crate) fn pin(&mut self, number: u64) {
        let mut all = self.oldest_first.iter_mut();
        if let Some(message) = all.find(|message| message.number == number) {
            let message = Arc::make_mut(message);
            message.pinned = !message.pinned;
        }
    }

    /// Puts away all that is not pinned; nothing of it is lost until it is done again.
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

    /// Has back what was put away last.
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

    /// How many were put away last.
    pub(crate) fn cleared(&self) -> usize {
        self.cleared.len()
    }

    /// Looks for something, or for something else.
    pub(crate) fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
    }

    /// What is looked for.
    pub(crate) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Shows some more.
    pub(crate) fn show_more(&mut self) {
        self.extra_pages += 1;
    }

    /// What is on the page, pinned ones first, and whether there are more that are looked for.
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

    /// Whether there is something, but nothing of what is looked for.
    pub(crate) fn has_no_match(&self) -> bool {
        let mut all = self.oldest_first.iter();
        !self.is_empty() && !all.any(|message| self.filter.matches(message))
    }

    /// The types of what is kept, in the order of the alphabet.
    pub(crate) fn kinds(&self) -> Vec<String> {
        self.names(|message| match &message.what {
            What::Message(kind, _) => kind.as_deref(),
            _ => None,
        })
    }

    /// The topics of what is kept, in the order of the alphabet.
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

    /// Whether nothing is kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.oldest_first.is_empty()
    }

    /// How many are kept, when that is not all since the page was cleared.
    pub(crate) fn len_if_truncated(&self) -> Option<usize> {
        self.dropped.then_some(self.oldest_first.len())
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
            topic: None,
            data: data.to_owned(),
            missed: false,
        }
    }

    fn typed(kind: &str, data: &str) -> Arrival {
        Arrival {
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
    fn the_newest_is_first_and_the_oldest_makes_room() {
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
    fn large_messages_make_room_sooner_but_the_newest_stays() {
        let mut inbox = of(&["small"]);
        inbox.pin(1);
        inbox.add(0.0, message("", &"x".repeat(Inbox::MAX_BYTES + 1)));
        assert_eq!(texts(&inbox).len(), 1);
        inbox.add(0.0, message("", "small"));
        assert_eq!(texts(&inbox), ["small"]);
        assert_eq!(inbox.bytes, "small".len());
    }

    #[test]
    fn a_message_that_was_taken_back_leaves_its_place_and_not_its_text() {
        let mut inbox = of(&["k3-1", "k3-2"]);
        inbox.recall("k3-1");
        inbox.recall("k3-1");
        inbox.recall("k3-7");
        assert_eq!(texts(&inbox), ["k3-2", "taken back"]);
        assert_eq!(inbox.bytes, "k3-2".len());
    }

    #[test]
    fn clearing_can_be_undone_and_leaves_what_is_pinned() {
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
    fn what_came_while_nobody_looked_is_counted_until_they_do_and_marked_until_they_leave() {
        let mut inbox = of(&["seen"]);
        inbox.look(true);
        inbox.add(0.0, message("", "unseen"));
        let new = |inbox: &Inbox| inbox.oldest_first.iter().filter(|m| m.new).count();
        assert_eq!((inbox.unseen(), new(&inbox)), (1, 1));
        inbox.look(false);
        assert_eq!((inbox.unseen(), new(&inbox)), (0, 1));
        inbox.look(true);
        assert_eq!(new(&inbox), 0);
    }

    #[test]
    fn a_filter_finds_by_type_and_text_and_never_hides_a_gap() {
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
    fn a_filter_finds_what_came_by_a_topic() {
        let mut inbox = of(&["to the client"]);
        for topic in ["orders/42", "news", "orders/42"] {
            let topic = Some(topic.to_owned());
            let message = message("", topic.as_deref().unwrap_or_default());
            inbox.add(0.0, Arrival { topic, ..message });
        }
        assert_eq!(inbox.topics(), ["news", "orders/42"]);
        inbox.set_filter(Filter {
            topic: "orders/42".to_owned(),
            ..Filter::default()
        });
        assert_eq!(texts(&inbox), ["orders/42", "orders/42"]);
    }

    #[test]
    fn only_some_are_shown_until_somebody_goes_further() {
        let mut inbox = of(&["x"; Inbox::STEP + 1]);
        let shown = |inbox: &Inbox| (inbox.shown().0.len(), inbox.shown().1);
        assert_eq!(shown(&inbox), (Inbox::STEP, true));
        inbox.show_more();
        assert_eq!(shown(&inbox), (Inbox::STEP + 1, false));
    }
}
