//! The accept loop: from a listening socket to requests, and out again on a signal.

use std::{convert::Infallible, future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

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
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{oneshot, watch},
    task::JoinSet,
};
use tower::ServiceExt;

use super::{
    AppState, Code, Error,
    handover::{self, Handover},
    pulse::{Farewell, Pulse, Pulsed},
    reactor::{Opened, Reactor},
    router, samples, sys,
};
use crate::{config::Settings, log::OpenError};

/// How long to wait when the system has no descriptor left for another socket.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Connections that may wait to be accepted; the system may allow less (`net.core.somaxconn`). Who comes when
/// there is no room for it tries again after a second.
const BACKLOG: u32 = 65_535;
/// How long a peer may take to notice that its connection has ended.
pub const LINGER: Duration = Duration::from_secs(1);

/// Why a server ended that was not asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The log can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The log has failed for good: what is on the disk is not known any more.
    #[error("the log has failed: {0}")]
    Log(String),
    /// The threads that write streams can't be had.
    #[error("no threads to write streams: {0}")]
    Threads(io::Error),
}

/// Listens on an address. Must be called on a runtime.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // Else a restart would have to wait for connections that its predecessor has closed.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until `shutdown` is done, then takes leave within the drain time.
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let (fatal, failed) = oneshot::channel();
    let state = AppState::open(settings, |reason| drop(fatal.send(reason)))?;
    let settings = Arc::clone(&state.settings);
    let mut tasks = JoinSet::new();
    tasks.spawn(sys::tell_clients(Arc::clone(&state.broker)));
    tasks.spawn(sys::tell_messages(Arc::clone(&state.broker)));
    tasks.spawn(samples::take(state.clone()));
    tasks.spawn(Arc::clone(&state.broker).count_reach());
    tasks.spawn(sys::tell_jobs(
        Arc::clone(&state.broker),
        Arc::clone(&state.jobs),
    ));
    tasks.spawn(Arc::clone(&state.jobs).follow_pushes());
    let jobs = Arc::clone(&state.jobs);
    tasks.spawn(async move { jobs.watch_silence().await });
    let (stop, stopped) = watch::channel(());
    let threads = settings.delivery_threads();
    let reactor = Reactor::start(&state, threads, &tokio::runtime::Handle::current());
    let reactor = Arc::new(reactor.map_err(ServeError::Threads)?);
    let door = Door {
        router: router(state.clone()),
        reactor: Arc::clone(&reactor),
        settings: Arc::clone(&settings),
        stopped,
    };
    let outcome = tokio::select! {
        () = leave(state, shutdown) => Ok(()),
        Ok(reason) = failed => Err(ServeError::Log(reason)),
        never = door.admit_all(&listener) => match never {},
    };
    drop(listener);
    // Requests that are still being answered end; idle connections close.
    drop(door);
    let _ = stop.send(());
    let patience = settings.drain().max(LINGER);
    let _ = tokio::join!(
        tokio::time::timeout(patience, stop.closed()),
        end_streams(reactor, patience),
    );
    tasks.shutdown().await;
    outcome
}

/// Lets the streams that the reactor writes end, within this time.
async fn end_streams(reactor: Arc<Reactor>, patience: Duration) {
    reactor.finish();
    let waiting = Arc::clone(&reactor);
    let mut ended = tokio::task::spawn_blocking(move || waiting.join());
    if tokio::time::timeout(patience, &mut ended).await.is_err() {
        reactor.abort();
        let _ = ended.await;
    }
}

async fn leave(state: AppState, shutdown: impl Future<Output = ()>) {
    shutdown.await;
    let registry = state.broker.registry();
    tracing::info!(connections = registry.size().connections, "taking leave");
    let (viewers, time) = (state.jobs.viewers(), state.settings.drain());
    state.drain.run(registry, viewers, time).await;
}

/// What a new socket needs.
struct Door {
    router: Router,
    /// Where streams go, if it writes any.
    reactor: Arc<Reactor>,
    settings: Arc<Settings>,
    stopped: watch::Receiver<()>,
}

impl Door {
    async fn admit_all(&self, listener: &TcpListener) -> Infallible {
        loop {
            self.admit(listener.accept().await).await;
        }
    }

    async fn admit(&self, accepted: io::Result<(TcpStream, SocketAddr)>) {
        match accepted {
            Ok((socket, remote)) => {
                if let Err(error) = set_up(&socket, &self.settings) {
                    tracing::debug!(%error, "a socket could not be set up");
                }
                let conversation = Conversation {
                    router: self.router.clone(),
                    reactor: Arc::clone(&self.reactor),
                    remote,
                    request_timeout: self.settings.limits.request_timeout(),
                    max_head: self.settings.limits.max_head(),
                };
                tokio::spawn(conversation.run(self.stopped.clone(), socket));
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no new connection can be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Whether the error concerns the connection that was to be accepted, and not the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::ConnectionAborted | Kind::ConnectionReset | Kind::ConnectionRefused
    )
}

/// A peer that vanished without a word is noticed by the kernel: the next ping is not acknowledged
/// within a heartbeat, so it is gone within two. So is a reader that takes nothing at all.
fn set_up(socket: &TcpStream, settings: &Settings) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let patience = settings.heartbeat().min(settings.limits.write_timeout());
    let socket = SockRef::from(socket);
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(patience))?;
    socket.set_tcp_keepalive(
        &TcpKeepalive::new()
            .with_time(settings.heartbeat())
            .with_interval(patience),
    )
}

/// The requests of one socket, answered one after the other.
struct Conversation {
    router: Router,
    reactor: Arc<Reactor>,
    remote: SocketAddr,
    request_timeout: Duration,
    max_head: usize,
}

/// A stream that is to leave hyper, and the head of its response.
type Leaving = (Opened, Bytes);

/// Its way out, which is taken once.
type Leave = Arc<Mutex<Option<oneshot::Sender<Leaving>>>>;

impl Conversation {
    async fn run(
        self,
        // The last to be dropped: who waits for it waits for all that this task holds.
        mut stopped: watch::Receiver<()>,
        socket: TcpStream,
    ) {
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
                service_fn(|request| self.answer(request, &pulse, &leave)),
            );
        let mut stopping = false;
        let outcome = loop {
            tokio::select! {
                outcome = std::future::poll_fn(|cx| connection.poll_without_shutdown(cx)) => break outcome,
                Ok((opened, head)) = &mut leaving => {
                    let socket = connection.into_parts().io.into_inner().into_inner();
                    return self.hand_over(opened, socket, head);
                }
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
        // hyper asks for a future that can be moved when the socket is to be had back.
        Box::pin(async move {
            let response = router.oneshot(request).await?;
            if let Some(opened) = handover.take() {
                let way = leave.lock().take();
                if let Some(way) = way {
                    let _ = way.send((opened, handover::head(&response)));
                }
                std::future::pending::<()>().await;
            }
            Ok(response)
        })
    }

    fn hand_over(&self, opened: Opened, socket: TcpStream, head: Bytes) {
        match socket.into_std() {
            Ok(socket) => self.reactor.take(opened, socket, head),
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
