//! Middleware of some requests: CORS and reserved file descriptors; and the responses for unknown routes and methods.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::{Code, Error, pages};
use crate::{
    config::{AllowedOrigin, Settings},
    traces,
};

/// Allows pages of the configured origins to open streams. Cookies are allowed only for origins that are named, not
/// with `*`.
pub fn cors(settings: &Settings) -> CorsLayer {
    let named = settings
        .allow_origin
        .iter()
        .filter_map(AllowedOrigin::named);
    let named = named.filter_map(|origin| HeaderValue::try_from(origin.to_string()).ok());
    let every = settings.allow_origin.contains(&AllowedOrigin::Any);
    let origin = if every {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(named)
    };
    CorsLayer::new()
        .allow_origin(origin)
        .allow_credentials(!every)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::AUTHORIZATION,
            header::CACHE_CONTROL,
            header::CONTENT_TYPE,
            header::HeaderName::from_static("last-event-id"),
        ])
        // Lets pages that read the stream by `fetch` see how long to wait, and where a stream of Mercure begins.
        .expose_headers([
            header::RETRY_AFTER,
            header::LINK,
            header::HeaderName::from_static("last-event-id"),
            header::HeaderName::from_static("mercure-last-event-id"),
        ])
}

/// Names the route of a request in its span.
pub async fn note_route(path: MatchedPath, request: Request, next: Next) -> Response {
    traces::note_route(request.method().as_str(), path.as_str());
    next.run(request).await
}

/// An extension of a request on a socket that has one of the reserved file descriptors, so that it must not become a
/// stream.
#[derive(Clone, Copy, Debug)]
pub struct NoStreams {
    /// The limit of file descriptors of this process.
    pub limit: u64,
    /// How many of them are kept for requests that are not streams.
    pub reserve: u64,
}

/// Refuses a stream on a reserved descriptor.
pub async fn check_descriptors(request: Request, next: Next) -> Result<Response, Error> {
    let Some(NoStreams { limit, reserve }) = request.extensions().get::<NoStreams>().copied()
    else {
        return Ok(next.run(request).await);
    };
    let detail = format!(
        "the server may open {limit} files and sockets, and keeps the last {reserve} for other requests: raise the limit (ulimit -n, or LimitNOFILE in a systemd unit)"
    );
    Err(Error::new(Code::TooManyConnections, detail).retry_after(5))
}

/// No such route: a page for people, a problem document for programs.
pub async fn not_found(State(settings): State<Arc<Settings>>, request: Request) -> Response {
    let detail = format!("there is nothing at {}", request.uri().path());
    answer_or_page(Error::new(Code::NotFound, detail), &settings, request).await
}

/// The route does not support the method. The router adds the header field `Allow`.
pub async fn method_not_allowed(
    State(settings): State<Arc<Settings>>,
    request: Request,
) -> Response {
    let detail = format!(
        "{} does not take {}",
        request.uri().path(),
        request.method()
    );
    answer_or_page(
        Error::new(Code::MethodNotAllowed, detail),
        &settings,
        request,
    )
    .await
}

async fn answer_or_page(error: Error, settings: &Settings, request: Request) -> Response {
    match pages::is_for_people(request.method(), request.headers()) {
        true => pages::missing(error.status(), &settings.proxy, request).await,
        false => error.into_response(),
    }
}
