//! What the log can be told when it is opened.

use std::{
    fmt,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// What a message has survived once its append is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// One fsync for all messages of a commit, before any of them is answered: an answered message
    /// survives `kill -9`, a crash of the system and power loss.
    #[default]
    Fsync,
    /// No fsync before the answer. An answered message survives `kill -9`, because the system has it; a
    /// crash of the system or power loss may take the last seconds. The file itself stays whole in
    /// either case, and readers who had more than is left of it are told so: see [`crate::log::Openings`].
    Os,
}

/// Milliseconds since 1970. Tests bring their own.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Clock {
    /// A clock that shows what `now` says, in milliseconds since 1970.
    pub fn new(now: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time now.
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

/// A time span in whole milliseconds; one too long to count is as good as forever.
pub(super) fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// Where the log is, what it survives, how much it keeps, and how it works.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// The folder of its files. Made when it is missing. One process at a time.
    pub folder: PathBuf,
    /// What an answered append survives.
    pub durability: Durability,
    /// Messages older than this are removed.
    pub max_age: Duration,
    /// Bytes of the file over which messages are removed: first those whose time has ended and that were
    /// only kept for the history, then the oldest.
    pub max_bytes: u64,
    /// A client that was not seen for so long, and for whom nothing waits, is forgotten.
    pub client_retention: Duration,
    /// How long an idempotency key is remembered.
    pub key_age: Duration,
    /// Messages that one commit takes at most.
    pub batch_messages: usize,
    /// Bytes of data that one commit takes at most; one message may be larger.
    pub batch_bytes: usize,
    /// Messages that may wait for the writer.
    pub queue_messages: usize,
    /// Bytes of data that may wait for the writer; one push may be larger when it waits alone.
    pub queue_bytes: usize,
    /// Connections that read, so the number of reads at the same time.
    pub readers: usize,
    /// What the time is.
    pub clock: Clock,
}

impl LogOptions {
    /// The defaults, in this folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Self {
            folder: folder.into(),
            durability: Durability::Fsync,
            max_age: 7 * DAY,
            max_bytes: 1 << 30,
            client_retention: 90 * DAY,
            key_age: DAY,
            batch_messages: 4096,
            batch_bytes: 4 << 20,
            queue_messages: 16_384,
            queue_bytes: 32 << 20,
            readers: 4,
            clock: Clock::default(),
        }
    }
}
