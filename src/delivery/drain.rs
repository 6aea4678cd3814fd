//! Taking leave: streams are told to come back, spread over time, so that the next node is not run over.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::sync::watch;

use crate::{outbox::CloseReason, random, registry::Registry};

/// A node takes up new connections at about this pace without anybody waiting.
const PER_SECOND: u64 = 1_000;
/// The least that a stream is asked to wait, in milliseconds: a restart takes about as long.
const LEAST_MS: u64 = 1_000;

/// Whether the node is on its way down.
#[derive(Default)]
pub struct Drain {
    begun: watch::Sender<bool>,
    spread_ms: AtomicU64,
}

impl Drain {
    /// Whether it has begun: readiness fails from then on.
    pub fn has_begun(&self) -> bool {
        *self.begun.borrow()
    }

    /// Waits until it has begun.
    pub async fn begun(&self) {
        let mut begun = self.begun.subscribe();
        // The sender is here as long as this is.
        let _ = begun.wait_for(|begun| *begun).await;
    }

    /// Begins, and ends every stream within `time` at most; in less where there are few. Those who look on at
    /// jobs, so many, leave by themselves once it has begun.
    pub async fn run(&self, registry: &Registry, viewers: usize, time: Duration) {
        let everybody = registry.all_connections();
        let pace = Duration::from_secs(1) / PER_SECOND as u32;
        let spread = time.min(pace * (everybody.len() + viewers) as u32);
        self.spread_ms
            .store(spread.as_millis() as u64, Ordering::Relaxed);
        self.begun.send_replace(true);
        let steps = (spread.as_millis() / 20).max(1) as usize;
        for crowd in everybody.chunks(everybody.len().div_ceil(steps).max(1)) {
            registry.close(crowd, || self.reason());
            tokio::time::sleep(spread / steps as u32).await;
        }
        // Whoever came in the meantime.
        registry.close(&registry.all_connections(), || self.reason());
    }

    /// Why a stream ends, and when it is to come back.
    pub fn reason(&self) -> CloseReason {
        CloseReason::Shutdown {
            after_ms: self.after_ms(),
        }
    }

    /// How long the next stream is asked to wait, in milliseconds.
    fn after_ms(&self) -> u32 {
        let spread = self.spread_ms.load(Ordering::Relaxed).max(LEAST_MS);
        // The drain time is at most an hour.
        (LEAST_MS + random::below(spread)) as u32
    }
}
