//! From the registry to the socket: what a connection writes next, and who writes it.

pub mod connection;
pub mod delivery_tracker;
pub mod drain;
pub mod events;
pub mod handover;
mod next_action;
pub mod reactor;
pub mod subscribe;
pub mod task_stream;
pub mod write_tracking;

use std::time::{Duration, Instant, SystemTime};

use crate::{delivery::connection::PendingConnection, message::Frame, random};

/// How long a peer may take to notice that its connection has ended.
pub const LINGER: Duration = Duration::from_secs(1);

/// A stream that was pending, before anybody writes it.
pub struct OpenedStream {
    /// What is to be written.
    pub pending: PendingConnection,
    /// What comes before everything else.
    pub opening: Vec<Frame>,
    /// When its token ends, in seconds since 1970.
    pub expires_at: Option<u64>,
}

/// The first ping comes at a moment of its own, so that those who came together do not stay in step.
pub fn first_ping(heartbeat: Duration) -> Instant {
    let part = 0.5 + random::below(1_000) as f64 / 2_000.0;
    Instant::now() + heartbeat.mul_f64(part)
}

/// The moment of a Unix time in seconds, on the clock that never jumps.
fn instant_of(unix: u64) -> Instant {
    let left =
        (SystemTime::UNIX_EPOCH + Duration::from_secs(unix)).duration_since(SystemTime::now());
    Instant::now() + left.unwrap_or_default()
}
