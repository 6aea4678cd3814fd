//! The HTTP edge: the only place that knows axum and the JSON of the API.

pub mod auth;
mod body;
mod clients;
mod demo;
mod drain;
mod error;
mod guard;
mod openapi;
mod presence;
mod push;
mod redact;
mod server;
mod site;
mod sse;
mod stats;

use std::{sync::Arc, time::Instant};

use auth::{Admin, Auth};
use axum::{Json, Router, extract::FromRef, middleware, routing};
use utoipa_axum::{router::OpenApiRouter, routes};

pub use error::{Code, Error};
pub use server::serve;

use crate::{
    broker::Broker,
    config::Settings,
    outbox::Bounds,
    registry::{Capacity, Registry},
};

/// What every handler can reach.
#[derive(Clone, FromRef)]
pub struct AppState {
    settings: Arc<Settings>,
    auth: Arc<Auth>,
    broker: Arc<Broker>,
    drain: Arc<drain::Drain>,
    started: Instant,
}

impl AppState {
    /// Everything a node needs to answer, from its settings.
    pub fn new(settings: Settings) -> Self {
        let limits = &settings.limits;
        let capacity = Capacity {
            per_client: limits.max_connections_per_client,
            total: limits.max_connections,
        };
        let bounds = Bounds {
            frames: limits.outbox,
            bytes: limits.outbox_bytes,
        };
        Self {
            broker: Broker::new(Registry::new(capacity, bounds)),
            auth: Arc::new(Auth::new(&settings)),
            settings: Arc::new(settings),
            drain: Arc::default(),
            started: Instant::now(),
        }
    }
}

/// Every route there is.
pub fn router(state: AppState) -> Router {
    let streams = OpenApiRouter::new()
        .routes(routes!(sse::get))
        .layer(guard::cors(&state.settings));
    let admin = OpenApiRouter::new()
        .routes(routes!(push::post, push::get))
        .routes(routes!(push::audience))
        .routes(routes!(clients::list))
        .routes(routes!(clients::show, clients::disconnect))
        .routes(routes!(stats::stats))
        .route_layer(middleware::from_extractor_with_state::<Admin, _>(
            state.clone(),
        ));
    let health = OpenApiRouter::new()
        .routes(routes!(stats::live))
        .routes(routes!(stats::ready));
    let (router, api) = openapi::described()
        .merge(streams)
        .merge(admin)
        .merge(auth::router())
        .merge(health)
        .split_for_parts();
    router
        .merge(site::router())
        .route("/openapi.json", routing::get(async move || Json(api)))
        .fallback(guard::not_found)
        .method_not_allowed_fallback(guard::method_not_allowed)
        .layer(middleware::from_fn_with_state(state.clone(), guard::sizes))
        .layer(guard::catch_panic())
        .layer(middleware::from_fn(guard::trace))
        .with_state(state)
}
