//! The HTTP edge: the only place that knows axum and the JSON of the API.

mod ack;
pub mod auth;
mod batch;
mod body;
mod clients;
mod conversation;
mod demo;
mod drain;
mod error;
mod guard;
mod handover;
mod jobs;
mod messages;
mod openapi;
mod pulse;
mod push;
pub mod reactor;
mod redact;
mod samples;
mod server;
mod site;
mod sse;
mod stats;
mod sys;
mod topics;

use std::{
    ops::Deref,
    sync::Arc,
    time::{Duration, Instant},
};

use auth::{Admin, Auth};
use axum::{Json, Router, extract::FromRef, middleware, routing};
use utoipa_axum::{router::OpenApiRouter, routes};

pub use error::{Code, Error};
pub use server::{ServeError, listen, serve};

use crate::{
    broker::Broker,
    config::{DurabilityMode, Settings},
    jobs::Jobs,
    log::{Durability, LogOptions, OpenError},
    outbox::Bounds,
    registry::{Capacity, Registry},
};

/// What every handler can reach. It is cloned for every layer that a request passes, so it is one pointer.
#[derive(Clone)]
pub struct AppState(Arc<Node>);

/// Everything that this node has.
pub struct Node {
    settings: Arc<Settings>,
    auth: Arc<Auth>,
    broker: Arc<Broker>,
    jobs: Arc<Jobs>,
    drain: Arc<drain::Drain>,
    samples: Arc<samples::Samples>,
    started: Instant,
}

impl AppState {
    /// Everything a node needs to answer, from its settings. `fatal`: see [`Broker::open`].
    fn open(
        settings: Settings,
        fatal: impl FnOnce(String) + Send + 'static,
    ) -> Result<Self, OpenError> {
        let limits = &settings.limits;
        let capacity = Capacity {
            per_client: limits.max_connections_per_client,
            total: limits.max_connections,
        };
        let bounds = Bounds {
            frames: limits.outbox,
            bytes: limits.outbox_bytes,
        };
        let registry = Registry::new(capacity, bounds);
        let most_viewers = limits.max_connections;
        let broker = Broker::open(log_options(&settings), registry, fatal)?;
        Ok(Self(Arc::new(Node {
            jobs: Jobs::open(Arc::clone(&broker), most_viewers),
            broker,
            auth: Arc::new(Auth::new(&settings)),
            settings: Arc::new(settings),
            drain: Arc::default(),
            samples: Arc::default(),
            started: Instant::now(),
        })))
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

/// Runs what blocks, such as a read of the log, where it holds up nobody.
async fn off_thread<T: Send + 'static, E: Into<Error> + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(_) => Err(Error::new(Code::Internal, "something broke on our side")),
    }
}

/// Every route there is.
pub fn router(state: AppState) -> Router {
    let (streams, listening) = OpenApiRouter::new()
        .routes(routes!(sse::get))
        .routes(routes!(ack::post))
        .routes(routes!(jobs::stream))
        .routes(routes!(jobs::show))
        .routes(routes!(jobs::log))
        .split_for_parts();
    // CORS answers `OPTIONS` only where it stands around what refuses other methods.
    let streams = streams
        .method_not_allowed_fallback(guard::method_not_allowed)
        .layer(guard::cors(&state.settings));
    let admin = OpenApiRouter::new()
        .routes(routes!(push::post, push::get))
        .routes(routes!(batch::post))
        .routes(routes!(push::audience))
        .routes(routes!(messages::list))
        .routes(routes!(messages::show, messages::recall))
        .routes(routes!(clients::list::list))
        .routes(routes!(clients::show, clients::disconnect))
        .routes(routes!(topics::list))
        .routes(routes!(jobs::list, jobs::begin))
        .routes(routes!(jobs::report, jobs::cancel))
        .routes(routes!(stats::stats))
        .routes(routes!(samples::history))
        .route_layer(middleware::from_extractor_with_state::<Admin, _>(
            state.clone(),
        ));
    let health = OpenApiRouter::new()
        .routes(routes!(stats::live))
        .routes(routes!(stats::ready));
    let (router, mut api) = openapi::described()
        .merge(admin)
        .merge(auth::router())
        .merge(health)
        .split_for_parts();
    api.merge(listening);
    router
        .merge(streams)
        .merge(site::router())
        .route("/openapi.json", routing::get(async move || Json(api)))
        .fallback(guard::not_found)
        .method_not_allowed_fallback(guard::method_not_allowed)
        .layer(middleware::from_fn_with_state(state.clone(), guard::sizes))
        .layer(guard::catch_panic())
        .layer(middleware::from_fn(guard::trace))
        .with_state(state)
}
