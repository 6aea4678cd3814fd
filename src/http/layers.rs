//! Middleware of all requests: size limits, compressed bodies, CORS, panics, and the responses for unknown routes and methods.

use std::{any::Any, time::Instant};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tower_http::{
    catch_panic::{CatchPanicLayer, ResponseForPanic},
    cors::{AllowOrigin, CorsLayer},
};

use super::{AppState, Code, Error, content_coding, pages, redact::Redacted};
use crate::config::{AllowedOrigin, Limits, Settings};

/// Refuses a request whose URL or header fields are too large, and decompresses the body of others. One layer for both,
/// because each layer costs every request an allocation.
pub async fn sizes_and_coding(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    check_sizes(&state.settings.limits, &request)?;
    content_coding::decompress(request, next).await
}

fn check_sizes(limits: &Limits, request: &Request) -> Result<(), Error> {
    let url = request
        .uri()
        .path_and_query()
        .map_or(0, |path| path.as_str().len());
    if url > limits.max_url_bytes {
        let detail = format!(
            "the URL has {url} bytes, over the limit of {} (max_url_bytes)",
            limits.max_url_bytes
        );
        return Err(Error::new(Code::UrlTooLong, detail));
    }
    // As RFC 9113, section 6.5.2 counts them: name, value, and 32 bytes for each field.
    let field =
        |(name, value): (&header::HeaderName, &HeaderValue)| name.as_str().len() + value.len() + 32;
    let headers: usize = request.headers().iter().map(field).sum();
    if headers > limits.max_header_bytes {
        let most = limits.max_header_bytes;
        let detail = format!(
            "the header fields have {headers} bytes, over the limit of {most} (max_header_bytes)"
        );
        return Err(Error::new(Code::HeadersTooLarge, detail));
    }
    Ok(())
}

/// Logs each request and its response at the level `tidings::http=debug`.
pub async fn trace(request: Request, next: Next) -> Response {
    let (method, uri, began) = (
        request.method().clone(),
        request.uri().clone(),
        Instant::now(),
    );
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), began.elapsed());
    tracing::debug!(%method, url = %Redacted(&uri), status, ?took, "request");
    response
}

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
        // Lets pages that read the stream by `fetch` see how long to wait.
        .expose_headers([header::RETRY_AFTER])
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
pub async fn not_found(request: Request) -> Response {
    let detail = format!("there is nothing at {}", request.uri().path());
    answer_or_page(Error::new(Code::NotFound, detail), request).await
}

/// The route does not support the method. The router adds the header field `Allow`.
pub async fn method_not_allowed(request: Request) -> Response {
    let detail = format!(
        "{} does not take {}",
        request.uri().path(),
        request.method()
    );
    answer_or_page(Error::new(Code::MethodNotAllowed, detail), request).await
}

async fn answer_or_page(error: Error, request: Request) -> Response {
    match pages::is_for_people(&request) {
        true => pages::missing(error.status(), request).await,
        false => error.into_response(),
    }
}

/// Answers 500 when a handler panics. Other requests are not affected.
pub fn catch_panic() -> CatchPanicLayer<PanicAnswer> {
    CatchPanicLayer::custom(PanicAnswer)
}

/// See [`catch_panic`].
#[derive(Clone, Copy)]
pub struct PanicAnswer;

impl ResponseForPanic for PanicAnswer {
    type ResponseBody = axum::body::Body;

    fn response_for_panic(&mut self, panic: Box<dyn Any + Send>) -> Response {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or_default();
        tracing::error!(panic = text, "a handler panicked");
        Error::new(
            Code::Internal,
            "an error in the server; its log has the details",
        )
        .into_response()
    }
}
