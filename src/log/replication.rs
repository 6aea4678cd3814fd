//! The connection of a log to a stream of records that several logs follow.
//!
//! In a cluster each node has a log of its own. What a node wants to change is published to one stream, as a record.
//! Every node applies the records of the stream to its log, in their order. So all logs have the same content, and reads
//! are local. This module is the boundary to the stream: the log knows neither its protocol nor an async runtime.

use std::{
    fmt,
    future::poll_fn,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use parking_lot::Mutex;

use crate::log::{
    Log, options::Clock, outcome::Recalled, positions::ClientPosition, writer::queue::Task,
};
use crate::{
    job::JobId,
    message::{ClientId, Message, Seq},
};

/// How a log takes part in a cluster.
#[derive(Clone)]
pub struct Replication {
    /// The permanent id of the log that the nodes share: hexadecimal digits. None if the stream is not known yet. Then
    /// the file must belong to a cluster already.
    pub log_id: Option<String>,
    /// Publishes the records of this node.
    pub publisher: Arc<dyn RecordPublisher>,
    /// The maximum size of a record in bytes.
    pub max_record: usize,
    /// How long a change may take to come back from the stream before it is answered with
    /// [`AppendError::Unavailable`](crate::log::AppendError::Unavailable). The election of a leader of the stream takes 4
    /// to 9 seconds.
    pub patience: Duration,
}

/// Publishes the records of this node.
pub trait RecordPublisher: Send + Sync {
    /// Publishes a record, and returns at once. The log calls it on its writer's thread, for one record at a time: the
    /// next one only after this one came out of the stream ([`Log::follow`](crate::log::Log::follow)) or was given up
    /// ([`Log::give_up`](crate::log::Log::give_up)). `number` counts the records of this process from 1.
    fn publish(&self, number: u64, payload: Bytes);

    /// Whether this node decides on maintenance for all nodes: what expires and what is pruned. At most one node should
    /// say so, but several do no harm.
    fn is_janitor(&self) -> bool;

    /// Identifies this process in its records: random, never 0.
    fn boot(&self) -> u64;
}

/// A record as it came out of the stream.
#[derive(Clone, Debug)]
pub struct StreamRecord {
    /// Its position in the stream. It grows by one from record to record.
    pub place: u64,
    /// The time at which the stream has stored it, in milliseconds since 1970.
    pub at: u64,
    /// What the log has published.
    pub payload: Bytes,
}

/// The newest record of the stream that a log has applied. It is in the file, in the same commit as the changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AppliedRecord {
    /// Its position in the stream. 0 if no record was applied yet.
    pub place: u64,
    /// Its time in the stream.
    pub at: u64,
}

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

impl Log {
    /// The permanent id of the log: hexadecimal digits. The nodes of a cluster have the same.
    pub fn id(&self) -> &str {
        self.shared.openings.log_id()
    }

    /// The newest record of the stream that was applied. The stream continues after it.
    pub fn applied(&self) -> AppliedRecord {
        let state = self.shared.replica.as_ref();
        state.map_or_else(AppliedRecord::default, |state| AppliedRecord {
            place: state.place.load(Ordering::Acquire),
            at: state.at.load(Ordering::Relaxed),
        })
    }

    /// Whether changes of this node come back out of the stream. Always for a log that is in no cluster.
    pub fn is_in_step(&self) -> bool {
        let state = self.shared.replica.as_ref();
        state.is_none_or(|state| state.is_known.load(Ordering::Acquire))
    }

    /// Why records of the stream can't be applied now. None if they can.
    pub fn obstacle(&self) -> Option<String> {
        let state = self.shared.replica.as_ref()?;
        state.obstacle.lock().clone()
    }

    /// Sets the function that gets the events of the stream from now on. Call it once, before [`Log::follow`].
    pub fn set_replica_tail(&self, tail: ReplicaTail) {
        if let Some(state) = &self.shared.replica {
            let first = state.tail.set(tail).is_ok();
            debug_assert!(first, "a log has one tail for the stream");
        }
    }

    /// Applies records of the stream, in their order, which must follow on what was applied. Returns when they are in
    /// the queue of the writer, and waits while it is full.
    pub async fn follow(&self, records: Vec<StreamRecord>) {
        let mut records = Some(records);
        poll_fn(|context| {
            let Some(given) = records.take() else {
                return Poll::Ready(());
            };
            match self.shared.queue.push_records(given, context.waker()) {
                Ok(()) => Poll::Ready(()),
                Err(refused) => {
                    records = Some(refused);
                    Poll::Pending
                }
            }
        })
        .await;
    }

    /// Reports that it is not known whether a record of this node is in the stream, and that it will not be published
    /// again. If it comes out of the stream later, it is applied.
    pub fn give_up(&self, number: u64) {
        let task = || Some(Task::GiveUp(number));
        self.shared.queue.push(0, 0, task);
    }

    /// Obsolete.
    pub fn set_stream_reachable(&self, reachable: bool) {
        let _ = reachable;
    }
}

impl fmt::Debug for Replication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replication")
            .field("log_id", &self.log_id)
            .finish_non_exhaustive()
    }
}
