//! The commands to the load generator and its replies, one JSON object per line.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// Where and how to open streams.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Target {
    /// The servers. The listeners take turns to connect to them.
    pub addresses: Vec<SocketAddr>,
    /// The path of a stream. `{client}` is replaced by the id of the listener, and `{number}` by its number.
    pub path: String,
    /// The beginning of the body of a stream. Without it, a stream is open when its head is received.
    pub greeting: Option<String>,
    /// Whether to store the `id:` of the last event, and send it as `Last-Event-ID`.
    pub cursors: bool,
}

/// A command.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Command {
    /// Open the streams of the first `listeners`, `at_once` of them at the same time. Closed streams resume after their
    /// cursor, if it is stored. The reply is [`Word::Opened`], at the latest after `seconds`.
    Open {
        listeners: usize,
        at_once: usize,
        seconds: u64,
    },
    /// Close all streams but the first ones. The reply is [`Word::Done`].
    Close { keep: usize },
    /// Shrink the receive buffers of the first listeners, and stop reading from them. They no longer count as receivers
    /// of messages to all. The reply is [`Word::Done`].
    Stall { listeners: usize },
    /// Read from all again. The reply is [`Word::Done`].
    Read,
    /// Reset the counts. Numbers continue. The reply is [`Word::Done`].
    Clear,
    /// Report the counts. The reply is [`Word::Tally`].
    Tell,
}

/// A reply.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Reply {
    Opened(Opened),
    Done,
    /// All listeners have this message to all.
    Complete {
        number: u64,
    },
    Tally(Tally),
}

/// The result of an opening.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Opened {
    /// Open streams.
    pub listeners: usize,
    /// Listeners that were refused, disconnected, or not open in time.
    pub failed: usize,
    /// Why the last of them failed.
    pub why: String,
    /// The time from the command until the last stream was open.
    pub seconds: f64,
    /// The 99th percentile of the milliseconds from connect to head (and greeting).
    pub p99_ms: f64,
}

/// The counts since the last [`Order::Clear`].
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Messages to all, summed over the listeners.
    pub all: u64,
    /// Messages to single listeners.
    pub own: u64,
    /// Duplicates.
    pub double: u64,
    /// Messages out of order.
    pub unordered: u64,
    /// Missing numbers.
    pub missing: u64,
    /// Invalid payloads.
    pub damaged: u64,
    /// Streams that were not closed by the load generator.
    pub ended: u64,
    /// Milliseconds from the push to the listener.
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    /// Processor time of the load generator since its start, in seconds.
    pub cpu_seconds: f64,
}
