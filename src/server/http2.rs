//! One HTTP/2 connection. Its streams are written by tasks.

mod activity;
mod answer_body;
mod stalled;

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{body::Body, extract::Request, response::Response};
use hyper::{body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{sync::watch, time::Instant};

use super::{
    head_timer::IDLE,
    requests::Requests,
    setup_permits::{MAX_SETUP, SetupPermit},
    socket::ServerSocket,
};
use crate::delivery::write_tracking::{TrackedSocket, WriteTracker};
use activity::Activity;
use answer_body::AnswerBody;
use stalled::StreamTasks;

/// Requests and streams of one connection at the same time. A browser sends all its requests to a server over one
/// connection.
const MAX_STREAMS: u32 = 200;

/// Streams that the peer may reset before they were answered (CVE-2023-44487).
const MAX_PENDING_RESETS: usize = 20;

/// Streams that are reset here because of errors of the peer, before the connection ends.
const MAX_ERROR_RESETS: usize = 1_024;

/// Bytes of an answer that wait in memory for the peer, in addition to one event.
const SEND_BUFFER: usize = 16 * 1024;

/// Bytes of one request that the peer may send before they are read.
const STREAM_WINDOW: u32 = 64 * 1024;

/// Bytes of all requests of a connection that the peer may send before they are read.
const CONNECTION_WINDOW: u32 = 256 * 1024;

/// A connection whose peer wants HTTP/2.
pub struct Http2Connection {
    /// Answers the requests.
    pub requests: Arc<Requests>,
    /// How long the first request may take, and how long the peer may take to acknowledge a ping.
    pub request_timeout: Duration,
    /// The time between two pings.
    pub heartbeat: Duration,
    /// How long the peer may take nothing of a stream.
    pub stall_timeout: Duration,
    /// The maximum size of a head, in bytes.
    pub max_head: usize,
}

impl Http2Connection {
    /// Answers requests until the peer closes the connection or the server stops.
    pub async fn answer_all(
        // Dropped last: whoever waits until all receivers are closed waits for everything that this task holds.
        mut stopped: watch::Receiver<()>,
        this: Self,
        permit: SetupPermit,
        socket: ServerSocket,
    ) {
        let writes = Arc::new(WriteTracker::default());
        let activity = Arc::new(Activity::default());
        let socket = TokioIo::new(TrackedSocket::new(socket, Arc::clone(&writes)));
        let tasks = StreamTasks::new(this.stall_timeout);
        let answer = service_fn(|request| {
            let tracker = WriteTracker::of_http2_stream(Arc::clone(&writes));
            let tracker = Arc::new(tracker);
            tasks.begin(Arc::clone(&tracker));
            this.answer(request, tracker, &activity, &permit)
        });
        let connection = this.builder(tasks.clone()).serve_connection(socket, answer);
        let mut connection = std::pin::pin!(connection);
        let mut max_setup = std::pin::pin!(tokio::time::sleep(MAX_SETUP));
        let first = Instant::now() + this.request_timeout;
        let mut idle = std::pin::pin!(tokio::time::sleep_until(first));
        let mut ending = false;
        let outcome = loop {
            tokio::select! {
                outcome = &mut connection => break outcome,
                () = &mut max_setup, if !max_setup.is_elapsed() => drop(permit.lock().take()),
                _ = stopped.changed(), if !ending => {
                    ending = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = &mut idle => {
                    if let Some(until) = activity.may_last_until(first, IDLE) {
                        idle.as_mut().reset(until);
                    } else if ending {
                        // The peer has not answered the end of the connection.
                        return;
                    } else {
                        ending = true;
                        connection.as_mut().graceful_shutdown();
                        idle.as_mut().reset(Instant::now() + this.request_timeout);
                    }
                }
            }
        };
        if let Err(error) = outcome {
            // Before the streams end, so that they know.
            writes.fail();
            tracing::debug!(%error, "an HTTP/2 connection failed");
        }
    }

    fn builder(&self, tasks: StreamTasks) -> http2::Builder<StreamTasks> {
        let mut builder = http2::Builder::new(tasks);
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(match self.requests.reserved {
                Some(_) => 1,
                None => MAX_STREAMS,
            })
            .max_pending_accept_reset_streams(MAX_PENDING_RESETS)
            .max_local_error_reset_streams(MAX_ERROR_RESETS)
            .max_header_list_size(u32::try_from(self.max_head).unwrap_or(u32::MAX))
            .max_send_buf_size(SEND_BUFFER)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .keep_alive_interval(self.heartbeat)
            .keep_alive_timeout(self.request_timeout);
        builder
    }

    fn answer(
        &self,
        request: Request<Incoming>,
        tracker: Arc<WriteTracker>,
        activity: &Arc<Activity>,
        permit: &SetupPermit,
    ) -> impl Future<Output = Result<Response, Infallible>> + Send + use<> {
        let mut request = self.requests.prepare(request);
        request.extensions_mut().insert(Arc::clone(&tracker));
        let requests = Arc::clone(&self.requests);
        let (permit, exchange) = (Arc::clone(permit), activity.begin());
        // Boxed: the task of a stream keeps the space for it as long as the stream is open.
        let answered = Box::pin(async move {
            let response = requests.answer(request).await;
            drop(permit.lock().take());
            response.map(|body| Body::new(AnswerBody::new(body, tracker, exchange)))
        });
        async move { Ok(answered.await) }
    }
}
