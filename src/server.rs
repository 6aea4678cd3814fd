//! Serves: opens the log, accepts connections, and shuts down in order.

mod accept;
mod acme;
mod connection;
mod error;
pub mod fd_limit;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod head_timer;
mod http1;
mod http2;
mod listener;
mod metrics_listener;
mod notify;
mod proxy_protocol;
mod redirect;
mod reload;
mod requests;
mod response;
mod scratch;
mod setup_permits;
pub mod signals;
mod socket;
pub mod tls;

use std::{convert::Infallible, future::Future, sync::Arc, time::Duration};

use tokio::{
    sync::{oneshot, watch},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    access_log::{self, AccessLog},
    cluster::{Cluster, KnownLog},
    config::{AccessLogTarget, ServiceManager, Settings},
    delivery::{LINGER, reactor::Reactor},
    http::{AppState, Service, run_in_background, write_last_pushes, write_last_samples},
    log,
    traces::Traces,
};
use accept::Acceptor;
use acme::Acme;
pub use error::ServeError;
use fd_limit::DescriptorLimit;
pub use listener::{ListenError, ListenerKind, Listeners};
use metrics_listener::MetricsListener;
use notify::Notifier;
use redirect::Redirect;
pub use reload::Reload;
use setup_permits::SetupPermits;
use tls::{Certificates, TlsError};

/// How long a node waits for the last changes of its log when it ends.
const FLUSH: Duration = Duration::from_secs(2);

/// What a process has to do with its server, besides ending it.
#[derive(Default)]
pub struct Control {
    /// How the settings are read again.
    pub reload: Option<Reload>,
    /// Who wants to know how the server is.
    pub manager: ServiceManager,
}

/// Serves until `shutdown` is done, then closes all connections within the drain time.
pub async fn serve(
    listeners: impl Into<Listeners>,
    settings: Settings,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    serve_with(listeners, settings, Control::default(), shutdown).await
}

/// The same for a process: it can read its settings again, and it tells a service manager how it is.
pub async fn serve_with(
    listeners: impl Into<Listeners>,
    settings: Settings,
    control: Control,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let mut listeners = listeners.into();
    let notifier = Arc::new(Notifier::new(control.manager));
    let metrics = MetricsListener::bind(&settings).await?;
    let access_log = open_access_log(&settings)?;
    let (fatal, failed) = oneshot::channel();
    let certificates = Arc::new(Certificates::load(&settings.tls)?);
    let cluster = join_cluster(&settings).await?;
    let fatal = |reason| drop(fatal.send(reason));
    let traces = start_traces(&settings)?;
    let (log, spans) = (access_log.clone(), traces.clone());
    let state = AppState::open(settings, log, spans, cluster.clone(), fatal)?;
    let settings = Arc::clone(&state.settings);
    let broker = Arc::clone(&state.broker);
    let keys = Arc::clone(state.auth.load().keys());
    let hooks = Arc::clone(&state.hooks);
    let samples = Arc::clone(&state.samples);
    let mut tasks = run_in_background(&state);
    let tls = match listeners.have_tls() {
        true => Some(start_tls(&state, Arc::clone(&certificates), &mut tasks)?),
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
        state: state.clone(),
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
    let public = settings.proxy.public_url.as_ref();
    if let Some(url) = public
        .map(ToString::to_string)
        .or_else(|| listeners.url_here())
    {
        tracing::info!("the first page is {url}/, the panel is {url}/admin");
    }
    notifier.ready();
    let service = Arc::clone(&acceptor.service);
    let reload = control.reload.map(|reload| {
        let notifier = Arc::clone(&notifier);
        reload.run(state.clone(), service, certificates, notifier)
    });
    let beside = beside(metrics, state.clone(), reload, &notifier);
    let draining = drain(state, shutdown, &notifier);
    let outcome = tokio::select! {
        () = draining => Ok(()),
        Ok(reason) = failed => Err(ServeError::Log(reason)),
        why = until_too_old(cluster.as_deref()) => Err(ServeError::TooOld(why)),
        never = acceptor.run(&mut listeners) => match never {},
        () = beside => Ok(()),
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
    let told = broker.registry().subscriptions().settled();
    if tokio::time::timeout(FLUSH, told).await.is_err() {
        tracing::warn!("the ends of the last subscriptions are not published");
    }
    tasks.shutdown().await;
    let audited = tokio::time::timeout(FLUSH, broker.flush_audit());
    if !matches!(audited.await, Ok(Ok(()))) {
        tracing::warn!("the last entries of the audit trail are not written");
    }
    let pushed = tokio::time::timeout(FLUSH, write_last_pushes(&keys, &broker));
    if !matches!(pushed.await, Ok(Ok(()))) {
        tracing::warn!("the last pushes of API keys with a quota are not counted");
    }
    // A log that has failed takes none, and the outcome says why.
    if !matches!(outcome, Err(ServeError::Log(_))) {
        let measured = tokio::time::timeout(FLUSH, write_last_samples(&samples, &broker));
        if !matches!(measured.await, Ok(Ok(()))) {
            tracing::warn!("the last statistics are not written");
        }
    }
    if hooks.finish().await.is_err() {
        tracing::warn!("the last events for webhooks are not written");
    }
    drop(hooks);
    if cluster.is_some() {
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
    if let Some(traces) = traces {
        traces.finish().await;
    }
    if let Some(log) = access_log {
        let _ = tokio::task::spawn_blocking(move || log.finish()).await;
    }
    outcome
}

/// What a server does beside serving. Ends never.
async fn beside(
    metrics: Option<MetricsListener>,
    state: AppState,
    reload: Option<impl Future<Output = ()>>,
    notifier: &Arc<Notifier>,
) {
    let broker = Arc::clone(&state.broker);
    let metrics = async {
        match metrics {
            Some(listener) => listener.run(state).await,
            None => std::future::pending().await,
        }
    };
    let reload = async {
        match reload {
            Some(reload) => reload.await,
            None => std::future::pending().await,
        }
    };
    tokio::join!(metrics, reload, Arc::clone(notifier).watch(broker));
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

/// Opens the access log, if the settings name one.
fn open_access_log(settings: &Settings) -> Result<Option<Arc<AccessLog>>, ServeError> {
    let target = match &settings.monitoring.access_log {
        None => return Ok(None),
        Some(AccessLogTarget::Stdout) => access_log::Target::Stdout,
        Some(AccessLogTarget::File(path)) => access_log::Target::File(path.clone()),
    };
    let opened = AccessLog::open(target.clone());
    opened.map(Some).map_err(|error| match target {
        access_log::Target::File(path) => ServeError::AccessLog {
            path,
            source: error,
        },
        access_log::Target::Stdout => ServeError::Threads(error),
    })
}

/// Starts to send spans, if the settings say where to.
fn start_traces(settings: &Settings) -> Result<Option<Arc<Traces>>, ServeError> {
    let Some(endpoint) = &settings.monitoring.otlp_endpoint else {
        return Ok(None);
    };
    let traces = Traces::start(endpoint.as_str(), &settings.node)?;
    Ok(Some(Arc::new(traces)))
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

/// Waits until a node can only go on after a new start. Never without a cluster.
async fn until_too_old(cluster: Option<&Cluster>) -> String {
    match cluster {
        Some(cluster) => cluster.until_too_old().await,
        None => std::future::pending().await,
    }
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
async fn drain(state: AppState, shutdown: impl Future<Output = ()>, notifier: &Notifier) {
    shutdown.await;
    notifier.stopping();
    if let Some(nodes) = state.broker.nodes() {
        nodes.cluster().drain();
    }
    let registry = state.broker.registry();
    tracing::info!(connections = registry.size().connections, "shutting down");
    let (viewers, time) = (state.jobs.viewers(), state.live.load().drain());
    state.drain.run(registry, viewers, time).await;
}
