//! One request of a connection and its answer.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::Method,
    response::Response,
};
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::{
    flow::{ReceiveWindow, SendWindow},
    ready::StreamWaker,
    request_body::BodySender,
};
use crate::delivery::write_tracking::WriteTracker;

/// See the module documentation.
pub struct Stream {
    /// Its number.
    pub id: u32,
    /// The method of the request.
    pub method: Method,
    /// Tells the connection that it can go on.
    pub waker: Arc<StreamWaker>,
    /// Knows what of the answer is in the kernel.
    pub tracker: Arc<WriteTracker>,
    /// What is left to do.
    pub work: Work,
    /// Bytes of the answer that wait.
    pub rest: Bytes,
    /// The answer ends after these bytes.
    pub is_last: bool,
    /// It is in the queue of streams with bytes.
    pub is_queued: bool,
    /// What the peer takes.
    pub window: SendWindow,
    /// What comes of the request after its head. None: there is nothing.
    pub body: Option<Box<ReceivedBody>>,
    /// The request is complete.
    pub is_received: bool,
    /// Since when its bytes wait for the peer.
    pub waits_since: Option<Instant>,
}

/// What is left to do for a stream.
pub enum Work {
    /// The answer is being found.
    Answering(BoxFuture<'static, Response>),
    /// The answer is being written.
    Writing(Body),
}

/// The body of a request.
pub struct ReceivedBody {
    /// Where it goes.
    pub sender: BodySender,
    /// What the peer may send.
    pub window: ReceiveWindow,
    /// What counts for the window of the connection.
    pub counted: u32,
}

/// What a stream has to do next.
pub enum Step {
    /// Nothing, until it is woken.
    Wait,
    /// The head of its answer is written.
    Answer(Response),
    /// Its bytes are written.
    Write,
    /// The answer is complete.
    End,
    /// The answer can't be completed.
    Fail,
}

impl Stream {
    /// Puts it into the queue of streams with bytes, if the peer takes some.
    pub fn queue(&mut self, sendable: &mut VecDeque<u32>) {
        if !self.is_queued && !self.rest.is_empty() && self.window.available() > 0 {
            self.is_queued = true;
            sendable.push_back(self.id);
        }
    }

    /// Goes on. If it has to wait, the stream is woken later.
    pub fn step(&mut self) -> Step {
        let waker = Waker::from(Arc::clone(&self.waker));
        let mut cx = Context::from_waker(&waker);
        // A panic ends this stream, and not the others of its connection.
        let stepped = catch_unwind(AssertUnwindSafe(|| self.work.step(&mut cx)));
        match stepped {
            Ok((step, bytes, is_last)) => {
                self.rest = bytes;
                self.is_last = is_last;
                step
            }
            Err(_) => Step::Fail,
        }
    }
}

impl Work {
    fn step(&mut self, cx: &mut Context<'_>) -> (Step, Bytes, bool) {
        let alone = |step| (step, Bytes::new(), false);
        let body = match self {
            Self::Answering(answer) => {
                return alone(match answer.as_mut().poll(cx) {
                    Poll::Ready(response) => Step::Answer(response),
                    Poll::Pending => Step::Wait,
                });
            }
            Self::Writing(body) => body,
        };
        loop {
            match Pin::new(&mut *body).poll_frame(cx) {
                Poll::Pending => return alone(Step::Wait),
                Poll::Ready(None) => return alone(Step::End),
                Poll::Ready(Some(Err(error))) => {
                    tracing::debug!(%error, "the body of an answer failed");
                    return alone(Step::Fail);
                }
                // No answer has fields after its body.
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => {
                        return (Step::Write, data, body.is_end_stream());
                    }
                    _ => {}
                },
            }
        }
    }
}
