//! HTTP/2 (RFC 9113): one task for a connection with all its streams.
//!
//! A server for open streams needs less than a library for all uses: an open stream has no task, and a connection that waits
//! has no buffers.

mod answer_head;
mod connection;
mod error;
mod flood;
mod flow;
mod frame;
mod frame_writer;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod head;
mod hpack;
mod incoming;
mod open_streams;
mod outgoing;
mod partial_head;
mod ready;
mod request_body;
mod settings;
mod stream;

use std::{future::poll_fn, sync::Arc, time::Duration};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::{
    head_timer::IDLE,
    requests::{Requests, head_too_large},
    setup_permits::{MAX_SETUP, SetupPermit},
    socket::ServerSocket,
};
use crate::delivery::write_tracking::WriteTracker;
use connection::{Answerer, Connection, End, Options};

/// Requests and streams of one connection at the same time. A browser sends all its requests to a server over one
/// connection.
const MAX_STREAMS: u32 = 200;

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

/// Answers the requests of one connection.
struct Answers {
    requests: Arc<Requests>,
    permit: SetupPermit,
    max_head: usize,
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
        let socket = match socket.without_rustls() {
            Ok(socket) => socket,
            Err(error) => return tracing::debug!(%error, "a connection can't go on"),
        };
        let options = this.options();
        let answers = Answers {
            requests: this.requests,
            permit: Arc::clone(&permit),
            max_head: this.max_head,
        };
        let mut connection = Connection::new(socket, answers, options);
        let mut max_setup = std::pin::pin!(tokio::time::sleep(MAX_SETUP));
        let mut is_stopping = false;
        let end = loop {
            tokio::select! {
                end = poll_fn(|cx| connection.poll(cx)) => break end,
                () = &mut max_setup, if !max_setup.is_elapsed() => drop(permit.lock().take()),
                _ = stopped.changed(), if !is_stopping => {
                    is_stopping = true;
                    connection.shut_down();
                }
            }
        };
        if end == End::Here {
            connection.into_socket().close(false).await;
        }
    }

    fn options(&self) -> Options {
        Options {
            max_streams: match self.requests.reserved {
                Some(_) => 1,
                None => MAX_STREAMS,
            },
            max_head: self.max_head,
            heartbeat: self.heartbeat,
            request_timeout: self.request_timeout,
            stall_timeout: self.stall_timeout,
            idle: IDLE,
        }
    }
}

impl Answerer for Answers {
    fn answer(&self, request: Request, tracker: Arc<WriteTracker>) -> BoxFuture<'static, Response> {
        let mut request = self.requests.prepare(request);
        request.extensions_mut().insert(tracker);
        let (requests, permit) = (Arc::clone(&self.requests), Arc::clone(&self.permit));
        Box::pin(async move {
            let response = requests.answer(request).await;
            drop(permit.lock().take());
            response
        })
    }

    fn head_too_large(&self) -> Response {
        let error = head_too_large(self.max_head);
        self.requests.service.refused(error.code());
        error.into_response()
    }
}
