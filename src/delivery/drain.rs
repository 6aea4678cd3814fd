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
const PER_SECOND: u64 = 1_000;
/// The minimum time that a stream is asked to wait, in milliseconds: about the time of a restart.
const LEAST_MS: u64 = 1_000;

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

    /// Begins the shutdown and closes every stream within `time`, sooner if there are few. The viewers of jobs,
    /// counted by `viewers`, end by themselves.
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

/// How fast streams are asked to reconnect.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    spread: Duration,
}

impl Pace {
    /// For so many streams, as fast as the next node accepts them.
    pub fn of(streams: usize) -> Self {
        let each = Duration::from_secs(1) / PER_SECOND as u32;
        Self {
            spread: each * streams as u32,
        }
    }

    /// The same, within this time.
    fn within(self, time: Duration) -> Self {
        let spread = self.spread.min(time);
        Self { spread }
    }

    /// Closes these connections one after the other.
    pub async fn close(self, registry: &Registry, connections: &[ConnectionHandle]) {
        let steps = (self.spread.as_millis() / 20).max(1) as usize;
        let spread_ms = self.spread.as_millis() as u64;
        for chunk in connections.chunks(connections.len().div_ceil(steps).max(1)) {
            registry.close(chunk, || reconnect_within(spread_ms));
            tokio::time::sleep(self.spread / steps as u32).await;
        }
    }
}

/// The reason to close a stream that should reconnect within this time, but not before the next node could be there.
fn reconnect_within(spread_ms: u64) -> CloseReason {
    let spread = spread_ms.max(LEAST_MS);
    CloseReason::Shutdown {
        // The drain time is at most an hour.
        after_ms: (LEAST_MS + random::below(spread)) as u32,
    }
}
