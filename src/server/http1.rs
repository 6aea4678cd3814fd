//! The requests of one socket, answered one after the other by hyper and the router, until one of them turns out to
//! be a stream, which leaves.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::ConnectInfo,
    http::{Method, Request, Version},
    response::{IntoResponse, Response},
};
use futures_util::future::BoxFuture;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch},
};
use tower::ServiceExt;

use super::response_head::response_head;
use crate::{
    delivery::{
        LINGER, OpenedStream,
        handover::Handover,
        reactor::{DetachedStream, Reactor},
        write_tracking::{Farewell, Pulse, Pulsed},
    },
    http::{Code, Error},
};

/// First requests that are answered at the same time.
const AT_ONCE: usize = 64;

/// How long one of them may keep others waiting.
const TURN: Duration = Duration::from_millis(20);

/// The requests of one socket, answered one after the other.
pub struct Conversation {
    /// What answers them.
    pub router: Router,
    /// Where streams go, if it writes any.
    pub reactor: Arc<Reactor>,
    /// Who asks.
    pub remote: SocketAddr,
    /// How long the head of a request may take.
    pub request_timeout: Duration,
    /// The most bytes of it.
    pub max_head: usize,
}

/// Lets a crowd in some at a time. What answers a first request takes far more room than a stream does: for ten
/// thousand who come at once that would be a lot, and leave its traces in the memory that stays.
#[derive(Clone)]
pub struct Gate(Arc<Semaphore>);

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// A stream that is to leave hyper, and the head of its response.
type Leaving = (OpenedStream, Bytes);

/// Its way out, which is taken once.
type Leave = Arc<Mutex<Option<oneshot::Sender<Leaving>>>>;

/// What holds one of the places at the gate, until the first request is answered.
type Permit = Arc<Mutex<Option<OwnedSemaphorePermit>>>;

impl Conversation {
    /// Answers until the peer has said its last, or the server stops.
    pub async fn run(
        self,
        // The last to be dropped: who waits for it waits for all that this task holds.
        mut stopped: watch::Receiver<()>,
        gate: Gate,
        socket: TcpStream,
    ) {
        let something = tokio::time::timeout(self.request_timeout, socket.readable());
        let came = tokio::select! {
            came = something => matches!(came, Ok(Ok(()))),
            _ = stopped.changed() => false,
        };
        if came && let Ok(permit) = gate.0.acquire_owned().await {
            let permit = Arc::new(Mutex::new(Some(permit)));
            // In a box of its own: whoever waits takes no room for it.
            Box::pin(self.answer_all(&mut stopped, permit, socket)).await;
        }
    }

    async fn answer_all(
        self,
        stopped: &mut watch::Receiver<()>,
        permit: Permit,
        socket: TcpStream,
    ) {
        let mut turn = std::pin::pin!(tokio::time::sleep(TURN));
        let pulse = Arc::new(Pulse::default());
        let socket = TokioIo::new(Pulsed::new(socket, Arc::clone(&pulse)));
        let (leave, mut leaving) = oneshot::channel();
        let leave = Arc::new(Mutex::new(Some(leave)));
        let mut connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.request_timeout)
            .max_buf_size(self.max_head)
            .serve_connection(
                socket,
                service_fn(|request| self.answer(request, &pulse, &leave, &permit)),
            );
        let mut stopping = false;
        let outcome = loop {
            tokio::select! {
                outcome = std::future::poll_fn(|cx| connection.poll_without_shutdown(cx)) => break outcome,
                Ok((opened, head)) = &mut leaving => {
                    let socket = connection.into_parts().io.into_inner().into_inner();
                    return self.hand_over(opened, socket, head, &permit);
                }
                () = &mut turn, if !turn.is_elapsed() => drop(permit.lock().take()),
                _ = stopped.changed(), if !stopping => {
                    stopping = true;
                    Pin::new(&mut connection).graceful_shutdown();
                }
            }
        };
        let parts = connection.into_parts();
        let mut socket = parts.io.into_inner().into_inner();
        if outcome.is_err_and(|error| error.is_timeout()) && !parts.read_buf.is_empty() {
            refuse_late(&mut socket, self.request_timeout).await;
        }
        part(&mut socket).await;
        if let Some(farewell) = pulse.farewell()
            && !stopping
        {
            tokio::select! {
                () = settle(socket, farewell) => {}
                _ = stopped.changed() => {}
            }
        }
    }

    /// Answers one request. Where the answer is a stream that leaves hyper, it never comes.
    fn answer(
        &self,
        request: Request<Incoming>,
        pulse: &Arc<Pulse>,
        leave: &Leave,
        permit: &Permit,
    ) -> BoxFuture<'static, Result<Response, Infallible>> {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(self.remote));
        request.extensions_mut().insert(Arc::clone(pulse));
        // A stream in chunks: HTTP/1.0 has none.
        let may_leave = request.version() == Version::HTTP_11 && request.method() == Method::GET;
        let handover = Handover::default();
        if may_leave && self.reactor.writes() {
            request.extensions_mut().insert(handover.clone());
        }
        let (router, leave) = (self.router.clone(), Arc::clone(leave));
        let permit = Arc::clone(permit);
        // hyper asks for a future that can be moved when the socket is to be had back.
        Box::pin(async move {
            let response = router.oneshot(request).await?;
            if let Some(opened) = handover.take() {
                let way = leave.lock().take();
                if let Some(way) = way {
                    let _ = way.send((opened, response_head(&response)));
                }
                std::future::pending::<()>().await;
            }
            drop(permit.lock().take());
            Ok(response)
        })
    }

    fn hand_over(&self, opened: OpenedStream, socket: TcpStream, head: Bytes, permit: &Permit) {
        match socket.into_std() {
            // Its place at the gate goes along: else those who are through would wait at the next door.
            Ok(socket) => self.reactor.take(DetachedStream {
                opened,
                socket,
                head,
                permit: permit.lock().take(),
            }),
            Err(error) => tracing::error!(%error, "a socket can't be handed over"),
        }
    }
}

/// Waits for the reset by which a peer that closed says that it did not have everything; without one it had.
async fn settle(socket: TcpStream, farewell: Farewell) {
    tokio::time::sleep(LINGER).await;
    if matches!(socket.take_error(), Ok(None)) {
        farewell();
    }
}

/// Closes a socket so that the last answer arrives: closing one that still holds unread bytes of the
/// peer would reset it, and the answer with it.
async fn part(socket: &mut TcpStream) {
    if socket.shutdown().await.is_ok() {
        let _ = tokio::time::timeout(LINGER, tokio::io::copy(socket, &mut tokio::io::sink())).await;
    }
}

/// A request that began and did not end in time gets an answer that says so.
async fn refuse_late(socket: &mut TcpStream, time: Duration) {
    let detail = format!("the request did not arrive within {} s", time.as_secs());
    let error = Error::new(Code::RequestTimeout, detail);
    let status = error.status();
    let response = error.into_response();
    let Ok(body) = axum::body::to_bytes(response.into_body(), usize::MAX).await else {
        return;
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _ = socket.write_all(&[head.as_bytes(), &body].concat()).await;
}
