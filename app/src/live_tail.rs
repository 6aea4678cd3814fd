//! The model of the live tail: the newest messages that match a filter, and when some may be missing.

use std::{collections::VecDeque, sync::Arc};

use crate::{
    cursor,
    message_history::is_for_any_of,
    topic_pattern,
    wire::{MessageInfo, To},
};

/// Which messages are shown. A condition that is empty matches every message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TailFilter {
    /// A topic or a pattern.
    pub(crate) topic: String,
    /// A client. With a topic: messages for one or the other.
    pub(crate) client: String,
    /// The event type.
    pub(crate) event: String,
}

impl TailFilter {
    fn matches(&self, message: &MessageInfo) -> bool {
        let Self {
            topic,
            client,
            event,
        } = self;
        let to_topic =
            matches!(&message.to, To::Topic(name) if topic_pattern::matches(topic, name));
        let to_client = || is_for_any_of(message, std::slice::from_ref(client));
        let audience = topic.is_empty() && client.is_empty()
            || !topic.is_empty() && to_topic
            || !client.is_empty() && to_client();
        audience && (event.is_empty() || message.event.as_ref() == Some(event))
    }
}

/// A line of the tail.
#[derive(Clone, Debug)]
pub(crate) struct TailRow {
    /// The number of the row, in the order in which they came.
    pub(crate) number: u64,
    /// When, in milliseconds since 1970.
    pub(crate) at: f64,
    /// What it says.
    pub(crate) line: TailLine,
}

/// What a line says.
#[derive(Clone, Debug)]
pub(crate) enum TailLine {
    /// A message.
    Message(Arc<MessageInfo>),
    /// The stream was lost.
    Lost,
    /// The stream is back, or updates were skipped.
    Back(Missed),
}

/// What was missed while there was no stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Missed {
    /// So many stored messages. Those that match are listed.
    Listed(u64),
    /// More than are listed.
    More,
    /// It is not known, for this reason.
    Unknown(String),
}

/// The rows of the tail.
#[derive(Clone, Debug, Default)]
pub(crate) struct LiveTail {
    /// Newest first.
    rows: VecDeque<Arc<TailRow>>,
    /// What has come while it is paused, newest first. None: it is not paused.
    held: Option<VecDeque<Arc<TailRow>>>,
    /// Messages that have come while it is paused.
    arrived: u64,
    numbers: u64,
    filter: TailFilter,
}

impl LiveTail {
    /// Rows that are kept.
    pub(crate) const MAX_ROWS: usize = 500;

    /// The rows to show, newest first.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &Arc<TailRow>> {
        self.rows.iter()
    }

    /// Messages that have come since it was paused. None: it is not paused.
    pub(crate) fn arrived(&self) -> Option<u64> {
        self.held.as_ref().map(|_| self.arrived)
    }

    /// Whether older rows were dropped, or nearly so.
    pub(crate) fn is_full(&self) -> bool {
        self.rows.len() >= Self::MAX_ROWS
    }

    /// Takes messages that have come, oldest first.
    pub(crate) fn take(&mut self, messages: impl IntoIterator<Item = Arc<MessageInfo>>) {
        for message in messages {
            if self.filter.matches(&message) {
                self.arrived += 1;
                self.add(message.at as f64, TailLine::Message(message));
            }
        }
    }

    /// Adds a line, as the newest one.
    pub(crate) fn add(&mut self, at: f64, line: TailLine) {
        self.numbers += 1;
        let number = self.numbers;
        let rows = self.held.as_mut().unwrap_or(&mut self.rows);
        rows.push_front(Arc::new(TailRow { number, at, line }));
        rows.truncate(Self::MAX_ROWS);
    }

    /// Holds back what comes from now on, or shows it.
    pub(crate) fn pause_or_go_on(&mut self) {
        match self.held.take() {
            None => {
                self.held = Some(VecDeque::new());
                self.arrived = 0;
            }
            Some(mut held) => {
                held.append(&mut self.rows);
                held.truncate(Self::MAX_ROWS);
                self.rows = held;
            }
        }
    }

    /// Shows only what matches from now on. What does not match is dropped.
    pub(crate) fn set_filter(&mut self, filter: TailFilter) {
        self.filter = filter;
        let filter = &self.filter;
        let keep = |row: &Arc<TailRow>| match &row.line {
            TailLine::Message(message) => filter.matches(message),
            TailLine::Lost | TailLine::Back(_) => true,
        };
        self.rows.retain(keep);
        if let Some(held) = &mut self.held {
            held.retain(keep);
            let messages = held.iter();
            let messages = messages.filter(|row| matches!(row.line, TailLine::Message(_)));
            self.arrived = messages.count() as u64;
        }
    }

    /// Drops all rows.
    pub(crate) fn clear(&mut self) {
        self.rows.clear();
        if let Some(held) = &mut self.held {
            held.clear();
            self.arrived = 0;
        }
    }
}

/// Messages that were loaded after a loss, and those that came meanwhile: in order, each once.
pub(crate) fn in_order(
    loaded: Vec<MessageInfo>,
    live: Vec<Arc<MessageInfo>>,
) -> Vec<Arc<MessageInfo>> {
    let mut stored: Vec<Arc<MessageInfo>> = loaded.into_iter().map(Arc::new).collect();
    stored.sort_unstable_by_key(|message| cursor::seq(&message.id));
    let newest = stored.last().map(|message| message.id.clone());
    let newest = newest.unwrap_or_default();
    let is_new =
        |message: &Arc<MessageInfo>| message.id.is_empty() || !cursor::covers(&newest, &message.id);
    stored.extend(live.into_iter().filter(is_new));
    stored
}

#[cfg(test)]
mod tests;
