//! The state that all handlers share.

use std::{
    ops::Deref,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use axum::extract::FromRef;
use parking_lot::Mutex;

use super::{
    Error, metrics::HttpCounters, recent::Recent, sample_buffer::Samples, topic_map::TopicMap,
};
use crate::{
    access_log::AccessLog,
    auth::{Auth, Keys, Limits, People, Roles},
    broker::Broker,
    cluster::Cluster,
    config::{DurabilityMode, Live, Settings},
    delivery::drain::Drain,
    hooks::{ConnectHook, Hooks},
    jobs::Jobs,
    log::{Durability, LogOptions, OpenError, Retention},
    outbox::QueueLimits,
    registry::{self, Capacity, Registry},
    traces::Traces,
};

/// The shared state. It is cloned for every layer that a request passes, so it is a single pointer.
#[derive(Clone)]
pub struct AppState(Arc<Node>);

/// The parts of a node.
pub struct Node {
    /// The settings at the start.
    pub settings: Arc<Settings>,
    /// The settings now: some of them can change.
    pub live: Live,
    /// Checks access.
    pub auth: ArcSwap<Auth>,
    /// How often callers may do something.
    pub limits: Limits,
    /// Publishes messages; has the registry and the log.
    pub broker: Arc<Broker>,
    /// Webhooks.
    pub hooks: Arc<Hooks>,
    /// Who is asked before a stream is opened, if somebody is.
    pub connect_hook: Option<ConnectHook>,
    /// Jobs and their viewers.
    pub jobs: Arc<Jobs>,
    /// Whether the node is shutting down.
    pub drain: Arc<Drain>,
    /// Where requests are logged, if they are.
    pub access_log: Option<Arc<AccessLog>>,
    /// Where spans of requests are sent, if they are.
    pub traces: Option<Arc<Traces>>,
    /// What is counted where requests are answered.
    pub counters: HttpCounters,
    /// Measurements over time.
    pub samples: Arc<Samples>,
    pub(super) recent: Recent,
    pub(super) topic_map: TopicMap,
    pub(super) started: Instant,
    /// What is wrong with the certificate, if something is.
    certificate_warning: Mutex<Option<String>>,
    /// Locked while a backup is copied. Each needs as much space as the log.
    pub(super) backups: tokio::sync::Mutex<()>,
    /// The time of the start in milliseconds since 1970.
    pub(super) started_at: u64,
}

impl AppState {
    /// Opens the log and creates the other parts. `cluster` and `fatal`: see [`Broker::open`].
    pub fn open(
        settings: Settings,
        access_log: Option<Arc<AccessLog>>,
        traces: Option<Arc<Traces>>,
        cluster: Option<Arc<Cluster>>,
        fatal: impl FnOnce(String) + Send + 'static,
    ) -> Result<Self, OpenError> {
        let limits = &settings.limits;
        let capacity = capacity(&settings);
        let queue_limits = QueueLimits {
            frames: limits.outbox,
            bytes: limits.outbox_bytes,
        };
        let registry = Registry::new(capacity, queue_limits);
        let most_viewers = limits.max_connections;
        let mut options = log_options(&settings);
        options.replication = cluster.as_ref().map(|cluster| cluster.replication());
        let broker = Broker::open(options, registry, cluster, fatal)?;
        broker.set_audited(settings.retention.audit_days > 0);
        let known = Arc::clone(&broker);
        let find_session = Arc::new(move |digest: &_| known.log().session(digest));
        let keys = Arc::new(Keys::new(Roles::of(&settings), &settings.node));
        let told = Arc::clone(&keys);
        let tail = move |id: &_, key: Option<&_>| told.put(id, key);
        broker.log().set_key_tail(Box::new(tail));
        let people = Arc::new(People::new(Roles::of(&settings)));
        let told = Arc::clone(&people);
        let tail = move |id: &_, person: Option<&_>| told.put(id, person);
        broker.log().set_person_tail(Box::new(tail));
        let auth = Auth::new(&settings, find_session, keys, people);
        if let Some(jwks) = auth.jwks() {
            jwks.keep_in(&settings.data_dir);
        }
        // The secret was checked with the settings.
        let connect_hook = ConnectHook::of(&settings.hooks).ok().flatten();
        let state = Self(Arc::new(Node {
            hooks: Hooks::open(Arc::clone(&broker), &settings.hooks, &settings.node),
            connect_hook,
            jobs: Jobs::open(Arc::clone(&broker), most_viewers),
            broker,
            auth: ArcSwap::from_pointee(auth),
            limits: Limits::default(),
            live: Live::new(settings.clone()),
            settings: Arc::new(settings),
            access_log,
            traces,
            counters: HttpCounters::default(),
            started_at: registry::now(),
            drain: Arc::default(),
            samples: Arc::default(),
            recent: Recent::default(),
            topic_map: TopicMap::default(),
            started: Instant::now(),
            certificate_warning: Mutex::default(),
            backups: tokio::sync::Mutex::default(),
        }));
        Ok(state)
    }
}

impl AppState {
    /// Sets what `/health/ready` says about the certificate.
    pub fn set_certificate_warning(&self, warning: Option<String>) {
        *self.certificate_warning.lock() = warning;
    }

    pub(super) fn certificate_warning(&self) -> Option<String> {
        self.certificate_warning.lock().clone()
    }

    /// Continues with other settings: those that can change while the server runs. The router has to be made again.
    pub fn reload(&self, settings: Settings) {
        self.broker.registry().set_capacity(capacity(&settings));
        self.broker.log().set_retention(retention(&settings));
        self.broker.set_audited(settings.retention.audit_days > 0);
        self.auth
            .store(Arc::new(self.auth.load().reloaded(&settings)));
        self.live.replace(settings);
    }

    /// A reference that does not keep the state alive.
    pub fn downgrade(&self) -> WeakState {
        WeakState(Arc::downgrade(&self.0))
    }
}

/// A reference to the state that does not keep it alive.
#[derive(Clone)]
pub struct WeakState(Weak<Node>);

impl WeakState {
    /// The state, if it is still there.
    pub fn upgrade(&self) -> Option<AppState> {
        self.0.upgrade().map(AppState)
    }
}

impl Deref for AppState {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.0
    }
}

impl FromRef<AppState> for Arc<Auth> {
    fn from_ref(state: &AppState) -> Self {
        state.auth.load_full()
    }
}

impl FromRef<AppState> for Arc<Broker> {
    fn from_ref(state: &AppState) -> Self {
        Arc::clone(&state.broker)
    }
}

impl FromRef<AppState> for Arc<Settings> {
    /// The settings now.
    fn from_ref(state: &AppState) -> Self {
        state.live.load_full()
    }
}

fn capacity(settings: &Settings) -> Capacity {
    Capacity {
        per_client: settings.limits.max_connections_per_client,
        total: settings.limits.max_connections,
        per_address: match settings.limits.rates.limit_streams {
            0 => usize::MAX,
            most => usize::try_from(most).unwrap_or(usize::MAX),
        },
    }
}

fn retention(settings: &Settings) -> Retention {
    let kept = &settings.retention;
    Retention {
        max_age: Duration::from_secs(kept.max_age_hours * 3600),
        max_bytes: kept.max_log_mb << 20,
        audit_age: Duration::from_secs(kept.audit_days * 24 * 3600),
        hook_age: settings.hooks.keep(),
    }
}

fn log_options(settings: &Settings) -> LogOptions {
    let Retention {
        max_age,
        max_bytes,
        audit_age,
        hook_age,
    } = retention(settings);
    let kept = &settings.retention;
    LogOptions {
        durability: match kept.durability {
            DurabilityMode::Fsync => Durability::Fsync,
            DurabilityMode::Os => Durability::Os,
        },
        max_age,
        max_bytes,
        audit_age,
        hook_age,
        ..LogOptions::new(&settings.data_dir)
    }
}

/// Runs blocking work, such as a read of the log, on a thread for blocking work.
pub async fn off_thread<T: Send + 'static, E: Into<Error> + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(_) => Err(Error::internal()),
    }
}
