//! Serves: opens the log, accepts connections, and shuts down in order.

mod accept;
mod acme;
mod connection;
pub mod fd_limit;
mod head_timer;
mod http1;
mod http1_socket;
mod http2;
mod listener;
mod redirect;
mod requests;
mod response;
mod setup_permits;
pub mod signals;
mod socket;
pub mod tls;

use std::{convert::Infallible, future::Future, io, sync::Arc, time::Duration};

use tokio::{
    sync::{oneshot, watch},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    cluster::{Cluster, KnownLog, StartError},
    config::Settings,
    delivery::{LINGER, reactor::Reactor},
    http::{AppState, Service, run_in_background},
    log::{self, OpenError},
};
use accept::Acceptor;
use acme::Acme;
use fd_limit::DescriptorLimit;
pub use listener::{ListenError, ListenerKind, Listeners};
use redirect::Redirect;
use setup_permits::SetupPermits;
use tls::{Certificates, TlsError};

/// How long a node of a cluster waits for its last record when it ends.
const FLUSH: Duration = Duration::from_secs(2);

/// Why a server ended that was not asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The log can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The server can't take part in the cluster.
    #[error(transparent)]
    Cluster(#[from] StartError),
    /// Writing the log failed, so that the content of the disk is not known any more.
    #[error("the log has failed: {0}")]
    Log(String),
    /// The certificates can't be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The threads that write streams can't be started.
    #[error("the threads that write streams can't be started: {0}")]
    Threads(io::Error),
}

/// Serves until `shutdown` is done, then closes all connections within the drain time.
pub async fn serve(
    listeners: impl Into<Listeners>,
    settings: Settings,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let mut listeners = listeners.into();
    let (fatal, failed) = oneshot::channel();
    let certificates = Arc::new(Certificates::load(&settings.tls)?);
    let cluster = join_cluster(&settings).await?;
    let state = AppState::open(settings, cluster.clone(), |reason| drop(fatal.send(reason)))?;
    let settings = Arc::clone(&state.settings);
    let broker = cluster.is_some().then(|| Arc::clone(&state.broker));
    let mut tasks = run_in_background(&state);
    let tls = match listeners.have_tls() {
        true => Some(start_tls(&state, certificates, &mut tasks)?),
        false => None,
    };
    state.broker.join().await?;
    let (stop, stopped) = watch::channel(());
    let threads = settings.delivery_threads();
    let reactor = Reactor::start(
        &state.broker,
        settings.heartbeat(),
        threads,
        &tokio::runtime::Handle::current(),
    );
    let reactor = Arc::new(reactor.map_err(ServeError::Threads)?);
    let acceptor = Acceptor {
        service: Arc::new(Service::new(state.clone())),
        reactor: Arc::clone(&reactor),
        settings: Arc::clone(&settings),
        registry: Arc::clone(state.broker.registry()),
        permits: SetupPermits::default(),
        stopped,
        descriptors: DescriptorLimit::read(),
        tls,
        redirect: Redirect {
            port: listeners.tls_port().unwrap_or(redirect::HTTPS),
        },
    };
    // Only now: whoever reads this line may send requests.
    for url in listeners.urls() {
        tracing::info!("listening on {url}");
    }
    let outcome = tokio::select! {
        () = drain(state, shutdown) => Ok(()),
        Ok(reason) = failed => Err(ServeError::Log(reason)),
        never = acceptor.run(&mut listeners) => match never {},
    };
    drop(listeners);
    // Requests that are being answered are finished; idle connections close.
    drop(acceptor);
    let _ = stop.send(());
    let patience = settings.drain().max(LINGER);
    let _ = tokio::join!(
        tokio::time::timeout(patience, stop.closed()),
        end_streams(reactor, patience),
    );
    tasks.shutdown().await;
    if let Some(broker) = &broker {
        // The next node that serves these clients has to know what they have.
        let written = tokio::time::timeout(FLUSH, broker.log().write_positions());
        if !matches!(written.await, Ok(Ok(()))) {
            tracing::warn!(
                "the newest positions of clients are not in the cluster: some messages may come twice"
            );
        }
    }
    if let Some(cluster) = cluster {
        cluster.leave().await;
    }
    // Only now: the last message to the other nodes says what is in the log.
    drop(broker);
    outcome
}

/// Keeps the certificates up to date, and returns what does the handshakes.
fn start_tls(
    state: &AppState,
    certificates: Arc<Certificates>,
    tasks: &mut JoinSet<Infallible>,
) -> Result<TlsAcceptor, TlsError> {
    tasks.spawn(tls::watch(Arc::clone(&certificates)));
    if !state.settings.tls.acme.acme_domain.is_empty() {
        tasks.spawn(Acme::new(state, Arc::clone(&certificates)).keep());
    }
    tls::acceptor(certificates)
}

/// Connects to the cluster, if the settings name one.
async fn join_cluster(settings: &Settings) -> Result<Option<Arc<Cluster>>, ServeError> {
    if settings.cluster.servers.is_empty() {
        return Ok(None);
    }
    let folder = &settings.data_dir;
    let known = log::known(folder).map(|(id, applied)| KnownLog { id, applied });
    let cluster = Cluster::start(settings, known.clone()).await?;
    // A log of another kind is refused when it is opened.
    if known.is_some() || !log::exists(folder) {
        let rejoin = settings.cluster.rejoin;
        cluster
            .copy_log_if_needed(folder, known.as_ref(), rejoin)
            .await?;
    }
    Ok(Some(Arc::new(cluster)))
}

/// Ends the streams that the reactor writes, within this time.
async fn end_streams(reactor: Arc<Reactor>, patience: Duration) {
    reactor.finish();
    let waiting = Arc::clone(&reactor);
    let mut ended = tokio::task::spawn_blocking(move || waiting.join());
    if tokio::time::timeout(patience, &mut ended).await.is_err() {
        reactor.abort();
        let _ = ended.await;
    }
}

/// Waits for the shutdown, then asks all streams to reconnect elsewhere.
async fn drain(state: AppState, shutdown: impl Future<Output = ()>) {
    shutdown.await;
    if let Some(nodes) = state.broker.nodes() {
        nodes.cluster().drain();
    }
    let registry = state.broker.registry();
    tracing::info!(connections = registry.size().connections, "shutting down");
    let (viewers, time) = (state.jobs.viewers(), state.settings.drain());
    state.drain.run(registry, viewers, time).await;
}
