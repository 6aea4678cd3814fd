//! Whether a connection with many streams is idle.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
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

/// One request and its answer.
pub struct Exchange(Arc<Activity>);

impl Exchange {
    /// It ends with this body.
    pub fn until_end_of(self, body: Body) -> AnswerBody {
        AnswerBody {
            body,
            _exchange: self,
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let mut counts = self.0.0.lock();
        counts.open -= 1;
        counts.last = Some(Instant::now());
    }
}

/// The body of an answer.
pub struct AnswerBody {
    body: Body,
    _exchange: Exchange,
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
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
        let body = exchange.until_end_of(Body::empty());
        drop(body);
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
