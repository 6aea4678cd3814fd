//! Pages of the log for a connection, encoded where they are read, with many messages in one frame.

use std::{collections::VecDeque, sync::Arc};

use crate::{
    broker::recall,
    log::{
        Log, LogGap, Openings, Page, PageLimit, ReadError, StatesPage, Subscriptions, TopicState,
    },
    message::{Encoding, Frame, FrameWriter, Message, Seq},
};

/// Bytes of frames that are written at once. More would not be faster, and would use more memory for a slow reader.
const BATCH: usize = 32 << 10;

/// The capacity of a buffer for them, with space for the last frame.
const CAPACITY: usize = BATCH + (1 << 10);

/// Recalls in one frame.
const RECALLS_AT_ONCE: usize = 500;

/// A request for a page of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRead {
    /// Which messages.
    pub subscriptions: Arc<Subscriptions>,
    /// Messages after this position; none: after the position of the client in the log.
    pub after: Option<Seq>,
    /// Messages up to and including this position; none: up to the head.
    pub until: Option<Seq>,
    /// How the connection gets its messages.
    pub encoding: Encoding,
    /// Whether the reader may have missed recalls of messages that it has received.
    pub with_recalls: bool,
    /// Read the states of the topics after this name instead of messages.
    pub states_after: Option<Box<str>>,
    /// States that were set by messages up to here were told: their events are left out.
    pub states_told: Seq,
    /// Urgent messages of the inbox up to here were sent before their turn: they are left out.
    pub urgent_told: Seq,
}

/// How far a read of states came.
#[derive(Clone, Debug, Default)]
pub struct StatesRead {
    /// There are more after this name.
    pub next: Option<Box<str>>,
    /// What messages up to here have set was read.
    pub until: Seq,
}

/// Consecutive messages of the log that are for this connection.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Their encoded frames.
    pub frames: Frame,
    /// The position of the last message.
    pub last: Seq,
    /// The position of the last direct message.
    pub direct: Option<Seq>,
    /// How many messages these are.
    pub messages: u64,
}

/// The result of a [`LogRead`].
#[derive(Clone, Debug)]
pub struct Backlog {
    /// The messages, in order.
    pub batches: VecDeque<Batch>,
    /// See [`Page::reached`].
    pub reached: Seq,
    /// See [`Page::more`].
    pub more: bool,
    /// See [`Page::gaps`].
    pub gaps: Vec<LogGap>,
    /// How far a read of states came.
    pub states: Option<StatesRead>,
    /// Urgent messages of the inbox up to here are before the others, or were.
    pub urgent_told: Seq,
}

impl LogRead {
    /// Reads and encodes the page. Blocks: see [`Log::read`].
    pub fn run(&self, log: &Log) -> Result<Backlog, ReadError> {
        if let Some(after) = &self.states_after {
            return self.run_states(log, after);
        }
        let after = match (self.after, &self.subscriptions.client) {
            (Some(after), _) => after,
            (None, Some(client_id)) => log.inbox_position(client_id)?,
            (None, None) => 0,
        };
        if let Some(until) = self.until.filter(|until| *until <= after) {
            return Ok(Backlog::nothing_after(until));
        }
        let early = self.read_urgent(log, after)?;
        let urgent_told = early.last().map_or(self.urgent_told, |last| last.seq);
        let mut page = log.read(&self.subscriptions, after, self.until, PageLimit::default())?;
        if self.states_told > 0 {
            let told =
                |message: &Message| message.seq <= self.states_told && message.is_state_event();
            page.messages.retain(|message| !told(message));
        }
        let mut backlog = Backlog::of(page, log.openings(), (self.encoding, urgent_told));
        backlog.put_first(&early, after, (log, self.encoding));
        if self.with_recalls {
            let recalled = log.recalls_since(&self.subscriptions, after)?;
            backlog.tell_recalls(&recalled, after, log);
        }
        Ok(backlog)
    }

    /// The urgent messages of an inbox that begins after this position. None if it was begun before.
    fn read_urgent(&self, log: &Log, after: Seq) -> Result<Vec<Message>, ReadError> {
        match (&self.subscriptions.client, self.after, self.until) {
            (Some(client), None, Some(until)) if log.has_urgent() => {
                log.urgent(client, (after, until))
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Reads the states of the topics after a name.
    fn run_states(&self, log: &Log, after: &str) -> Result<Backlog, ReadError> {
        let position = self.after.unwrap_or_default();
        let mut backlog = Backlog::nothing_after(position);
        let filters = &self.subscriptions.filters;
        let (page, until) = match log.states(filters, after) {
            // The messages matter more: they are read on.
            Err(error) if error.is_damage() => (StatesPage::default(), 0),
            read => read?,
        };
        backlog.tell_states(&page.states, position, (log, self.encoding));
        backlog.states = Some(StatesRead {
            next: page.next,
            until,
        });
        Ok(backlog)
    }

    /// Whether it would find nothing, because the log has nothing new.
    pub fn is_empty(&self, log: &Log) -> bool {
        if self.states_after.is_some() {
            return !log.has_states();
        }
        self.until.is_none()
            && self.after.is_some_and(|after| {
                log.head() <= after && !(self.with_recalls && log.has_recalls_since(after))
            })
    }
}

impl Backlog {
    /// The result of a read when the log has nothing after this position.
    pub fn nothing_after(seq: Seq) -> Self {
        Self {
            batches: VecDeque::new(),
            reached: seq,
            more: false,
            gaps: Vec::new(),
            states: None,
            urgent_told: 0,
        }
    }

    /// Puts urgent messages before all others.
    fn put_first(&mut self, early: &[Message], after: Seq, (log, encoding): (&Log, Encoding)) {
        if early.is_empty() {
            return;
        }
        let mut writer = FrameWriter::new();
        for message in early {
            let id = log.cursor(message.seq);
            let replaces = message.replaces().map(|seq| log.cursor(seq));
            match encoding {
                Encoding::Envelope => writer.early_envelope(message, &id, replaces.as_ref()),
                Encoding::Fields | Encoding::Mercure { .. } => {
                    writer.early(message, &id, replaces.as_ref());
                }
            }
        }
        self.batches.push_front(Batch {
            frames: writer.take(),
            last: after,
            direct: None,
            messages: early.len() as u64,
        });
    }

    /// Adds states, for a reader at this position.
    fn tell_states(&mut self, states: &[TopicState], position: Seq, of: (&Log, Encoding)) {
        let (log, encoding) = of;
        let mut writer = FrameWriter::new();
        for (i, state) in states.iter().enumerate() {
            let id = log.cursor(state.seq);
            writer.state(
                &state.topic,
                &id,
                &state.data,
                encoding == Encoding::Envelope,
            );
            if writer.len() >= BATCH || i + 1 == states.len() {
                self.batches.push_back(Batch {
                    frames: std::mem::take(&mut writer).take(),
                    last: position,
                    direct: None,
                    messages: 1,
                });
            }
        }
    }

    /// Puts recalls of earlier messages before all others.
    fn tell_recalls(&mut self, recalled: &[Seq], after: Seq, log: &Log) {
        for part in recalled.rchunks(RECALLS_AT_ONCE) {
            self.batches.push_front(Batch {
                frames: recall::frame(part.iter().map(|seq| log.cursor(*seq))),
                last: after,
                direct: None,
                messages: part.len() as u64,
            });
        }
    }

    /// Bytes of its messages.
    pub fn bytes(&self) -> usize {
        self.batches.iter().map(|batch| batch.frames.size()).sum()
    }

    /// Encodes a page of the log with these openings, without urgent messages that were sent before their turn.
    fn of(page: Page, openings: &Openings, (encoding, urgent_told): (Encoding, Seq)) -> Self {
        let size = |message: &Message| FrameWriter::size(message, openings.epoch_of(message.seq));
        let write = |writer: &mut FrameWriter, message: &Message| {
            let epoch = openings.epoch_of(message.seq);
            let replaces = message.replaces().map(|seq| openings.cursor(seq));
            match encoding {
                Encoding::Fields => writer.message(message, epoch, replaces.as_ref()),
                Encoding::Envelope => writer.envelope(message, epoch, replaces.as_ref()),
                Encoding::Mercure { .. } => writer.mercure(message, epoch),
            }
        };
        let mut batches = VecDeque::new();
        let mut left: usize = page.messages.iter().map(size).sum();
        let mut writer = FrameWriter::with_capacity(left.min(CAPACITY));
        let mut direct = None;
        let mut messages = 0;
        for (i, message) in page.messages.iter().enumerate() {
            left = left.saturating_sub(size(message));
            if message.seq > urgent_told || !message.is_urgent() {
                write(&mut writer, message);
                messages += 1;
            }
            if message.audience.is_direct() {
                direct = Some(message.seq);
            }
            let is_last = i + 1 == page.messages.len();
            if is_last && writer.len() == 0 {
                // The position of the client moves over what it has. An empty chunk would end the response.
                writer = FrameWriter::new().comment("");
            }
            if writer.len() >= BATCH || is_last {
                let next = FrameWriter::with_capacity(left.min(CAPACITY));
                batches.push_back(Batch {
                    frames: std::mem::replace(&mut writer, next).take(),
                    last: message.seq,
                    direct: direct.take(),
                    messages: std::mem::take(&mut messages),
                });
            }
        }
        Self {
            batches,
            reached: page.reached,
            more: page.more,
            gaps: page.gaps,
            states: None,
            urgent_told,
        }
    }
}
