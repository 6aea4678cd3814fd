//! Bounded queues between the thread that fans out messages and the writers of streams.
//!
//! Putting a message into a queue never blocks. A full queue drops its content and reports that the connection is
//! *behind*: the connection then reads the log, at its own pace.

mod bounded_queue;
mod connection_queue;
mod thread_queue;

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, Instant},
};

pub use bounded_queue::BoundedQueue;
pub use connection_queue::ConnectionQueue;
pub use thread_queue::{Drained, Next, Recipients, StreamKey, ThreadQueue, Wake};

use crate::message::{EncodedMessage, Encoding, Frame, Seq, Update};

/// An encoded message of the log. All its recipients share it.
#[derive(Debug)]
pub struct LoggedFrame {
    /// Its position in the log.
    pub seq: Seq,
    /// The encoded message.
    pub message: EncodedMessage,
    /// Whether it is a direct message: for clients by name, and kept in their inboxes.
    pub direct: bool,
    /// Connections that it was written to since this count was last read and reset.
    pub written: AtomicU64,
}

impl LoggedFrame {
    /// A message that was not written to any connection yet.
    pub fn new(seq: Seq, message: EncodedMessage, direct: bool) -> Arc<Self> {
        Arc::new(Self {
            seq,
            message,
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
    /// A message that is not in the log: a connection that misses it cannot get it later.
    Ephemeral(Arc<EncodedMessage>),
}

/// Why the server closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The server is shutting down. The client is asked to reconnect after this time.
    Shutdown {
        /// Milliseconds.
        after_ms: u32,
    },
    /// An administrator closed it by `DELETE /api/clients/{id}`.
    Disconnected,
    /// The stream token has expired.
    TokenExpired,
    /// The API key or the session that opened it has ended or changed. The client is not asked to come back: it may not.
    KeyEnded,
    /// The stream token was revoked.
    TokenRevoked,
    /// A read of the log failed.
    LogUnreadable,
}

impl CloseReason {
    /// The reason as it is written in `event: reconnect`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shutdown { .. } => "shutdown",
            Self::Disconnected => "disconnected",
            Self::TokenExpired => "token_expired",
            Self::KeyEnded => "key_ended",
            Self::TokenRevoked => "token_revoked",
            Self::LogUnreadable => "log_unreadable",
        }
    }
}

/// Why streams end: the reasons of the server, `left` for a peer that closed its connection, and `lost` for a connection
/// that broke.
pub const END_REASONS: [&str; 8] = [
    "shutdown",
    "disconnected",
    "token_expired",
    "key_ended",
    "token_revoked",
    "log_unreadable",
    LEFT,
    LOST,
];

/// The peer closed the connection.
pub const LEFT: &str = "left";

/// The connection broke.
pub const LOST: &str = "lost";

/// What a queue has for a connection.
#[derive(Debug)]
pub enum Dequeued {
    /// Write this.
    Delivery(Delivery),
    /// The queue overflowed: continue from the log.
    Behind {
        /// Ephemeral messages that were dropped. They are lost.
        lost: u64,
    },
    /// Close the connection for this reason.
    Close(CloseReason),
    /// The queue is empty.
    Empty,
}

/// The capacity of a queue of one connection.
#[derive(Clone, Copy, Debug)]
pub struct QueueLimits {
    /// Maximum number of frames.
    pub frames: usize,
    /// Maximum bytes of frames. An empty queue takes one frame of any size.
    pub bytes: usize,
}

impl Delivery {
    /// The message as a connection wants it.
    pub fn frame(&self, encoding: Encoding) -> &Frame {
        self.message().frame(encoding)
    }

    /// Bytes that it occupies. An envelope has about as many.
    pub fn size(&self) -> usize {
        self.message().size()
    }

    /// How long ago it was encoded.
    pub fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.message().encoded_at())
    }

    /// What the message has besides, if it is an update of Mercure.
    pub fn update(&self) -> Option<&Update> {
        self.message().update()
    }

    fn message(&self) -> &EncodedMessage {
        match self {
            Self::Logged(logged) => &logged.message,
            Self::Ephemeral(message) => message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_of_the_server_is_in_the_list() {
        let all = [
            CloseReason::Shutdown { after_ms: 0 },
            CloseReason::Disconnected,
            CloseReason::TokenExpired,
            CloseReason::KeyEnded,
            CloseReason::TokenRevoked,
            CloseReason::LogUnreadable,
        ];
        for reason in all {
            // A new reason makes this incomplete.
            match reason {
                CloseReason::Shutdown { .. }
                | CloseReason::Disconnected
                | CloseReason::TokenExpired
                | CloseReason::KeyEnded
                | CloseReason::TokenRevoked
                | CloseReason::LogUnreadable => {}
            }
            assert!(END_REASONS.contains(&reason.as_str()), "{reason:?}");
        }
    }
}
