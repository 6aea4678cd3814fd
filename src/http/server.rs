//! The accept loop: from a listening socket to requests, and out again on a signal.

use std::{convert::Infallible, future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request, response::IntoResponse};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::{oneshot, watch},
    task::JoinSet,
};
use tower::ServiceExt;

use super::{
    AppState, Code, Error,
    pulse::{Farewell, Pulse, Pulsed},
    router, samples, sys,
};
use crate::{config::Settings, log::OpenError};

/// How long to wait when the system has no descriptor left for another socket.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long a peer may take to notice that its connection has ended.
const LINGER: Duration = Duration::from_secs(1);

/// Why a server ended that was not asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The log can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The log has failed for good: what is on the disk is not known any more.
    #[error("the log has failed: {0}")]
    Log(String),
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
    let door = Door {
        router: router(state.clone()),
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
    let _ = tokio::time::timeout(settings.drain().max(LINGER), stop.closed()).await;
    tasks.shutdown().await;
    outcome
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
                let stopped = self.stopped.clone();
                let router = self.router.clone();
                let limits = &self.settings.limits;
                tokio::spawn(converse(
                    stopped,
                    socket,
                    remote,
                    router,
                    limits.request_timeout(),
                    limits.max_head(),
                ));
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

/// Answers the requests of one socket, one after the other.
async fn converse(
    // The last to be dropped: who waits for it waits for all that this task holds.
    mut stopped: watch::Receiver<()>,
    socket: TcpStream,
    remote: SocketAddr,
    router: Router,
    request_timeout: Duration,
    max_head: usize,
) {
    let pulse = Arc::new(Pulse::default());
    let beating = Arc::clone(&pulse);
    let socket = TokioIo::new(Pulsed::new(socket, Arc::clone(&pulse)));
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(remote));
        request.extensions_mut().insert(Arc::clone(&pulse));
        let router = router.clone();
        // hyper asks for a future that can be moved when the socket is to be had back.
        Box::pin(async move {
            router
                .oneshot(request)
                .await
                .map_err(|never: Infallible| never)
        })
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(request_timeout)
        .max_buf_size(max_head)
        .serve_connection(socket, service);
    let mut stopping = false;
    let outcome = loop {
        tokio::select! {
            outcome = std::future::poll_fn(|cx| connection.poll_without_shutdown(cx)) => break outcome,
            _ = stopped.changed(), if !stopping => {
                stopping = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    let parts = connection.into_parts();
    let mut socket = parts.io.into_inner().into_inner();
    if outcome.is_err_and(|error| error.is_timeout()) && !parts.read_buf.is_empty() {
        refuse_late(&mut socket, request_timeout).await;
    }
    part(&mut socket).await;
    if let Some(farewell) = beating.farewell()
        && !stopping
    {
        tokio::select! {
            () = settle(socket, farewell) => {}
            _ = stopped.changed() => {}
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
