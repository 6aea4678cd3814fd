//! Shutdown: asks streams to reconnect, spread over time, so that the next node is not overloaded.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::sync::watch;

use crate::{outbox::CloseReason, random, registry::Registry};

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
        let pace = Duration::from_secs(1) / PER_SECOND as u32;
        let spread = time.min(pace * (connections.len() + viewers) as u32);
        self.spread_ms
            .store(spread.as_millis() as u64, Ordering::Relaxed);
        self.begun.send_replace(true);
        let steps = (spread.as_millis() / 20).max(1) as usize;
        for chunk in connections.chunks(connections.len().div_ceil(steps).max(1)) {
            registry.close(chunk, || self.reason());
            tokio::time::sleep(spread / steps as u32).await;
        }
        // Connections that were opened in the meantime.
        registry.close(&registry.all_connections(), || self.reason());
    }

    /// The reason to close a stream, with the time until it should reconnect.
    pub fn reason(&self) -> CloseReason {
        CloseReason::Shutdown {
            after_ms: self.after_ms(),
        }
    }

    /// The time that the next stream is asked to wait, in milliseconds.
    fn after_ms(&self) -> u32 {
        let spread = self.spread_ms.load(Ordering::Relaxed).max(LEAST_MS);
        // The drain time is at most an hour.
        (LEAST_MS + random::below(spread)) as u32
    }
}
