//! The state that all handlers share.

use std::{
    ops::Deref,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use axum::extract::FromRef;
use parking_lot::Mutex;

use super::{Error, sample_buffer::Samples};
use crate::{
    auth::Auth,
    broker::Broker,
    cluster::Cluster,
    config::{DurabilityMode, Settings},
    delivery::drain::Drain,
    jobs::Jobs,
    log::{Durability, LogOptions, OpenError},
    outbox::QueueLimits,
    registry::{Capacity, Registry},
};

/// The shared state. It is cloned for every layer that a request passes, so it is a single pointer.
#[derive(Clone)]
pub struct AppState(Arc<Node>);

/// The parts of a node.
pub struct Node {
    /// The settings at the start.
    pub settings: Arc<Settings>,
    /// Checks access.
    pub auth: Arc<Auth>,
    /// Publishes messages; has the registry and the log.
    pub broker: Arc<Broker>,
    /// Jobs and their viewers.
    pub jobs: Arc<Jobs>,
    /// Whether the node is shutting down.
    pub drain: Arc<Drain>,
    pub(super) samples: Arc<Samples>,
    pub(super) started: Instant,
    /// What is wrong with the certificate, if something is.
    certificate_warning: Mutex<Option<String>>,
}

impl AppState {
    /// Opens the log and creates the other parts. `cluster` and `fatal`: see [`Broker::open`].
    pub fn open(
        settings: Settings,
        cluster: Option<Arc<Cluster>>,
        fatal: impl FnOnce(String) + Send + 'static,
    ) -> Result<Self, OpenError> {
        let limits = &settings.limits;
        let capacity = Capacity {
            per_client: limits.max_connections_per_client,
            total: limits.max_connections,
        };
        let queue_limits = QueueLimits {
            frames: limits.outbox,
            bytes: limits.outbox_bytes,
        };
        let registry = Registry::new(capacity, queue_limits);
        let most_viewers = limits.max_connections;
        let mut options = log_options(&settings);
        options.replication = cluster.as_ref().map(|cluster| cluster.replication());
        let broker = Broker::open(options, registry, cluster, fatal)?;
        let known = Arc::clone(&broker);
        let is_open = Box::new(move |digest: &_| known.log().has_session(digest));
        let auth = Auth::new(&settings, is_open);
        let state = Self(Arc::new(Node {
            jobs: Jobs::open(Arc::clone(&broker), most_viewers),
            broker,
            auth: Arc::new(auth),
            settings: Arc::new(settings),
            drain: Arc::default(),
            samples: Arc::default(),
            started: Instant::now(),
            certificate_warning: Mutex::default(),
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
        Arc::clone(&state.auth)
    }
}

impl FromRef<AppState> for Arc<Broker> {
    fn from_ref(state: &AppState) -> Self {
        Arc::clone(&state.broker)
    }
}

impl FromRef<AppState> for Arc<Settings> {
    fn from_ref(state: &AppState) -> Self {
        Arc::clone(&state.settings)
    }
}

fn log_options(settings: &Settings) -> LogOptions {
    let kept = &settings.retention;
    LogOptions {
        durability: match kept.durability {
            DurabilityMode::Fsync => Durability::Fsync,
            DurabilityMode::Os => Durability::Os,
        },
        max_age: Duration::from_secs(kept.max_age_hours * 3600),
        max_bytes: kept.max_log_mb << 20,
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
