//! Ends the streams of a connection whose peer takes nothing of them, one by one. The other streams go on.
//!
//! The kernel does the same for the whole socket: see `TCP_USER_TIMEOUT` in `accept.rs`. It does not see the windows of the
//! streams of HTTP/2.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::rt::Executor;
use parking_lot::Mutex;
use tokio::time::Sleep;

use crate::delivery::write_tracking::WriteTracker;

/// Starts the tasks that write the answers of one connection.
#[derive(Clone)]
pub struct StreamTasks(Arc<Inner>);

struct Inner {
    /// The tracker of the request that is being started.
    next: Mutex<Option<Arc<WriteTracker>>>,
    timeout: Duration,
}

impl StreamTasks {
    /// Each task ends if the peer takes nothing for this long.
    pub fn new(timeout: Duration) -> Self {
        Self(Arc::new(Inner {
            next: Mutex::default(),
            timeout,
        }))
    }

    /// A request has come, and the task of its answer is started next: hyper calls the service and the executor one after
    /// the other.
    pub fn begin(&self, tracker: Arc<WriteTracker>) {
        *self.0.next.lock() = Some(tracker);
    }
}

impl<F> Executor<F> for StreamTasks
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, answer: F) {
        match self.0.next.lock().take() {
            Some(tracker) => drop(tokio::spawn(UntilStalled {
                answer: Box::pin(answer),
                tracker,
                timeout: self.0.timeout,
                stall: None,
            })),
            None => drop(tokio::spawn(answer)),
        }
    }
}

/// Writes an answer until it is complete, or the peer takes nothing for too long. Then the answer is dropped, which resets
/// the stream.
struct UntilStalled<F> {
    answer: Pin<Box<F>>,
    tracker: Arc<WriteTracker>,
    timeout: Duration,
    /// Set while the peer takes nothing.
    stall: Option<Box<Stall>>,
}

struct Stall {
    /// What was given to the connection when it began.
    given: u64,
    end: Pin<Box<Sleep>>,
}

impl<F: Future<Output = ()>> Future for UntilStalled<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.answer.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let Some(given) = self.tracker.waiting_piece() else {
            self.stall = None;
            return Poll::Pending;
        };
        let timeout = self.timeout;
        let begin = || {
            Box::new(Stall {
                given,
                end: Box::pin(tokio::time::sleep(timeout)),
            })
        };
        let stall = self.stall.get_or_insert_with(begin);
        if stall.given != given {
            *stall = begin();
        }
        if stall.end.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        // Before the answer is dropped, so that it knows.
        self.tracker.fail();
        tracing::debug!("a stream of HTTP/2 is closed, because its peer takes nothing");
        Poll::Ready(())
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn};

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);

    fn task<F: Future<Output = ()> + Send + 'static>(
        tracker: &Arc<WriteTracker>,
        answer: F,
    ) -> tokio::task::JoinHandle<()> {
        tokio::spawn(UntilStalled {
            answer: Box::pin(answer),
            tracker: Arc::clone(tracker),
            timeout: TIMEOUT,
            stall: None,
        })
    }

    fn tracker() -> Arc<WriteTracker> {
        let connection = Arc::new(WriteTracker::default());
        Arc::new(WriteTracker::of_http2_stream(connection))
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_of_which_nothing_is_taken_ends() {
        let tracker = tracker();
        tracker.on_piece(true);
        let began = tokio::time::Instant::now();
        task(&tracker, pending()).await.expect("no panic");
        assert!(began.elapsed() >= TIMEOUT);
        assert!(!tracker.is_closed_by_peer());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_has_nothing_to_send_goes_on() {
        let tracker = tracker();
        tracker.on_piece(true);
        tracker.on_piece(false);
        let task = task(&tracker, pending());
        tokio::time::sleep(100 * TIMEOUT).await;
        assert!(!task.is_finished());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_taken_slowly_goes_on() {
        let tracker = tracker();
        let pieces = Arc::clone(&tracker);
        let mut next = Box::pin(tokio::time::sleep(Duration::ZERO));
        let mut left = 10;
        let answer = poll_fn(move |cx| {
            while left > 0 && next.as_mut().poll(cx).is_ready() {
                left -= 1;
                pieces.on_piece(true);
                next = Box::pin(tokio::time::sleep(TIMEOUT - Duration::from_secs(1)));
            }
            Poll::Pending
        });
        let began = tokio::time::Instant::now();
        task(&tracker, answer).await.expect("no panic");
        assert!(began.elapsed() > 9 * TIMEOUT, "{:?}", began.elapsed());
    }
}
