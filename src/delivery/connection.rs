//! One open stream, as a machine that says what to do next: replay from the log, then live, and from
//! the log again when it fell behind.
//!
//! There is one rule: *go on after the cursor*. Connecting for the first time, coming back, and being
//! slow differ only in where the cursor stands. The machine neither waits nor does any I/O, so that
//! whatever drives it, a task or a reactor, delivers by the same rules.

mod backlog;
mod pending;
mod source;

use std::{collections::VecDeque, sync::Arc};

pub use backlog::{Backlog, Batch, LogRead};
pub use pending::PendingConnection;
pub use source::{OverflowQueue, Source};

use crate::{
    log::{LossReason, Subscriptions},
    message::{Frame, Seq},
    outbox::{CloseReason, Delivery, Dequeued, LoggedFrame},
    registry::Registration,
};

/// What to do for a connection next.
#[derive(Debug)]
pub enum Step {
    /// Write this message.
    Write(Arc<LoggedFrame>),
    /// Write this frame, which has no place.
    WriteEphemeral(Frame),
    /// Write these messages, read from the log.
    Replay(Batch),
    /// Read from the log, and hand what came to [`Connection::replayed`].
    Read(LogRead),
    /// Say that something is missing.
    Gap(Gap),
    /// Nothing now: wait until something comes in.
    Wait,
    /// Say why, and end.
    Close(CloseReason),
}

/// Messages that this connection can't have any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The first place it may miss something at, and the last; none where no place is known.
    pub range: Option<(Seq, Seq)>,
    /// Why.
    pub reason: GapReason,
}

/// Why messages can't be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapReason {
    /// The cursor is of another log: nobody knows what lies between.
    UnknownEpoch,
    /// The cursor is ahead of the log, which must have been put back from a copy.
    Ahead,
    /// Retention has removed them.
    Pruned,
    /// Their time to live ended while they waited.
    Expired,
    /// They were ephemeral, and this reader was too slow for them.
    Slow,
}

impl GapReason {
    /// The reason as it stands in `event: gap`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownEpoch => "unknown_epoch",
            Self::Ahead => "ahead_of_log",
            Self::Pruned => "pruned",
            Self::Expired => "expired",
            Self::Slow => "slow_reader",
        }
    }
}

impl From<LossReason> for GapReason {
    fn from(reason: LossReason) -> Self {
        match reason {
            LossReason::Expired => Self::Expired,
            LossReason::Pruned => Self::Pruned,
        }
    }
}

/// Where a connection starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// After this place, with all that it subscribes to.
    After(Seq),
    /// First what waits in the client's inbox, then everything after `head`.
    Unread {
        /// The newest place when the connection asked.
        head: Seq,
    },
}

/// See the module's description. Made from a [`Registration`], so that none can read the log before
/// what comes after it is being collected.
pub struct Connection<I> {
    registration: Registration,
    source: I,
    /// Everything up to here has been given out; in the inbox, of what that holds.
    cursor: Seq,
    /// None: it has had everything, and is served from its source.
    replay: Option<Box<ReplayState>>,
}

/// What a connection needs only while it reads the log.
struct ReplayState {
    phase: Phase,
    /// The rest of what was read last,
    page: VecDeque<Batch>,
    /// how far it goes,
    page_end: Seq,
    /// and whether there may be more in the log.
    more: bool,
    gaps: VecDeque<Gap>,
    /// The last place of the gaps that were told.
    told: Seq,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Reading the client's own messages up to `head`, where the rest begins.
    Inbox { head: Seq },
    /// Reading everything it subscribes to.
    Everything,
    /// Everything that the log had is in the page.
    Done,
}

impl ReplayState {
    fn new(phase: Phase, cursor: Seq, gap: Option<Gap>) -> Box<Self> {
        Box::new(Self {
            phase,
            page: VecDeque::new(),
            page_end: cursor,
            more: false,
            gaps: gap.into_iter().collect(),
            told: 0,
        })
    }

    /// Whether it has given out all that it held.
    fn is_drained(&self) -> bool {
        self.page.is_empty() && self.gaps.is_empty()
    }
}

impl<I: Source> Connection<I> {
    /// A connection that begins at `start`. What is already known to be missing goes into `gap`.
    pub fn new(registration: Registration, source: I, start: Start, gap: Option<Gap>) -> Self {
        let (phase, cursor) = match start {
            Start::After(seq) => (Phase::Everything, seq),
            Start::Unread { head } => (Phase::Inbox { head }, 0),
        };
        Self {
            registration,
            source,
            cursor,
            replay: Some(ReplayState::new(phase, cursor, gap)),
        }
    }

    /// What the connection told of itself.
    pub fn registration(&self) -> &Registration {
        &self.registration
    }

    /// Where what is for it comes in.
    pub fn source(&self) -> &I {
        &self.source
    }

    /// The same, to put something in.
    pub fn source_mut(&mut self) -> &mut I {
        &mut self.source
    }

    /// The place up to which this connection has been served everything; none while it is still in its
    /// inbox, where what lies between is not looked at.
    pub fn position(&self) -> Option<Seq> {
        match &self.replay {
            None => Some(self.cursor),
            Some(replay) if matches!(replay.phase, Phase::Inbox { .. }) => None,
            Some(replay) if replay.is_drained() => Some(self.cursor.max(replay.page_end)),
            Some(_) => Some(self.cursor),
        }
    }

    /// Whether it has been given everything that the log had when it asked, and is served from its source.
    pub fn is_live(&self) -> bool {
        self.replay
            .as_ref()
            .is_none_or(|replay| replay.phase == Phase::Done && replay.is_drained())
    }

    /// What to do next. Whatever comes back has to be done before the next call.
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
        match replay.phase {
            Phase::Inbox { head } if self.cursor < head => {
                // Where it begins, the first read finds out.
                let after = (self.cursor > 0).then_some(self.cursor);
                Step::Read(self.inbox(after, head))
            }
            Phase::Inbox { .. } => {
                replay.phase = Phase::Everything;
                Step::Read(self.everything(self.cursor))
            }
            Phase::Everything => Step::Read(self.everything(self.cursor)),
            Phase::Done => {
                self.replay = None;
                self.live()
            }
        }
    }

    /// Takes in what [`Step::Read`] asked for. It must have been read *after* that step: what the log did
    /// not have then is in the source.
    pub fn replayed(&mut self, backlog: Backlog) {
        let Some(replay) = &mut self.replay else {
            return;
        };
        let told = replay.told;
        for loss in backlog.losses.iter().filter(|loss| loss.to > told) {
            replay.told = replay.told.max(loss.to);
            let range = Some((loss.from.max(told + 1), loss.to));
            replay.gaps.push_back(Gap {
                range,
                reason: loss.reason.into(),
            });
        }
        replay.page = backlog.batches;
        replay.page_end = backlog.reached;
        replay.more = backlog.more;
        if replay.phase == Phase::Everything && !backlog.more {
            replay.phase = Phase::Done;
        }
    }

    /// What the next [`Step::Read`] will ask for, where that is known: it may be read while what came last
    /// is being written.
    pub fn next_read(&self) -> Option<LogRead> {
        let replay = self.replay.as_ref()?;
        if !replay.more || replay.page.is_empty() {
            return None;
        }
        match replay.phase {
            Phase::Inbox { head } => Some(self.inbox(Some(replay.page_end), head)),
            Phase::Everything => Some(self.everything(replay.page_end)),
            Phase::Done => None,
        }
    }

    /// A read of everything that it hears. What it hears is not kept ready: most of the time a connection
    /// reads nothing.
    fn everything(&self, after: Seq) -> LogRead {
        let subscriber = self.registration.subscriber();
        // An observer is no part of the audience, whatever its name.
        let audience = !subscriber.is_observer();
        let subscriptions = Subscriptions {
            client: audience.then(|| subscriber.client_id.clone()),
            everyone: audience,
            filters: subscriber.filters.to_vec(),
        };
        LogRead {
            subscriptions: Arc::new(subscriptions),
            after: Some(after),
            until: None,
        }
    }

    /// A read of the messages to the client alone.
    fn inbox(&self, after: Option<Seq>, until: Seq) -> LogRead {
        let subscriber = self.registration.subscriber();
        let subscriptions = Subscriptions {
            client: (!subscriber.is_observer()).then(|| subscriber.client_id.clone()),
            everyone: false,
            filters: Vec::new(),
        };
        LogRead {
            subscriptions: Arc::new(subscriptions),
            after,
            until: Some(until),
        }
    }

    fn live(&mut self) -> Step {
        loop {
            // Before the source is looked into: see `Source::watermark`.
            let watermark = self.source.watermark(&self.registration);
            match self.source.take() {
                Dequeued::Delivery(Delivery::Logged(logged)) => {
                    if self.advance_past(logged.seq) {
                        self.source.set_position(self.cursor);
                        return Step::Write(logged);
                    }
                }
                Dequeued::Delivery(Delivery::Ephemeral(frame)) => {
                    return Step::WriteEphemeral(frame);
                }
                Dequeued::Behind { lost } => {
                    let gap = (lost > 0).then_some(Gap {
                        range: None,
                        reason: GapReason::Slow,
                    });
                    self.replay = Some(ReplayState::new(Phase::Everything, self.cursor, gap));
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

    /// Moves on over a message that is about to be written. False: it has been given out before.
    pub fn advance_past(&mut self, seq: Seq) -> bool {
        let is_new = seq > self.cursor;
        self.cursor = self.cursor.max(seq);
        is_new
    }
}

impl Connection<OverflowQueue> {
    /// Whether nothing waits for it: what comes next may be written at once.
    pub fn is_idle(&self) -> bool {
        self.replay.is_none() && self.source.is_empty()
    }

    /// Says that everything up to this place which is for the connection has come in.
    pub fn advance_to(&mut self, seq: Seq) {
        if self.is_idle() {
            self.cursor = self.cursor.max(seq);
        }
    }
}
