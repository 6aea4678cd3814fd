//! One HTTP/1.1 connection. Simple pushes at its beginning are read and answered without hyper. Then hyper reads its
//! requests and the service answers them, one after the other, until one of them opens a stream. Then the socket is taken
//! from hyper and given to the reactor.

mod direct_pushes;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod socket;
mod whole_push;

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    http::{Method, Request, StatusCode, Version},
    response::Response,
};
use futures_util::future::BoxFuture;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::{
    io::AsyncWriteExt,
    sync::{oneshot, watch},
};

use self::{
    direct_pushes::{DirectPushes, Then},
    socket::Http1Socket,
};
use super::{
    head_timer::{HeadTimer, IDLE},
    requests::{Requests, head_too_large},
    response::{response_head, whole_response},
    setup_permits::{MAX_SETUP, SetupPermit},
    socket::ServerSocket,
};
use crate::{
    delivery::{
        LINGER, OpenedStream,
        handover::Handover,
        reactor::{DetachedStream, Reactor},
        write_tracking::{CloseCallback, TrackedSocket, WriteTracker},
    },
    http::{Code, Error},
};

/// A connection whose peer speaks HTTP/1.1.
pub struct Http1Connection {
    /// Answers the requests.
    pub requests: Arc<Requests>,
    /// Writes the streams, if it has threads.
    pub reactor: Arc<Reactor>,
    /// How long the head of a request may take.
    pub request_timeout: Duration,
    /// The maximum size of a head, in bytes.
    pub max_head: usize,
}

/// A stream that leaves hyper, and the head of its response.
type Departure = (OpenedStream, Bytes);

/// Takes the one stream that leaves a connection.
type DepartureSender = Arc<Mutex<Option<oneshot::Sender<Departure>>>>;

impl Http1Connection {
    /// Answers requests until the peer closes the connection or the server stops.
    pub async fn answer_all(
        // Dropped last: whoever waits until all receivers are closed waits for everything that this task holds.
        mut stopped: watch::Receiver<()>,
        this: Self,
        permit: SetupPermit,
        mut socket: ServerSocket,
    ) {
        let may_leave = this.reactor.writes() && socket.can_leave();
        let mut max_setup = std::pin::pin!(tokio::time::sleep(MAX_SETUP));
        let mut unread = Bytes::new();
        if this.requests.reserved.is_none() {
            let pushes = DirectPushes {
                requests: &this.requests,
                max_head: this.max_head,
                permit: &permit,
            };
            match pushes
                .answer_all(&mut stopped, max_setup.as_mut(), &mut socket)
                .await
            {
                Then::Other(bytes) => unread = bytes,
                Then::End { by_peer } => return socket.close(by_peer).await,
            }
        }
        let writes = Arc::new(WriteTracker::default());
        let (sender, mut departure) = oneshot::channel();
        let sender = Arc::new(Mutex::new(Some(sender)));
        let timer = HeadTimer::new(IDLE, this.request_timeout);
        let socket = TrackedSocket::new(socket, Arc::clone(&writes));
        let socket = TokioIo::new(Http1Socket::new(unread, socket, timer.clone()));
        let mut connection = http1::Builder::new()
            .timer(timer)
            .header_read_timeout(this.request_timeout)
            .max_buf_size(this.max_head)
            .keep_alive(this.requests.reserved.is_none())
            .serve_connection(
                socket,
                service_fn(|request| this.answer(request, may_leave, &writes, &sender, &permit)),
            );
        let mut stopping = false;
        let outcome = loop {
            tokio::select! {
                outcome = std::future::poll_fn(|cx| connection.poll_without_shutdown(cx)) => break outcome,
                Ok((opened, head)) = &mut departure => {
                    let (socket, _) = connection.into_parts().io.into_inner().into_parts();
                    return this.hand_over(opened, socket.into_inner(), head, &permit);
                }
                () = &mut max_setup, if !max_setup.is_elapsed() => drop(permit.lock().take()),
                _ = stopped.changed(), if !stopping => {
                    stopping = true;
                    Pin::new(&mut connection).graceful_shutdown();
                }
            }
        };
        let parts = connection.into_parts();
        let (socket, refused) = parts.io.into_inner().into_parts();
        let mut socket = socket.into_inner();
        let timed_out = outcome.is_err_and(|error| error.is_timeout());
        let unread = !parts.read_buf.is_empty();
        if let Some(error) = this.last_error(refused, timed_out && unread) {
            this.requests.service.refused(error.code());
            let _ = socket.write_all(&whole_response(error).await).await;
        }
        socket.close(writes.is_closed_by_peer()).await;
        if let Some(callback) = writes.take_callback()
            && !stopping
        {
            tokio::select! {
                () = call_unless_reset(socket, callback) => {}
                _ = stopped.changed() => {}
            }
        }
    }

    /// The answer to a request that hyper could not read: it refused the head, or only a part of it has arrived in time.
    fn last_error(&self, refused: Option<StatusCode>, incomplete: bool) -> Option<Error> {
        match refused {
            Some(status) => Some(self.refusal(status)),
            None => incomplete.then(|| self.late()),
        }
    }

    /// Answers one request. If the answer is a stream that leaves hyper, this future never ends.
    fn answer(
        &self,
        request: Request<Incoming>,
        may_leave: bool,
        writes: &Arc<WriteTracker>,
        sender: &DepartureSender,
        permit: &SetupPermit,
    ) -> BoxFuture<'static, Result<Response, Infallible>> {
        let may_be_stream = request.method() == Method::GET;
        // Detached streams are sent in chunks, which HTTP/1.0 does not have.
        let is_chunked = request.version() == Version::HTTP_11;
        let handover = (may_leave && may_be_stream && is_chunked).then(Handover::default);
        let mut request = self.requests.prepare(request);
        if may_be_stream {
            request.extensions_mut().insert(Arc::clone(writes));
        }
        if let Some(handover) = &handover {
            request.extensions_mut().insert(handover.clone());
        }
        let (requests, sender) = (Arc::clone(&self.requests), Arc::clone(sender));
        let permit = Arc::clone(permit);
        // Boxed, because `into_parts` of hyper's connection needs a future that is `Unpin`.
        Box::pin(async move {
            let response = requests.answer(request).await;
            if let Some(opened) = handover.and_then(|handover| handover.take()) {
                let sender = sender.lock().take();
                if let Some(sender) = sender {
                    let _ = sender.send((opened, response_head(&response)));
                }
                std::future::pending::<()>().await;
            }
            drop(permit.lock().take());
            Ok(response)
        })
    }

    fn hand_over(
        &self,
        opened: OpenedStream,
        socket: ServerSocket,
        head: Bytes,
        permit: &SetupPermit,
    ) {
        match socket.detach() {
            // The permit goes along. Otherwise new streams would queue up before the delivery threads.
            Ok((socket, layer)) => self.reactor.take(DetachedStream {
                opened,
                socket,
                layer,
                head,
                permit: permit.lock().take(),
            }),
            Err(error) => tracing::debug!(%error, "a socket can't be handed over"),
        }
    }

    /// What is sent where hyper refused a head with this status.
    fn refusal(&self, status: StatusCode) -> Error {
        match status {
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => head_too_large(self.max_head),
            StatusCode::URI_TOO_LONG => Error::new(
                Code::UrlTooLong,
                "the URL is over the limit (max_url_bytes)",
            ),
            _ => Error::new(
                Code::InvalidRequest,
                "the head of the request is not valid HTTP/1.1",
            ),
        }
    }

    /// What is sent when a head began and did not end in time.
    fn late(&self) -> Error {
        let seconds = self.request_timeout.as_secs();
        let detail = format!("the request did not arrive within {seconds} s");
        Error::new(Code::RequestTimeout, detail)
    }
}

/// Waits for a reset, by which a peer that closed says that it did not read everything. Without one, calls back.
async fn call_unless_reset(socket: ServerSocket, callback: CloseCallback) {
    tokio::time::sleep(LINGER).await;
    if matches!(socket.tcp().take_error(), Ok(None)) {
        callback();
    }
}
