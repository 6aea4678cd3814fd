//! What every request passes: sizes, CORS, and an answer for what nobody else answers.

use std::{any::Any, time::Instant};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tower_http::{
    catch_panic::{CatchPanicLayer, ResponseForPanic},
    cors::{AllowOrigin, CorsLayer},
};

use super::{AppState, Code, Error, redact::Redacted};
use crate::config::{AllowedOrigin, Settings};

/// Refuses a request whose URL or header fields are too large.
pub async fn sizes(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    let limits = &state.settings.limits;
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
    Ok(next.run(request).await)
}

/// Notes each request and its answer, for who asks for `tidings::http=debug`.
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

/// Listening is open to pages of the origins that the settings name. Only where they are named may a
/// page send its cookies along.
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
        // Who reads the stream by `fetch` can then wait as long as it is told to.
        .expose_headers([header::RETRY_AFTER])
}

/// No such route.
pub async fn not_found(uri: Uri) -> Error {
    Error::new(
        Code::NotFound,
        format!("there is nothing at {}", uri.path()),
    )
}

/// No such method on this route.
pub async fn method_not_allowed(method: Method, uri: Uri) -> Error {
    Error::new(
        Code::MethodNotAllowed,
        format!("{} does not take {method}", uri.path()),
    )
}

/// A handler that panics answers 500, and the rest goes on.
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
        Error::new(Code::Internal, "something broke on our side").into_response()
    }
}
