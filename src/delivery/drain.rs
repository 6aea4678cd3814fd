//! Shutdown: asks streams to reconnect, spread over time, so that the next node is not overloaded.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::sync::watch;

use crate::{
    outbox::CloseReason,
    random,
    registry::{ConnectionHandle, Registry},
};

/// New connections per second that a node accepts without delay.
const OPENED_PER_SECOND: u32 = 10_000;
/// Streams that are closed per second, and the maximum time of closing. It is short: a reader that comes back while this
/// process still accepts connections has to come back again.
const CLOSED_PER_SECOND: u32 = 2_000;
const MAX_CLOSING: Duration = Duration::from_millis(500);
/// The minimum time that a stream is asked to wait, in milliseconds: longer than a restart takes.
const LEAST_MS: u64 = 1_000;
/// The minimum spread of these times, in milliseconds.
const LEAST_SPREAD_MS: u64 = 500;

/// The shutdown of this node.
#[derive(Default)]
pub struct Drain {
    begun: watch::Sender<bool>,
    spread_ms: AtomicU64,
}

impl Drain {
    /// Whether it has begun. Readiness fails from then on.
    pub fn has_begun(&self) -> bool {
        *self.begun.borrow()
    }

    /// Waits until it has begun.
    pub async fn begun(&self) {
        let mut begun = self.begun.subscribe();
        // The sender lives as long as `self`.
        let _ = begun.wait_for(|begun| *begun).await;
    }

    /// Begins the shutdown and closes every stream. They are asked to reconnect within `time`, sooner if there are few.
    /// The viewers of jobs, counted by `viewers`, end by themselves.
    pub async fn run(&self, registry: &Registry, viewers: usize, time: Duration) {
        let connections = registry.all_connections();
        let pace = Pace::of(connections.len() + viewers).within(time);
        self.spread_ms
            .store(pace.spread.as_millis() as u64, Ordering::Relaxed);
        self.begun.send_replace(true);
        pace.close(registry, &connections).await;
        // Connections that were opened in the meantime.
        registry.close(&registry.all_connections(), || self.reason());
    }

    /// The reason to close a stream, with the time until it should reconnect.
    pub fn reason(&self) -> CloseReason {
        let spread = self.spread_ms.load(Ordering::Relaxed);
        reconnect_within(spread)
    }
}

/// How fast streams are closed, and over which time they reconnect.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    closing: Duration,
    spread: Duration,
}

impl Pace {
    /// For so many streams, as fast as the next node accepts them.
    pub fn of(streams: usize) -> Self {
        let all = Duration::from_secs(1) * u32::try_from(streams).unwrap_or(u32::MAX);
        Self {
            closing: (all / CLOSED_PER_SECOND).min(MAX_CLOSING),
            spread: all / OPENED_PER_SECOND,
        }
    }

    /// The same, within this time.
    fn within(self, time: Duration) -> Self {
        Self {
            closing: self.closing.min(time),
            spread: self.spread.min(time),
        }
    }

    /// Closes these connections one after the other.
    pub async fn close(self, registry: &Registry, connections: &[ConnectionHandle]) {
        let steps = (self.closing.as_millis() / 20).max(1) as usize;
        let spread_ms = self.spread.as_millis() as u64;
        for chunk in connections.chunks(connections.len().div_ceil(steps).max(1)) {
            registry.close(chunk, || reconnect_within(spread_ms));
            tokio::time::sleep(self.closing / steps as u32).await;
        }
    }
}

/// The reason to close a stream that should reconnect within this time, but not before the next node could be there.
fn reconnect_within(spread_ms: u64) -> CloseReason {
    let spread = spread_ms.max(LEAST_SPREAD_MS);
    CloseReason::Shutdown {
        // The drain time is at most an hour.
        after_ms: (LEAST_MS + random::below(spread)) as u32,
    }
}
