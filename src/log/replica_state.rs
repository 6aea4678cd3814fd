//! What the users of a log in a cluster may know of its state, and what they are told.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
};

use parking_lot::Mutex;

use crate::log::{
    options::Clock, outcome::Recalled, positions::ClientPosition, replication::AppliedRecord,
};
use crate::{
    job::JobId,
    message::{ClientId, Message, Seq},
};

/// What the records of the stream have changed, for those who are told at this node.
#[derive(Clone, Copy, Debug)]
pub enum ReplicaEvent<'a> {
    /// Messages of a record were passed to the tail.
    Delivered {
        /// The process that has published them. See [`RecordPublisher::boot`].
        boot: u64,
        /// The head of the log after them.
        head: Seq,
        /// The new messages, in order.
        messages: &'a [Arc<Message>],
        /// The number of connections of this node that each was sent to.
        connections: &'a [u64],
    },
    /// A message was recalled.
    Recalled(Seq, &'a Recalled),
    /// Another node has moved the positions of clients.
    Moved(&'a [(ClientId, ClientPosition)]),
    /// All records up to this place are applied, and what they have changed can be read.
    Applied(u64),
    /// The worker of a job has reported at another node.
    Reported(JobId),
}

/// Gets the events of each commit, in order, on the writer's thread.
pub type ReplicaTail = Box<dyn Fn(ReplicaEvent<'_>) + Send + Sync>;

/// The state of a log in a cluster that its users may read.
#[derive(Default)]
pub(super) struct ReplicaState {
    place: AtomicU64,
    at: AtomicU64,
    /// Whether a record of this process has come out of the stream.
    is_known: AtomicBool,
    /// Why records can't be applied now.
    pub obstacle: Mutex<Option<String>>,
    pub tail: OnceLock<ReplicaTail>,
    /// What to add to the clock of this machine to get the time of the stream, in milliseconds.
    clock_offset: Arc<AtomicI64>,
}

impl ReplicaState {
    pub fn new(applied: AppliedRecord, clock_offset: Arc<AtomicI64>) -> Self {
        let state = Self {
            clock_offset,
            ..Self::default()
        };
        state.set_applied(applied);
        state
    }

    /// Whether the time of the stream is known.
    pub fn is_known(&self) -> bool {
        self.is_known.load(Ordering::Acquire)
    }

    /// The newest record that was applied.
    pub fn applied(&self) -> AppliedRecord {
        AppliedRecord {
            place: self.place.load(Ordering::Acquire),
            at: self.at.load(Ordering::Relaxed),
        }
    }

    pub fn set_applied(&self, applied: AppliedRecord) {
        self.at.store(applied.at, Ordering::Relaxed);
        self.place.store(applied.place, Ordering::Release);
    }

    /// Takes the time that the stream has given to a record of this process, which has just come back, and how long it
    /// was under way. The clock is corrected if these times exclude what it says (all in milliseconds).
    pub fn own_record_at(&self, at: u64, now: u64, took: u64) {
        let earliest = at.cast_signed() - now.cast_signed();
        let correction = 0.clamp(earliest, earliest.saturating_add_unsigned(took));
        self.clock_offset.fetch_add(correction, Ordering::Relaxed);
        self.is_known.store(true, Ordering::Release);
    }
}

/// The clock of the stream: the clock of this machine with an offset.
pub(super) fn stream_clock(machine: Clock, offset: Arc<AtomicI64>) -> Clock {
    Clock::new(move || {
        machine
            .now()
            .saturating_add_signed(offset.load(Ordering::Relaxed))
    })
}
