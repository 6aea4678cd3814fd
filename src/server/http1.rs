//! One HTTP/1.1 connection: hyper reads its requests and the service answers them, one after the other, until one of
//! them opens a stream. Then the socket is taken from hyper and given to the reactor.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::ConnectInfo,
    http::{Method, Request, StatusCode, Version},
    response::Response,
};
use futures_util::future::BoxFuture;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch},
};

use super::{
    fd_limit::DescriptorLimit,
    head_timer::{HeadTimer, IDLE},
    http1_socket::Http1Socket,
    proxy_protocol::sender_of,
    response::{response_head, whole_response},
};
use crate::{
    config::Settings,
    delivery::{
        LINGER, OpenedStream,
        handover::Handover,
        reactor::{DetachedStream, Reactor},
        write_tracking::{CloseCallback, TrackedSocket, WriteTracker},
    },
    http::{Code, Error, NoStreams, Service},
};

/// The number of connections that are set up at the same time.
const SETUPS: usize = 64;

/// How long a connection may hold its permit while its first request is answered.
const MAX_SETUP: Duration = Duration::from_millis(20);

/// How long a connection on a reserved descriptor may wait before its first request.
const RESERVED_WAIT: Duration = Duration::from_secs(1);

/// An accepted connection.
pub struct Http1Connection {
    /// Answers the requests.
    pub service: Arc<Service>,
    /// Writes the streams, if it has threads.
    pub reactor: Arc<Reactor>,
    /// The address of the peer. With the PROXY protocol, who the proxy says it is.
    pub remote: SocketAddr,
    /// The settings, if each connection must begin with the PROXY protocol.
    pub proxy_protocol: Option<Arc<Settings>>,
    /// How long the head of a request may take.
    pub request_timeout: Duration,
    /// The maximum size of a head, in bytes.
    pub max_head: usize,
    /// Set if the socket has one of the reserved descriptors: then it opens no stream and is not kept alive.
    pub reserved: Option<DescriptorLimit>,
}

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

/// A stream that leaves hyper, and the head of its response.
type Departure = (OpenedStream, Bytes);

/// Takes the one stream that leaves a connection.
type DepartureSender = Arc<Mutex<Option<oneshot::Sender<Departure>>>>;

/// A permit of [`SetupPermits`], until the first request is answered.
type SetupPermit = Arc<Mutex<Option<OwnedSemaphorePermit>>>;

impl Http1Connection {
    /// Answers requests until the peer closes the connection or the server stops.
    pub async fn run(
        mut self,
        // Dropped last: whoever waits until all receivers are closed waits for everything that this task holds.
        mut stopped: watch::Receiver<()>,
        permits: SetupPermits,
        mut socket: TcpStream,
    ) {
        if let Some(settings) = self.proxy_protocol.clone() {
            let sender = tokio::select! {
                sender = sender_of(&mut socket, self.remote, &settings) => sender,
                _ = stopped.changed() => return,
            };
            match sender {
                Ok(sender) => self.remote = sender,
                Err(error) => {
                    return tracing::debug!(peer = %self.remote, %error, "a connection is closed");
                }
            }
        }
        let wait = match self.reserved {
            Some(_) => self.request_timeout.min(RESERVED_WAIT),
            None => self.request_timeout,
        };
        // Looks at the first byte. That a socket is said to be readable is no proof that there is one.
        let mut first = [0];
        let came = tokio::select! {
            peeked = tokio::time::timeout(wait, socket.peek(&mut first)) => matches!(peeked, Ok(Ok(1))),
            _ = stopped.changed() => false,
        };
        if came && let Ok(permit) = permits.0.acquire_owned().await {
            let permit = Arc::new(Mutex::new(Some(permit)));
            // Boxed, so that connections that wait for a request or a permit do not take the memory for it.
            Box::pin(self.answer_all(&mut stopped, permit, socket)).await;
        }
    }

    async fn answer_all(
        self,
        stopped: &mut watch::Receiver<()>,
        permit: SetupPermit,
        socket: TcpStream,
    ) {
        let mut max_setup = std::pin::pin!(tokio::time::sleep(MAX_SETUP));
        let writes = Arc::new(WriteTracker::default());
        let (sender, mut departure) = oneshot::channel();
        let sender = Arc::new(Mutex::new(Some(sender)));
        let timer = HeadTimer::new(IDLE, self.request_timeout);
        let socket = TrackedSocket::new(socket, Arc::clone(&writes));
        let socket = TokioIo::new(Http1Socket::new(socket, timer.clone()));
        let mut connection = http1::Builder::new()
            .timer(timer)
            .header_read_timeout(self.request_timeout)
            .max_buf_size(self.max_head)
            .keep_alive(self.reserved.is_none())
            .serve_connection(
                socket,
                service_fn(|request| self.answer(request, &writes, &sender, &permit)),
            );
        let mut stopping = false;
        let outcome = loop {
            tokio::select! {
                outcome = std::future::poll_fn(|cx| connection.poll_without_shutdown(cx)) => break outcome,
                Ok((opened, head)) = &mut departure => {
                    let (socket, _) = connection.into_parts().io.into_inner().into_parts();
                    return self.hand_over(opened, socket.into_inner(), head, &permit);
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
        if let Some(error) = self.last_error(refused, timed_out && unread) {
            self.service.refused(error.code());
            let _ = socket.write_all(&whole_response(error).await).await;
        }
        close(&mut socket).await;
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
        writes: &Arc<WriteTracker>,
        sender: &DepartureSender,
        permit: &SetupPermit,
    ) -> BoxFuture<'static, Result<Response, Infallible>> {
        let mut request = request.map(Body::new);
        let extensions = request.extensions_mut();
        extensions.insert(ConnectInfo(self.remote));
        extensions.insert(Arc::clone(writes));
        if let Some(descriptors) = self.reserved {
            extensions.insert(NoStreams {
                limit: descriptors.limit(),
                reserve: descriptors.reserve(),
            });
        }
        // Detached streams are sent in chunks, which HTTP/1.0 does not have.
        let may_leave = request.version() == Version::HTTP_11 && request.method() == Method::GET;
        let handover = Handover::default();
        if may_leave && self.reactor.writes() {
            request.extensions_mut().insert(handover.clone());
        }
        let (service, sender) = (Arc::clone(&self.service), Arc::clone(sender));
        let permit = Arc::clone(permit);
        // Boxed, because `into_parts` of hyper's connection needs a future that is `Unpin`.
        Box::pin(async move {
            let response = service.answer(request).await;
            if let Some(opened) = handover.take() {
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
        socket: TcpStream,
        head: Bytes,
        permit: &SetupPermit,
    ) {
        match socket.into_std() {
            // The permit goes along. Otherwise new streams would queue up before the delivery threads.
            Ok(socket) => self.reactor.take(DetachedStream {
                opened,
                socket,
                head,
                permit: permit.lock().take(),
            }),
            Err(error) => tracing::error!(%error, "a socket can't be handed over"),
        }
    }

    /// What is sent where hyper refused a head with this status.
    fn refusal(&self, status: StatusCode) -> Error {
        let most = self.max_head;
        match status {
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Error::new(
                Code::HeadersTooLarge,
                format!("the head of the request has over {most} bytes (max_header_bytes)"),
            ),
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
async fn call_unless_reset(socket: TcpStream, callback: CloseCallback) {
    tokio::time::sleep(LINGER).await;
    if matches!(socket.take_error(), Ok(None)) {
        callback();
    }
}

/// Closes a socket so that the last response arrives. If unread bytes of the peer were left, closing would reset the
/// connection, and the peer could lose the response.
async fn close(socket: &mut TcpStream) {
    if socket.shutdown().await.is_ok() {
        let _ = tokio::time::timeout(LINGER, tokio::io::copy(socket, &mut tokio::io::sink())).await;
    }
}
