//! The commands to the load generator and its replies, one JSON object per line.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// Where and how to open streams.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Target {
    /// The servers. The listeners take turns to connect to them.
    pub addresses: Vec<SocketAddr>,
    /// The path of a stream. `{client}` is replaced by the id of the listener, `{number}` by its number, and `{topic}` by
    /// the remainder of its number divided by `topics`.
    pub path: String,
    /// The number of topics, at least 1.
    pub topics: usize,
    /// The beginning of the body of a stream. Without it, a stream is open when its head is received.
    pub greeting: Option<String>,
    /// Whether to store the `id:` of the last event, and send it as `Last-Event-ID`.
    pub cursors: bool,
    /// Whether a listener whose stream ended or failed comes back by itself, as an EventSource does: after the last
    /// `retry:`, and not after an error status.
    pub returns: bool,
}

/// A command.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Command {
    /// Open the streams of the first `listeners`, `at_once` of them at the same time. Closed streams resume after their
    /// cursor, if it is stored. The reply is [`Reply::Opened`], at the latest after `seconds`.
    Open {
        listeners: usize,
        at_once: usize,
        seconds: u64,
    },
    /// Close all streams but the first ones. The reply is [`Reply::Done`].
    Close { keep: usize },
    /// Shrink the receive buffers of the first listeners, and stop reading from them. They no longer count as receivers
    /// of messages to all. The reply is [`Reply::Done`].
    Stall { listeners: usize },
    /// Read from all again. The reply is [`Reply::Done`].
    Read,
    /// Reset the counts. Numbers continue. The reply is [`Reply::Done`].
    Clear,
    /// Report the counts. The reply is [`Reply::Tally`].
    Tell,
    /// Report for how long the listeners were without a message. The reply is [`Reply::Silence`].
    TellSilence,
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
    Silence(Silence),
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

/// The longest time without a message that each listener has had since the last [`Command::Clear`], until now.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Silence {
    /// Milliseconds, over the listeners.
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
}

/// The counts since the last [`Command::Clear`].
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
    /// Streams that are open now.
    pub open: usize,
    /// Milliseconds from the push to the listener.
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    /// Processor time of the load generator since its start, in seconds.
    pub cpu_seconds: f64,
}
