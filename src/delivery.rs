//! From the registry to the socket: what a connection writes next, and who writes it.

pub mod connection;
pub mod cut_off;
pub mod delivery_tracker;
pub mod drain;
pub mod events;
pub mod handover;
mod next_action;
pub mod reactor;
pub mod revoked;
pub mod subscribe;
pub mod task_stream;
pub mod write_tracking;

use std::time::{Duration, Instant, SystemTime};

use crate::{delivery::connection::PendingConnection, message::Frame, random};

/// How long the socket of a closed stream is kept, so that the peer can read the last event.
pub const LINGER: Duration = Duration::from_secs(1);

/// An opened stream that has no writer yet.
pub struct OpenedStream {
    /// Its connection.
    pub pending: PendingConnection,
    /// The first events.
    pub opening: Vec<Frame>,
    /// When its token expires, in seconds since 1970.
    pub expires_at: Option<u64>,
}

/// How long before the end of its token a client is told of it.
const NOTICE: Duration = Duration::from_secs(60);

/// When a client is told that its token ends: a minute before, or in the middle of the time that is left.
fn notice_before(end: Instant) -> Instant {
    let left = end.saturating_duration_since(Instant::now());
    end - NOTICE.min(left / 2)
}

/// The time of the first ping: random, so that streams that were opened together are spread over time.
pub fn first_ping(heartbeat: Duration) -> Instant {
    let part = 0.5 + random::below(1_000) as f64 / 2_000.0;
    Instant::now() + heartbeat.mul_f64(part)
}

/// A Unix time in seconds on the monotonic clock.
fn instant_of(unix: u64) -> Instant {
    let left =
        (SystemTime::UNIX_EPOCH + Duration::from_secs(unix)).duration_since(SystemTime::now());
    Instant::now() + left.unwrap_or_default()
}
