//! The accept loop: from a listening socket to requests, and out again on a signal.

pub mod fd_limit;
mod http1;
mod response_head;

use std::{convert::Infallible, future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{oneshot, watch},
};

use crate::{config::Settings, log::OpenError};
use crate::{
    delivery::{LINGER, reactor::Reactor},
    http::{AppState, router, run_in_background},
};
use http1::{Conversation, Gate};

/// How long to wait when the system has no descriptor left for another socket.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Connections that may wait to be accepted; the system may allow less (`net.core.somaxconn`). Who comes when
/// there is no room for it tries again after a second.
const BACKLOG: u32 = 65_535;

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
    let mut tasks = run_in_background(&state);
    let (stop, stopped) = watch::channel(());
    let threads = settings.delivery_threads();
    let reactor = Reactor::start(
        &state.broker,
        settings.heartbeat(),
        threads,
        &tokio::runtime::Handle::current(),
    );
    let reactor = Arc::new(reactor.map_err(ServeError::Threads)?);
    let door = Door {
        router: router(state.clone()),
        reactor: Arc::clone(&reactor),
        settings: Arc::clone(&settings),
        gate: Gate::default(),
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
    gate: Gate,
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
                let (gate, stopped) = (self.gate.clone(), self.stopped.clone());
                tokio::spawn(conversation.run(stopped, gate, socket));
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
