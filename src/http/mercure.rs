//! The Mercure protocol at `/.well-known/mercure`: publishing by a form, subscribing by a stream.
//!
//! It is only a second way in and out: an update is a message of the log, and a subscriber is a connection like others.

mod caller;
mod challenge;
mod discovery;
mod matchers;
mod metadata;
mod percent;
mod publish;
mod resume;
mod subscribe;
mod subscription_document;
pub mod subscription_events;
pub mod subscriptions;

use axum::{Router, middleware, routing::get};

pub use discovery::advertised;

use super::{AppState, layers};
use crate::config::{MERCURE_PATH, Settings};

/// The routes, if the protocol is spoken.
pub fn router(settings: &Settings) -> Router<AppState> {
    if !settings.mercure.is_on() {
        return Router::new();
    }
    let methods = get(subscribe::get)
        .route_layer(middleware::from_fn(layers::check_descriptors))
        .post(publish::post);
    let mut router = Router::new().route(MERCURE_PATH, methods);
    if let Some(hub) = settings.hub_url() {
        let path = metadata::path(&hub);
        router = router.route(&path, get(metadata::get));
    }
    if settings.mercure.mercure_subscriptions {
        let path = format!("{MERCURE_PATH}/subscriptions");
        let below = format!("{path}/{{*below}}");
        router = router
            .route(&path, get(subscriptions::get))
            .route(&below, get(subscriptions::get));
    }
    router
        .method_not_allowed_fallback(layers::method_not_allowed)
        .layer(layers::cors(settings))
}
