//! What waits for connections, between the thread that fans out and whoever writes.
//!
//! Nobody who fills one ever waits. When one is full it forgets what it held and says *behind*: what
//! stands in the log is read from there, at the reader's own pace.

mod bounded_queue;
mod connection_queue;
mod thread_queue;

use std::sync::{Arc, atomic::AtomicU64};

pub use bounded_queue::BoundedQueue;
pub use connection_queue::ConnectionQueue;
pub use thread_queue::{Drained, Recipients, StreamKey, ThreadQueue, Wake};

use crate::message::{Frame, Seq};

/// A message of the log on its way to all its connections, which share it.
#[derive(Debug)]
pub struct LoggedFrame {
    /// Its place.
    pub seq: Seq,
    /// Its bytes.
    pub frame: Frame,
    /// Whether it is for clients by name, and so waits for them.
    pub direct: bool,
    /// Connections that it was given out to since somebody last took the number away.
    pub written: AtomicU64,
}

impl LoggedFrame {
    /// A message that nobody has had yet.
    pub fn new(seq: Seq, frame: Frame, direct: bool) -> Arc<Self> {
        Arc::new(Self {
            seq,
            frame,
            direct,
            written: AtomicU64::new(0),
        })
    }
}

/// Something to write to one connection.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// A message of the log.
    Logged(Arc<LoggedFrame>),
    /// A message that was never in the log: who misses it now misses it for good.
    Ephemeral(Frame),
}

/// Why the server ends a connection. Every way there is, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The server is on its way down; come back after so many milliseconds.
    Shutdown {
        /// How long to wait.
        after_ms: u32,
    },
    /// Somebody closed it by `DELETE /api/clients/{id}`.
    Disconnected,
    /// The token that opened the stream has ended.
    TokenExpired,
    /// The log can't be read.
    LogUnreadable,
}

impl CloseReason {
    /// The reason as it stands in `event: reconnect`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shutdown { .. } => "shutdown",
            Self::Disconnected => "disconnected",
            Self::TokenExpired => "token_expired",
            Self::LogUnreadable => "log_unreadable",
        }
    }
}

/// What there is for a connection.
#[derive(Debug)]
pub enum Dequeued {
    /// Write this.
    Delivery(Delivery),
    /// It overflowed: go on from the log. So many ephemeral messages are lost.
    Behind {
        /// Messages that were only here.
        lost: u64,
    },
    /// Say why, and end.
    Close(CloseReason),
    /// Nothing now.
    Empty,
}

/// What may wait for one connection.
#[derive(Clone, Copy, Debug)]
pub struct QueueLimits {
    /// Frames.
    pub frames: usize,
    /// Their bytes. One frame is taken whatever its size.
    pub bytes: usize,
}

impl Delivery {
    /// The message as bytes.
    pub fn frame(&self) -> &Frame {
        match self {
            Self::Logged(logged) => &logged.frame,
            Self::Ephemeral(frame) => frame,
        }
    }

    /// Bytes that it takes on its way.
    fn len(&self) -> usize {
        self.frame().size()
    }
}
