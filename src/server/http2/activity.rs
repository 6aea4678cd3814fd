//! Whether a connection with many streams is idle.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;

/// The requests of a connection that are being answered.
#[derive(Default)]
pub struct Activity(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    open: usize,
    /// When the last answer ended.
    last: Option<Instant>,
}

impl Activity {
    /// A request has come.
    pub fn begin(self: &Arc<Self>) -> Exchange {
        self.0.lock().open += 1;
        Exchange(Arc::clone(self))
    }

    /// Until when the connection may stay open: no request is needed before `first`, and `idle` after the last answer. None
    /// if it was idle for too long.
    pub fn may_last_until(&self, first: Instant, idle: Duration) -> Option<Instant> {
        let counts = self.0.lock();
        let now = Instant::now();
        let until = match (counts.open, counts.last) {
            (0, None) => first,
            (0, Some(last)) => last + idle,
            _ => now + idle,
        };
        (until > now).then_some(until)
    }
}

/// One request and its answer. It ends when this is dropped.
pub struct Exchange(Arc<Activity>);

impl Drop for Exchange {
    fn drop(&mut self) {
        let mut counts = self.0.0.lock();
        counts.open -= 1;
        counts.last = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Duration = Duration::from_secs(75);

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_between_answers_only() {
        let activity = Arc::new(Activity::default());
        let first = Instant::now() + Duration::from_secs(15);
        assert_eq!(activity.may_last_until(first, IDLE), Some(first));
        let exchange = activity.begin();
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert!(activity.may_last_until(first, IDLE).is_some());
        drop(exchange);
        assert_eq!(
            activity.may_last_until(first, IDLE),
            Some(Instant::now() + IDLE)
        );
        tokio::time::advance(IDLE).await;
        assert_eq!(activity.may_last_until(first, IDLE), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_a_request_is_closed() {
        let activity = Arc::new(Activity::default());
        assert_eq!(activity.may_last_until(Instant::now(), IDLE), None);
    }
}
