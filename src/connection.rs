//! One open stream, as a machine that says what to do next: replay from the log, then live, and from
//! the log again when it fell behind.
//!
//! There is one rule: *go on after the cursor*. Connecting for the first time, coming back, and being
//! slow differ only in where the cursor stands. The machine neither waits nor does any I/O, so that
//! whatever drives it, a task or a reactor, delivers by the same rules.

mod backlog;

use std::{collections::VecDeque, sync::Arc};

pub use backlog::{Backlog, Batch, Read};

use crate::{
    log::{LossReason, Subscriptions},
    message::{Frame, Seq},
    outbox::{CloseReason, Delivery, Logged, Taken},
    registry::Registration,
};

/// What to do for a connection next.
#[derive(Debug)]
pub enum Step {
    /// Write this message.
    Write(Arc<Logged>),
    /// Write this frame, which has no place.
    WriteEphemeral(Frame),
    /// Write these messages, read from the log.
    Replay(Batch),
    /// Read from the log, and hand what came to [`Connection::replayed`].
    Read(Read),
    /// Say that something is missing.
    Gap(Gap),
    /// Nothing now: wait for the outbox.
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
    /// First what waits in the client's inbox after `place`, then everything after `head`.
    Unread {
        /// What the client has had.
        place: Seq,
        /// The newest place when the connection asked.
        head: Seq,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Reading the client's own messages up to `head`, where the rest begins.
    Inbox { head: Seq },
    /// Reading everything it subscribes to.
    Replay,
    /// Served from the outbox.
    Live,
}

/// See the module's description. Made from a [`Registration`], so that none can read the log before
/// what comes after it is being collected.
pub struct Connection {
    registration: Registration,
    phase: Phase,
    /// Everything up to here has been given out, within the phase.
    cursor: Seq,
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

impl Connection {
    /// A connection that begins at `start`. What is already known to be missing goes into `gap`.
    pub fn new(registration: Registration, start: Start, gap: Option<Gap>) -> Self {
        let (phase, cursor) = match start {
            Start::After(seq) => (Phase::Replay, seq),
            Start::Unread { place, head } => (Phase::Inbox { head }, place),
        };
        Self {
            registration,
            phase,
            cursor,
            page: VecDeque::new(),
            page_end: cursor,
            more: false,
            gaps: gap.into_iter().collect(),
            told: 0,
        }
    }

    /// What the connection told of itself, and where what is for it comes in.
    pub fn registration(&self) -> &Registration {
        &self.registration
    }

    /// The place up to which this connection has been served everything; none while it is still in its
    /// inbox, where what lies between is not looked at.
    pub fn place(&self) -> Option<Seq> {
        let place = match self.page.is_empty() && self.gaps.is_empty() {
            true => self.cursor.max(self.page_end),
            false => self.cursor,
        };
        (!matches!(self.phase, Phase::Inbox { .. })).then_some(place)
    }

    /// Whether it has been given everything that the log had when it asked, and is served from its outbox.
    pub fn is_live(&self) -> bool {
        self.phase == Phase::Live && self.page.is_empty() && self.gaps.is_empty()
    }

    /// What to do next. Whatever comes back has to be done before the next call.
    pub fn step(&mut self) -> Step {
        if let Some(reason) = self.registration.outbox().closing() {
            return Step::Close(reason);
        }
        if let Some(gap) = self.gaps.pop_front() {
            return Step::Gap(gap);
        }
        if let Some(batch) = self.page.pop_front() {
            self.cursor = batch.last;
            self.registration.outbox().served(self.cursor);
            return Step::Replay(batch);
        }
        self.cursor = self.cursor.max(self.page_end);
        match self.phase {
            Phase::Inbox { head } if self.cursor < head => {
                Step::Read(self.inbox(self.cursor, head))
            }
            Phase::Inbox { .. } => {
                self.phase = Phase::Replay;
                Step::Read(self.everything(self.cursor))
            }
            Phase::Replay => Step::Read(self.everything(self.cursor)),
            Phase::Live => self.live(),
        }
    }

    /// Takes in what [`Step::Read`] asked for. It must have been read *after* that step: what the log did
    /// not have then is in the outbox.
    pub fn replayed(&mut self, backlog: Backlog) {
        let told = self.told;
        for loss in backlog.losses.iter().filter(|loss| loss.to > told) {
            self.told = self.told.max(loss.to);
            let range = Some((loss.from.max(told + 1), loss.to));
            self.gaps.push_back(Gap {
                range,
                reason: loss.reason.into(),
            });
        }
        self.page = backlog.batches;
        self.page_end = backlog.reached;
        self.more = backlog.more;
        if self.phase == Phase::Replay && !backlog.more {
            self.phase = Phase::Live;
        }
    }

    /// What the next [`Step::Read`] will ask for, where that is known: it may be read while what came last
    /// is being written.
    pub fn next_read(&self) -> Option<Read> {
        if !self.more || self.page.is_empty() {
            return None;
        }
        match self.phase {
            Phase::Inbox { head } => Some(self.inbox(self.page_end, head)),
            Phase::Replay => Some(self.everything(self.page_end)),
            Phase::Live => None,
        }
    }

    /// A read of everything that it hears. What it hears is not kept ready: most of the time a connection
    /// reads nothing.
    fn everything(&self, after: Seq) -> Read {
        let newcomer = self.registration.newcomer();
        // An observer is no part of the audience, whatever its name.
        let audience = !newcomer.is_observer();
        let subscriptions = Subscriptions {
            client: audience.then(|| newcomer.client_id.clone()),
            everyone: audience,
            filters: newcomer.filters.clone(),
        };
        Read {
            subscriptions: Arc::new(subscriptions),
            after,
            until: None,
        }
    }

    /// A read of the messages to the client alone.
    fn inbox(&self, after: Seq, until: Seq) -> Read {
        let newcomer = self.registration.newcomer();
        let subscriptions = Subscriptions {
            client: (!newcomer.is_observer()).then(|| newcomer.client_id.clone()),
            everyone: false,
            filters: Vec::new(),
        };
        Read {
            subscriptions: Arc::new(subscriptions),
            after,
            until: Some(until),
        }
    }

    fn live(&mut self) -> Step {
        loop {
            // Read before the outbox: see `Registry::fanned_out`.
            let fanned_out = self.registration.fanned_out();
            match self.registration.outbox().take() {
                Taken::Delivery(Delivery::Logged(logged)) if logged.seq <= self.cursor => {}
                Taken::Delivery(Delivery::Logged(logged)) => {
                    self.cursor = logged.seq;
                    self.registration.outbox().served(self.cursor);
                    return Step::Write(logged);
                }
                Taken::Delivery(Delivery::Ephemeral(frame)) => return Step::WriteEphemeral(frame),
                Taken::Behind { lost } => {
                    self.phase = Phase::Replay;
                    return match lost {
                        0 => Step::Read(self.everything(self.cursor)),
                        _ => Step::Gap(Gap {
                            range: None,
                            reason: GapReason::Slow,
                        }),
                    };
                }
                Taken::Close(reason) => return Step::Close(reason),
                Taken::Empty => {
                    self.cursor = self.cursor.max(fanned_out);
                    return Step::Wait;
                }
            }
        }
    }
}
