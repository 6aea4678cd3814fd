//! The state machine of one open stream: it replays from the log, then delivers live messages, and reads the log
//! again when it is behind.
//!
//! The one rule is: *continue after the cursor*. A new client, a returning client and a slow client differ only in
//! their cursor. The state machine does no I/O and never blocks, so a task and a reactor can both drive it.

mod backlog;
mod gap;
mod pending;
mod replay_state;
mod source;

use std::sync::Arc;

pub use backlog::{Backlog, Batch, LogRead, StatesRead};
pub use gap::{Gap, GapReason};
pub use pending::PendingConnection;
use replay_state::{Phase, ReplayState};
pub use source::{OverflowQueue, Source};

use crate::{
    log::Subscriptions,
    message::{EncodedMessage, Encoding, Seq},
    outbox::{CloseReason, Delivery, Dequeued, LoggedFrame},
    registry::Registration,
};

/// What the writer of a stream has to do next.
#[derive(Debug)]
pub enum Step {
    /// Write this message.
    Write(Arc<LoggedFrame>),
    /// Write this frame, which has no position.
    WriteEphemeral(Arc<EncodedMessage>),
    /// Write these messages, read from the log.
    Replay(Batch),
    /// Read from the log, and pass the result to [`Connection::replayed`].
    Read(LogRead),
    /// Report missing messages.
    Gap(Gap),
    /// Nothing: wait until the source has something.
    Wait,
    /// Close the stream for this reason.
    Close(CloseReason),
}

/// Where a connection starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// After this position.
    After(Seq),
    /// With the client's inbox, then everything after `head`.
    Unread {
        /// The head of the log when the connection was opened.
        head: Seq,
    },
}

/// See the module documentation. It is made from a [`Registration`], so it cannot read the log before new messages
/// are being collected for it.
pub struct Connection<I> {
    registration: Registration,
    source: I,
    /// Everything up to this position has been delivered; in the inbox phase, every direct message.
    cursor: Seq,
    /// None while it is served from its source.
    replay: Option<Box<ReplayState>>,
}

impl<I: Source> Connection<I> {
    /// A connection that starts at `start`. `gap` is reported first.
    pub fn new(registration: Registration, source: I, start: Start, gap: Option<Gap>) -> Self {
        let (phase, cursor) = match start {
            Start::After(seq) => (Phase::Everything, seq),
            Start::Unread { head } => (Phase::Inbox { head }, 0),
        };
        let mut replay = ReplayState::new(phase, cursor, gap, "connected");
        let subscriber = registration.subscriber();
        // Mercure has no states.
        if !subscriber.filters.is_empty() && !registration.encoding().is_mercure() {
            replay.states_after = Some(Box::default());
        }
        Self {
            registration,
            source,
            cursor,
            replay: Some(replay),
        }
    }

    /// The registration, which has the subscriber.
    pub fn registration(&self) -> &Registration {
        &self.registration
    }

    /// How it gets its messages.
    pub fn encoding(&self) -> Encoding {
        self.registration.encoding()
    }

    /// Its source of live messages.
    pub fn source(&self) -> &I {
        &self.source
    }

    /// Its source, to put messages into.
    pub fn source_mut(&mut self) -> &mut I {
        &mut self.source
    }

    /// The position up to which everything has been delivered; none in the inbox phase, which skips other messages.
    pub fn position(&self) -> Option<Seq> {
        match &self.replay {
            None => Some(self.cursor),
            Some(replay) if matches!(replay.phase, Phase::Inbox { .. }) => None,
            Some(replay) if replay.is_drained() => Some(self.cursor.max(replay.page_end)),
            Some(_) => Some(self.cursor),
        }
    }

    /// Whether it has delivered everything that the log had, and is served from its source.
    pub fn is_live(&self) -> bool {
        self.replay
            .as_ref()
            .is_none_or(|replay| replay.phase == Phase::Done && replay.is_drained())
    }

    /// The next step. It has to be done before the next call.
    pub fn step(&mut self) -> Step {
        if let Some(reason) = self.source.closing() {
            return Step::Close(reason);
        }
        let Some(replay) = &mut self.replay else {
            return self.live();
        };
        if let Some(gap) = replay.gaps.pop_front() {
            return Step::Gap(gap);
        }
        if let Some(batch) = replay.page.pop_front() {
            self.cursor = batch.last;
            self.source.set_position(self.cursor);
            return Step::Replay(batch);
        }
        self.cursor = self.cursor.max(replay.page_end);
        if let Some(after) = replay.states_after.clone() {
            return Step::Read(self.states(after));
        }
        match replay.phase {
            Phase::Inbox { head } if self.cursor < head => {
                // The first read looks up where the inbox starts.
                let after = (self.cursor > 0).then_some(self.cursor);
                Step::Read(self.inbox(after, head))
            }
            Phase::Inbox { .. } => {
                replay.phase = Phase::Everything;
                Step::Read(self.everything(self.cursor, false))
            }
            Phase::Everything => {
                let with_recalls = replay.recalls_due;
                Step::Read(self.everything(self.cursor, with_recalls))
            }
            Phase::Done => {
                self.replay = None;
                self.live()
            }
        }
    }

    /// Takes the result of [`Step::Read`]. The log must have been read *after* that step: newer messages are in the
    /// source.
    pub fn replayed(&mut self, backlog: Backlog) {
        let Some(replay) = &mut self.replay else {
            return;
        };
        replay.count_page(&backlog, self.registration.counters());
        if replay.states_after.is_some() {
            replay.take_states(backlog);
            return;
        }
        replay.take_gaps(&backlog.gaps);
        replay.recalls_due = false;
        replay.urgent_told = backlog.urgent_told;
        replay.page = backlog.batches;
        replay.page_end = backlog.reached;
        replay.more = backlog.more;
        if replay.phase == Phase::Everything && !backlog.more {
            replay.phase = Phase::Done;
        }
    }

    /// The read that the next [`Step::Read`] will ask for, where it is known, so that it can run while the last page
    /// is written.
    pub fn next_read(&self) -> Option<LogRead> {
        let replay = self.replay.as_ref()?;
        if !replay.more || replay.page.is_empty() || replay.states_after.is_some() {
            return None;
        }
        match replay.phase {
            Phase::Inbox { head } => Some(self.inbox(Some(replay.page_end), head)),
            Phase::Everything => Some(self.everything(replay.page_end, false)),
            Phase::Done => None,
        }
    }

    /// A read of everything that it subscribes to. The subscriptions are built for each read, because most
    /// connections rarely read.
    fn everything(&self, after: Seq, with_recalls: bool) -> LogRead {
        let subscriber = self.registration.subscriber();
        // Observers get no direct messages and no messages to everyone.
        let subscriptions = Subscriptions {
            client: subscriber.lasting_client().cloned(),
            everyone: !subscriber.is_observer(),
            filters: subscriber.filters.to_vec(),
            access: subscriber.access.clone(),
        };
        LogRead {
            subscriptions: Arc::new(subscriptions),
            after: Some(after),
            until: None,
            encoding: self.encoding(),
            // Mercure has no recalls.
            with_recalls: with_recalls && !self.encoding().is_mercure(),
            states_after: None,
            states_told: self.replay.as_ref().map_or(0, |replay| replay.states_told),
            urgent_told: 0,
        }
    }

    /// A read of the direct messages of the client.
    fn inbox(&self, after: Option<Seq>, until: Seq) -> LogRead {
        let subscriber = self.registration.subscriber();
        let subscriptions = Subscriptions {
            client: subscriber.lasting_client().cloned(),
            ..Subscriptions::default()
        };
        LogRead {
            subscriptions: Arc::new(subscriptions),
            after,
            until: Some(until),
            encoding: self.encoding(),
            with_recalls: false,
            states_after: None,
            states_told: 0,
            urgent_told: self.replay.as_ref().map_or(0, |replay| replay.urgent_told),
        }
    }

    /// A read of the states of its topics after a name. It comes before all other reads.
    fn states(&self, after: Box<str>) -> LogRead {
        let subscriber = self.registration.subscriber();
        let subscriptions = Subscriptions {
            filters: subscriber.filters.to_vec(),
            access: subscriber.access.clone(),
            ..Subscriptions::default()
        };
        LogRead {
            subscriptions: Arc::new(subscriptions),
            after: Some(self.cursor),
            until: None,
            encoding: self.encoding(),
            with_recalls: false,
            states_after: Some(after),
            states_told: 0,
            urgent_told: 0,
        }
    }

    fn live(&mut self) -> Step {
        loop {
            // Before the source is read: see `Source::watermark`.
            let watermark = self.source.watermark(&self.registration);
            match self.source.take() {
                Dequeued::Delivery(Delivery::Logged(logged)) => {
                    if self.advance_past(logged.seq) {
                        self.source.set_position(self.cursor);
                        return Step::Write(logged);
                    }
                }
                Dequeued::Delivery(Delivery::Ephemeral(message)) => {
                    return Step::WriteEphemeral(message);
                }
                Dequeued::Behind { lost } => {
                    let gap = (lost > 0).then(|| Gap::without_range(GapReason::Slow));
                    self.registration.counters().fell_behind.inc();
                    self.replay = Some(ReplayState::new(
                        Phase::Everything,
                        self.cursor,
                        gap,
                        "behind",
                    ));
                    return self.step();
                }
                Dequeued::Close(reason) => return Step::Close(reason),
                Dequeued::Empty => {
                    self.cursor = self.cursor.max(watermark);
                    return Step::Wait;
                }
            }
        }
    }

    /// Advances the cursor over a message that is about to be written. False: it was delivered before.
    pub fn advance_past(&mut self, seq: Seq) -> bool {
        let is_new = seq > self.cursor;
        self.cursor = self.cursor.max(seq);
        is_new
    }
}

impl Connection<OverflowQueue> {
    /// Whether nothing is queued for it, so that the next message may be written directly.
    pub fn is_idle(&self) -> bool {
        self.replay.is_none() && self.source.is_empty()
    }

    /// Advances the cursor of an idle connection: every message for it up to this position has arrived.
    pub fn advance_to(&mut self, seq: Seq) {
        if self.is_idle() {
            self.cursor = self.cursor.max(seq);
        }
    }
}
