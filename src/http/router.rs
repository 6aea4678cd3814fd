//! All routes of the server.

use axum::{Router, middleware};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    AppState, ack, backup, batch, clients, diagnosis, jobs, layers, messages, metrics, nodes,
    openapi, pages, push, samples, session, sse, stats, topics,
};
use crate::auth::Admin;

/// The router with all routes.
pub fn router(state: AppState) -> Router {
    let settings = state.live.load_full();
    let (streams, listening) = OpenApiRouter::new()
        .routes(routes!(sse::get))
        .routes(routes!(jobs::stream))
        .route_layer(middleware::from_fn(layers::check_descriptors))
        .routes(routes!(ack::post))
        .routes(routes!(jobs::show))
        .routes(routes!(jobs::log))
        .split_for_parts();
    // The CORS layer must be outside the method fallback. Otherwise `OPTIONS` would be refused.
    let streams = streams
        .method_not_allowed_fallback(layers::method_not_allowed)
        .layer(layers::cors(&settings));
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
        .routes(routes!(nodes::list))
        .routes(routes!(backup::get))
        .routes(routes!(metrics::show))
        .routes(routes!(diagnosis::diagnosis))
        .route_layer(middleware::from_extractor_with_state::<Admin, _>(
            state.clone(),
        ));
    let admin = openapi::for_admins(admin, &settings);
    let health = OpenApiRouter::new()
        .routes(routes!(stats::live))
        .routes(routes!(stats::ready));
    let (router, mut api) = openapi::described()
        .merge(admin)
        .merge(session::router())
        .merge(health)
        .split_for_parts();
    api.merge(listening);
    let router = router
        .merge(streams)
        .merge(pages::router(&settings.proxy))
        .merge(openapi::router(api, &settings));
    let router = match state.traces {
        None => router,
        Some(_) => router.layer(middleware::from_fn(layers::note_route)),
    };
    router
        .fallback(layers::not_found)
        .method_not_allowed_fallback(layers::method_not_allowed)
        .with_state(state)
}
