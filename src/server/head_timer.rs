//! Times the heads of requests: how long a connection may be idle, and how long a head may take once it has begun.
//!
//! hyper has one timeout for both, which starts when the last response is sent. It takes the time from a [`Timer`], so
//! the timer can tell the two apart.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};
use parking_lot::Mutex;

/// How long a connection may be idle between two requests. Proxies keep idle connections for 60 seconds; a proxy that
/// closes first never sends a request into a connection that is being closed.
pub const IDLE: Duration = Duration::from_secs(75);

/// The timer of one connection.
#[derive(Clone, Debug)]
pub struct HeadTimer {
    shared: Arc<Shared>,
    /// How long the connection may be idle before a head.
    idle: Duration,
    /// How long a head may take after its first byte.
    head: Duration,
}

#[derive(Debug, Default)]
struct Shared {
    /// Whether bytes have arrived since hyper began to wait for a head.
    received: AtomicBool,
    /// The timer of the last head, for the next one. To set it again later is cheaper than to register another one.
    spare: Mutex<Option<Pin<Box<tokio::time::Sleep>>>>,
}

impl HeadTimer {
    /// With these two timeouts.
    pub fn new(idle: Duration, head: Duration) -> Self {
        Self {
            shared: Arc::default(),
            idle,
            head,
        }
    }

    /// Bytes have arrived from the peer.
    pub fn on_received(&self) {
        self.shared.received.store(true, Ordering::Relaxed);
    }
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(Instant::now() + duration)
    }

    /// hyper calls this when it begins to wait for a head. The deadline is the one for heads; it counts from the first
    /// byte instead.
    fn sleep_until(&self, _: Instant) -> Pin<Box<dyn Sleep>> {
        self.shared.received.store(false, Ordering::Relaxed);
        let end = tokio::time::Instant::now() + self.idle;
        let spare = self.shared.spare.lock().take();
        let sleep = match spare {
            Some(mut sleep) => {
                sleep.as_mut().reset(end);
                sleep
            }
            None => Box::pin(tokio::time::sleep_until(end)),
        };
        Box::pin(HeadSleep {
            timer: self.clone(),
            sleep: Some(sleep),
            in_head: false,
        })
    }
}

/// Waits for the idle timeout, and after the first byte for the timeout of the head.
struct HeadSleep {
    timer: HeadTimer,
    /// None only while it is dropped.
    sleep: Option<Pin<Box<tokio::time::Sleep>>>,
    in_head: bool,
}

impl Sleep for HeadSleep {}

impl Future for HeadSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let Some(sleep) = &mut this.sleep else {
            return Poll::Ready(());
        };
        if !this.in_head && this.timer.shared.received.load(Ordering::Relaxed) {
            this.in_head = true;
            let deadline = tokio::time::Instant::now() + this.timer.head;
            sleep.as_mut().reset(deadline);
        }
        sleep.as_mut().poll(cx)
    }
}

impl Drop for HeadSleep {
    fn drop(&mut self) {
        *self.timer.shared.spare.lock() = self.sleep.take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::poll;

    const LONG: Duration = Duration::from_secs(3_600);

    #[tokio::test]
    async fn before_the_first_byte_the_idle_timeout_counts() {
        HeadTimer::new(Duration::ZERO, LONG).sleep(LONG).await;
        let mut sleep = HeadTimer::new(LONG, Duration::ZERO).sleep(Duration::ZERO);
        assert!(poll!(&mut sleep).is_pending());
    }

    #[tokio::test]
    async fn after_the_first_byte_the_timeout_of_the_head_counts() {
        let timer = HeadTimer::new(LONG, Duration::ZERO);
        let mut sleep = timer.sleep(LONG);
        assert!(poll!(&mut sleep).is_pending());
        timer.on_received();
        sleep.await;
        // The next head begins anew.
        assert!(poll!(&mut timer.sleep(LONG)).is_pending());
    }
}
