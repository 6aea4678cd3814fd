//! What happens to streams, counted for monitoring.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::{
    metrics::{Counter, CounterFamily, DurationHistogram, HistogramSnapshot},
    outbox::END_REASONS,
};

/// Why messages are missing in a stream, as it is written in `event: gap`.
pub const GAP_REASONS: [&str; 6] = [
    "unknown_epoch",
    "rolled_back",
    "pruned",
    "expired",
    "unreadable",
    "slow_reader",
];

/// Why a stream reads the log.
pub const REPLAY_CAUSES: [&str; 2] = ["connected", "behind"];

/// See the module documentation.
#[derive(Debug)]
pub struct StreamCounters {
    /// Streams that have ended, by reason.
    pub ended: CounterFamily,
    /// Gaps that streams were told of, by reason.
    pub gaps: CounterFamily,
    /// Streams that began to read the log, by cause.
    pub replays: CounterFamily,
    /// Times that a stream was too slow for its queue.
    pub fell_behind: Counter,
    /// Pages of the log that were read for streams.
    pub replay_pages: Counter,
    /// Bytes of frames in these pages.
    pub replay_bytes: Counter,
    /// For streams that are written by tasks, and for messages that had to wait in the queue of a stream.
    pub tasks: WriterCounters,
    threads: Mutex<Vec<Arc<WriterCounters>>>,
}

/// What one writer of streams counts. Each delivery thread has its own, so that they do not disturb each other.
#[derive(Debug, Default)]
pub struct WriterCounters {
    /// Bytes that sockets took, with the framing of HTTP.
    pub bytes: Counter,
    /// The time from the moment when a message was encoded until it was written to the streams of one thread.
    pub lag: DurationHistogram,
}

/// What waits in memory for the writers of streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxDepth {
    /// Messages in the queues of the delivery threads, each once per thread.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Streams that are not up to date.
    pub behind: u64,
}

impl Default for StreamCounters {
    fn default() -> Self {
        Self {
            ended: CounterFamily::new(&END_REASONS),
            gaps: CounterFamily::new(&GAP_REASONS),
            replays: CounterFamily::new(&REPLAY_CAUSES),
            fell_behind: Counter::default(),
            replay_pages: Counter::default(),
            replay_bytes: Counter::default(),
            tasks: WriterCounters::default(),
            threads: Mutex::default(),
        }
    }
}

impl StreamCounters {
    /// Counters for one more delivery thread.
    pub fn add_thread(&self) -> Arc<WriterCounters> {
        let counters = Arc::new(WriterCounters::default());
        self.threads.lock().push(Arc::clone(&counters));
        counters
    }

    /// Bytes that all sockets took.
    pub fn bytes(&self) -> u64 {
        let threads = self.threads.lock();
        let bytes = threads.iter().map(|counters| counters.bytes.get());
        bytes.sum::<u64>() + self.tasks.bytes.get()
    }

    /// See [`WriterCounters::lag`].
    pub fn lag(&self) -> HistogramSnapshot {
        let mut lag = self.tasks.lag.snapshot();
        let threads = self.threads.lock();
        threads
            .iter()
            .for_each(|counters| lag.add(&counters.lag.snapshot()));
        lag
    }
}
