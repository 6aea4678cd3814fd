//! Options of the log.

use std::{
    fmt,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::log::replication::Replication;

/// What a stored message survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// One fsync for all messages of a commit, before they are answered. An answered message survives `kill -9`, a
    /// crash of the operating system, and power loss.
    #[default]
    Fsync,
    /// No fsync before the answer. An answered message survives `kill -9`. A crash of the operating system or power
    /// loss may lose the messages of the last seconds. The file itself stays consistent, and readers that have received
    /// lost messages get a gap: see [`crate::log::Openings`].
    Os,
}

/// A source of the time in milliseconds since 1970. Tests provide their own.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Clock {
    /// A clock that calls `now`.
    pub fn new(now: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The current time.
    pub fn now(&self) -> u64 {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            milliseconds(since.unwrap_or_default())
        })
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock(..)")
    }
}

/// A duration in whole milliseconds. Saturates if it is too long.
pub(super) fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// How long the log keeps what it has, and how much of it.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// See [`LogOptions::max_age`].
    pub max_age: Duration,
    /// See [`LogOptions::max_bytes`].
    pub max_bytes: u64,
    /// See [`LogOptions::audit_age`].
    pub audit_age: Duration,
    /// See [`LogOptions::hook_age`].
    pub hook_age: Duration,
}

/// Options of the log: location, durability, retention, and limits.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// The folder of the files. It is created if it is missing. Only one process can use it at a time.
    pub folder: PathBuf,
    /// What an answered append survives.
    pub durability: Durability,
    /// Messages older than this are removed.
    pub max_age: Duration,
    /// Maximum size of the file in bytes. If it is larger, messages are removed: first those that have expired or were
    /// recalled, then the oldest.
    pub max_bytes: u64,
    /// Entries of the audit trail older than this are removed. They are also removed, the oldest first, if they take more
    /// than a quarter of the maximum size of the file.
    pub audit_age: Duration,
    /// Events for webhooks older than this are removed, delivered or not.
    pub hook_age: Duration,
    /// Clients without waiting messages are removed if they have not connected for this long.
    pub client_retention: Duration,
    /// How long an idempotency key is kept.
    pub key_age: Duration,
    /// Maximum number of messages in a commit.
    pub batch_messages: usize,
    /// Maximum bytes of data in a commit. A single message may be larger.
    pub batch_bytes: usize,
    /// Maximum number of messages in the queue of the writer.
    pub queue_messages: usize,
    /// Maximum bytes of data in the queue of the writer. A single push may be larger if the queue is empty.
    pub queue_bytes: usize,
    /// Read connections, and so the maximum number of concurrent reads.
    pub readers: usize,
    /// The clock.
    pub clock: Clock,
    /// How the log takes part in a cluster. None for a single server.
    pub replication: Option<Replication>,
}

impl LogOptions {
    /// The default options for a folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Self {
            folder: folder.into(),
            durability: Durability::Fsync,
            max_age: 7 * DAY,
            max_bytes: 1 << 30,
            audit_age: 90 * DAY,
            hook_age: 3 * DAY,
            client_retention: 90 * DAY,
            key_age: DAY,
            batch_messages: 4096,
            batch_bytes: 4 << 20,
            queue_messages: 16_384,
            queue_bytes: 32 << 20,
            readers: 4,
            clock: Clock::default(),
            replication: None,
        }
    }
}
