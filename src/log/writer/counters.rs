//! Counters of the writer, for the metrics.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::{
    message::Message,
    metrics::{DurationHistogram, HistogramSnapshot},
};

/// Upper bounds of the histogram of commits by number of messages. The last class is unbounded.
pub const BATCH_CLASSES: [u64; 8] = [1, 4, 16, 64, 256, 1024, 4096, 16_384];

#[derive(Default)]
pub(in crate::log) struct Counters {
    commits: AtomicU64,
    commit_micros: AtomicU64,
    appended: AtomicU64,
    appended_bytes: AtomicU64,
    batches: [AtomicU64; BATCH_CLASSES.len() + 1],
    durations: DurationHistogram,
}

/// What the writer has done since the log was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Transactions that stored messages.
    pub commits: u64,
    /// Their total duration in microseconds, including fsync.
    pub commit_micros: u64,
    /// Messages in these transactions.
    pub appended: u64,
    /// Bytes of data in these messages.
    pub appended_bytes: u64,
    /// Transactions by number of messages. See [`BATCH_CLASSES`].
    pub batches: [u64; BATCH_CLASSES.len() + 1],
}

impl Counters {
    pub fn committed(&self, messages: &[Arc<Message>], took: Duration) {
        self.durations.observe(took, 1);
        let count = messages.len() as u64;
        let bytes: usize = messages
            .iter()
            .map(|message| message.data.as_str().len())
            .sum();
        let class = BATCH_CLASSES.iter().position(|bound| count <= *bound);
        self.commits.fetch_add(1, Relaxed);
        self.commit_micros
            .fetch_add(u64::try_from(took.as_micros()).unwrap_or_default(), Relaxed);
        self.appended.fetch_add(count, Relaxed);
        self.appended_bytes.fetch_add(bytes as u64, Relaxed);
        self.batches[class.unwrap_or(BATCH_CLASSES.len())].fetch_add(1, Relaxed);
    }

    /// How long commits took, including fsync.
    pub fn durations(&self) -> HistogramSnapshot {
        self.durations.snapshot()
    }

    pub fn work(&self) -> Work {
        Work {
            commits: self.commits.load(Relaxed),
            commit_micros: self.commit_micros.load(Relaxed),
            appended: self.appended.load(Relaxed),
            appended_bytes: self.appended_bytes.load(Relaxed),
            batches: std::array::from_fn(|i| self.batches[i].load(Relaxed)),
        }
    }
}
