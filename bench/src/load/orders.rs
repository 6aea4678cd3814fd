//! What the load generator is told and what it answers, a line of JSON each.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// Whom to open streams at, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Target {
    pub address: SocketAddr,
    /// The path of a stream, in which `{client}` is the name of a listener and `{number}` its number.
    pub path: String,
    /// What the body of a stream begins with. Without one a listener is there with the head.
    pub greeting: Option<String>,
    /// Remember the `id:` of the last event, and give it back as `Last-Event-ID`.
    pub cursors: bool,
}

/// What to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Order {
    /// Open the streams of the first so many listeners, so many at the same time; those that were closed go
    /// on after their cursor, where they remember it. Answered by [`Word::Opened`], at the latest after so
    /// many seconds.
    Open {
        listeners: usize,
        at_once: usize,
        seconds: u64,
    },
    /// Close all but so many, the last first. Answered by [`Word::Done`].
    Close { keep: usize },
    /// Give the sockets of so many listeners, the first, little room to receive; and do not read from
    /// them from now on. They count no longer as listeners who get what all get. Answered by [`Word::Done`].
    Stall { listeners: usize },
    /// Read from all again. Answered by [`Word::Done`].
    Read,
    /// Forget what was counted so far; the numbers go on. Answered by [`Word::Done`].
    Clear,
    /// Say what was counted. Answered by [`Word::Tally`].
    Tell,
}

/// What is answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Word {
    Opened(Opened),
    Done,
    /// All listeners have this message that all get.
    Complete {
        number: u64,
    },
    Tally(Tally),
}

/// How the opening went.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Opened {
    /// Listeners that are there now.
    pub listeners: usize,
    /// Those that were refused, cut off, or not there in time.
    pub failed: usize,
    /// Why the last of those failed.
    pub why: String,
    /// From the order until the last was there.
    pub seconds: f64,
    /// Milliseconds from connect to head (and greeting) of all but the slowest hundredth.
    pub p99_ms: f64,
}

/// What has come since the last [`Order::Clear`].
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Messages that all get, over all listeners.
    pub all: u64,
    /// Messages that only one gets.
    pub own: u64,
    /// Came although a later or the same one had come already.
    pub double: u64,
    /// Came after a later one.
    pub unordered: u64,
    /// Numbers that were left out, and have not come since.
    pub missing: u64,
    /// Not what was sent.
    pub damaged: u64,
    /// Streams that ended without being closed from here.
    pub ended: u64,
    /// Milliseconds from the push to the listener.
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    /// Seconds of processor time of the load generator since it began.
    pub cpu_seconds: f64,
}
