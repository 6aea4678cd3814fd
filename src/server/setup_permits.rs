//! How many connections are set up at the same time.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The number of connections that are set up at the same time.
const SETUPS: usize = 64;

/// How long a connection may hold its permit during its handshake, and then while its first request is answered.
pub const MAX_SETUP: Duration = Duration::from_millis(20);

/// An admission semaphore: limits how many connections are set up at the same time. Answering a first request takes
/// far more memory than an open stream. Without this limit, ten thousand clients that connect at once would make the
/// process grow, and much of that memory would not go back to the system.
#[derive(Clone)]
pub struct SetupPermits(Arc<Semaphore>);

impl Default for SetupPermits {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(SETUPS)))
    }
}

impl SetupPermits {
    /// Waits for a permit.
    pub async fn acquire(self) -> Option<SetupPermit> {
        let permit = self.0.acquire_owned().await.ok()?;
        Some(Arc::new(Mutex::new(Some(permit))))
    }
}

/// A permit of [`SetupPermits`], until the first request is answered.
pub type SetupPermit = Arc<Mutex<Option<OwnedSemaphorePermit>>>;
