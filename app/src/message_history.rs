//! The model of the message history: the loaded messages, newest first, each once.

use std::sync::Arc;

use crate::{
    cursor,
    wire::{MessageInfo, To},
};

/// Milliseconds for which the delivery of a message to a topic or to everyone is refreshed.
const PROGRESS_WINDOW: f64 = 120_000.0;

/// The loaded part of the history, from the newest message on.
#[derive(Clone, Debug, Default)]
pub(crate) struct MessageHistory {
    messages: Vec<Arc<MessageInfo>>,
    /// The cursor of the next page; none if there are no older messages.
    next: Option<String>,
}

impl MessageHistory {
    /// Messages that are kept.
    pub(crate) const MAX_MESSAGES: usize = 500;

    /// Adds the newest page. The loaded messages stay, unless messages are missing between the two.
    pub(crate) fn renew(&mut self, page: Vec<MessageInfo>, next: Option<String>) {
        let newest = self
            .messages
            .first()
            .map_or(0, |message| cursor::seq(&message.id));
        let meets = page
            .last()
            .is_some_and(|oldest| cursor::seq(&oldest.id) <= newest);
        if !meets {
            self.messages.clear();
            self.next = next;
        }
        self.merge(page);
    }

    /// Adds the page after the oldest message.
    pub(crate) fn append(&mut self, page: Vec<MessageInfo>, next: Option<String>) {
        self.next = next;
        self.merge(page);
    }

    /// Adds or replaces messages.
    pub(crate) fn merge(&mut self, page: Vec<MessageInfo>) {
        for message in page {
            match self.place(&message.id) {
                Ok(place) => self.messages[place] = Arc::new(message),
                Err(place) => self.messages.insert(place, Arc::new(message)),
            }
        }
        if self.messages.len() > Self::MAX_MESSAGES {
            self.messages.truncate(Self::MAX_MESSAGES);
            self.next = self.messages.last().map(|oldest| oldest.id.clone());
        }
    }

    pub(crate) fn messages(&self) -> &[Arc<MessageInfo>] {
        &self.messages
    }

    /// The message with this id.
    pub(crate) fn find(&self, id: &str) -> Option<&Arc<MessageInfo>> {
        self.place(id).ok().map(|place| &self.messages[place])
    }

    /// The message that is this many below another one in the list, as far as the list goes. If the other one is not there,
    /// the first message.
    pub(crate) fn beside(&self, id: &str, by: isize) -> Option<&Arc<MessageInfo>> {
        let last = self.messages.len().checked_sub(1)?;
        let place = match self.place(id) {
            Ok(place) => place.saturating_add_signed(by).min(last),
            Err(_) => 0,
        };
        self.messages.get(place)
    }

    /// The messages from one to another, both included, in either order. If the first one is not there, only the other.
    pub(crate) fn range(&self, from: &str, to: &str) -> &[Arc<MessageInfo>] {
        let Ok(to) = self.place(to) else { return &[] };
        let from = self.place(from).unwrap_or(to);
        &self.messages[from.min(to)..=from.max(to)]
    }

    /// The place of a message in the list; if it is not there, where it would be.
    pub(crate) fn place(&self, id: &str) -> Result<usize, usize> {
        let seq = cursor::seq(id);
        self.messages
            .binary_search_by(|known| seq.cmp(&cursor::seq(&known.id)))
    }

    /// The recent messages to a topic or to everyone that are not sent to all recipients yet, as a range to
    /// request. They are refreshed for a limited time, because a connection that has closed never gets them.
    pub(crate) fn in_progress(&self, now: f64) -> Option<(Option<String>, usize)> {
        self.range_where(|message| {
            let young = now - (message.at as f64) < PROGRESS_WINDOW;
            let all_sent = message.receipts.sent >= message.receipts.audience;
            young && message.clients.is_none() && !all_sent
        })
    }

    /// The cursor of the page that can be added after the oldest message.
    pub(crate) fn next(&self) -> Option<String> {
        self.next.clone().filter(|_| !self.is_full())
    }

    /// Whether there are older messages, but no room for them.
    pub(crate) fn is_full(&self) -> bool {
        self.next.is_some() && self.messages.len() >= Self::MAX_MESSAGES
    }

    /// The messages whose receipts may have changed when those of these clients have, as a range to request:
    /// the cursor before them, and their number.
    pub(crate) fn affected_by(&self, clients: &[String]) -> Option<(Option<String>, usize)> {
        self.range_where(|message| is_for_any_of(message, clients))
    }

    /// The range from the first to the last message for which something holds: the cursor before it, and its length.
    fn range_where(&self, holds: impl Fn(&MessageInfo) -> bool) -> Option<(Option<String>, usize)> {
        let first = self.messages.iter().position(|message| holds(message))?;
        let last = self.messages.iter().rposition(|message| holds(message))?;
        let before = first
            .checked_sub(1)
            .map(|newer| self.messages[newer].id.clone());
        Some((before, last - first + 1))
    }
}

/// Whether a message is for one of these clients, as far as its audience is loaded.
pub(crate) fn is_for_any_of(message: &MessageInfo, clients: &[String]) -> bool {
    match &message.to {
        To::Client(id) => clients.contains(id),
        To::Clients(ids) => {
            message.clients.unwrap_or_default() > ids.len() as u64
                || ids.iter().any(|id| clients.contains(id))
        }
        To::Topic(_) | To::Everyone => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Receipts;
    use serde_json::value::RawValue;

    fn message(seq: u64, to: To) -> MessageInfo {
        MessageInfo {
            id: format!("k3-{seq}"),
            at: 0,
            expires_at: None,
            to,
            clients: Some(1),
            event: None,
            data: RawValue::NULL.to_owned(),
            ended: None,
            replace: None,
            replaces: None,
            urgency: None,
            receipt: None,
            receipts: Receipts::default(),
        }
    }

    fn page(seqs: &[u64]) -> Vec<MessageInfo> {
        let ada = || To::Client("ada".to_owned());
        seqs.iter().map(|seq| message(*seq, ada())).collect()
    }

    fn seqs(messages: &MessageHistory) -> Vec<u64> {
        let messages = messages.messages().iter();
        messages.map(|message| cursor::seq(&message.id)).collect()
    }

    #[test]
    fn overlapping_pages_contain_each_message_once() {
        let mut messages = MessageHistory::default();
        messages.renew(page(&[9, 8]), Some("k3-8".to_owned()));
        messages.append(page(&[6, 3]), None);
        messages.renew(page(&[12, 9]), Some("k3-9".to_owned()));
        assert_eq!(seqs(&messages), [12, 9, 8, 6, 3]);
        assert_eq!(messages.next(), None);
    }

    #[test]
    fn messages_before_a_hole_are_dropped() {
        let mut messages = MessageHistory::default();
        messages.renew(page(&[9, 8]), None);
        messages.renew(page(&[30, 29]), Some("k3-29".to_owned()));
        assert_eq!(seqs(&messages), [30, 29]);
        assert_eq!(messages.next().as_deref(), Some("k3-29"));
        messages.renew(Vec::new(), None);
        assert!(messages.messages().is_empty());
    }

    #[test]
    fn the_history_is_bounded_and_knows_that_there_are_older_messages() {
        let mut messages = MessageHistory::default();
        let many: Vec<u64> = (1..=MessageHistory::MAX_MESSAGES as u64 + 2)
            .rev()
            .collect();
        messages.renew(page(&many), None);
        assert_eq!(messages.messages().len(), MessageHistory::MAX_MESSAGES);
        assert!(messages.is_full());
        assert!(messages.next().is_none());
    }

    #[test]
    fn messages_are_found_beside_and_between_others() {
        let mut messages = MessageHistory::default();
        assert!(messages.beside("", 1).is_none());
        messages.renew(page(&[9, 7, 5, 2]), None);
        let beside = |id: &str, by| messages.beside(id, by).map(|one| cursor::seq(&one.id));
        assert_eq!(beside("k3-9", 1), Some(7));
        assert_eq!(beside("k3-5", -1), Some(7));
        assert_eq!((beside("k3-9", -1), beside("k3-2", 10)), (Some(9), Some(2)));
        assert_eq!(beside("", 1), Some(9));
        assert_eq!(beside("k3-7", isize::MIN), Some(9));
        let range = |from: &str, to: &str| {
            let range = messages.range(from, to).iter();
            range.map(|one| cursor::seq(&one.id)).collect::<Vec<_>>()
        };
        assert_eq!(range("k3-9", "k3-5"), [9, 7, 5]);
        assert_eq!(range("k3-2", "k3-7"), [7, 5, 2]);
        assert_eq!(range("k3-3", "k3-7"), [7]);
        assert_eq!(range("k3-9", "k3-3"), [0; 0]);
    }

    #[test]
    fn only_messages_for_a_client_are_requested_again() {
        let mut messages = MessageHistory::default();
        let mut several = message(4, To::Clients(vec!["bea".to_owned()]));
        several.clients = Some(20);
        let list = vec![
            message(9, To::Everyone),
            message(7, To::Client("ada".to_owned())),
            message(5, To::Topic("ada".to_owned())),
            several,
            message(2, To::Client("cem".to_owned())),
        ];
        messages.renew(list, None);
        let affected_by = |id: &str| messages.affected_by(&[id.to_owned()]);
        assert_eq!(affected_by("ada"), Some((Some("k3-9".to_owned()), 3)));
        assert_eq!(
            affected_by("dan"),
            Some((Some("k3-5".to_owned()), 1)),
            "unnamed"
        );
        assert_eq!(affected_by("cem"), Some((Some("k3-5".to_owned()), 2)));
    }
}
