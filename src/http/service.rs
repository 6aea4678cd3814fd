//! The entry of all requests: what they have in common before and after the router. Size limits, compressed bodies,
//! panics, and the debug log.
//!
//! These are plain calls. As layers of the router they would cost every request several allocations each: axum clones a
//! layer, with all layers below it, for every request.

use std::{net::IpAddr, panic::AssertUnwindSafe, sync::Arc, time::Instant};

use arc_swap::ArcSwap;
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode, Version, header},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use tracing::Level;

use super::{
    AppState, Code, Error, body::Pairs, content_coding, error, logged_body::LoggedBody,
    public_path, push, redact::Redacted, router::router,
};
use crate::{
    access_log::{AccessEntry, AccessLog, RequestFacts},
    auth::{ConnectionInfo, Scheme, client_address},
    config::Limits,
    hooks::Exceeded,
    log::EventKind,
    message::ClientId,
    panic_text, random,
    traces::{SpanStart, Traces},
};

/// The header field with the id of a request, of a proxy or in the answer.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id of a request that is taken from a proxy, in bytes.
const MAX_REQUEST_ID: usize = 64;

/// How much of the `User-Agent` is logged, in characters.
const MAX_USER_AGENT: usize = 256;

/// Answers requests.
pub struct Service {
    router: ArcSwap<Router>,
    state: AppState,
}

impl Service {
    /// All routes of the server.
    pub fn new(state: AppState) -> Self {
        Self {
            router: ArcSwap::from_pointee(router(state.clone())),
            state,
        }
    }

    /// Answers by the settings that hold now from now on. Requests that are being answered are not disturbed.
    pub fn reload(&self) {
        self.router.store(Arc::new(router(self.state.clone())));
    }

    /// Counts an error that was answered without this service.
    pub fn refused(&self, code: Code) {
        self.state.counters.refused(code);
    }

    /// Answers a request.
    pub async fn answer(&self, mut request: Request) -> Response {
        self.look_behind_proxies(&mut request);
        let hooks = self.state.hooks.gathering();
        let sender = hooks
            .wants(EventKind::LimitExceeded)
            .then(|| sender_of(&request));
        let response = match &self.state.traces {
            None => self.answer_below_path(request).await,
            // Boxed, so that servers without traces do not take the memory for it.
            Some(traces) => Box::pin(self.answer_in_span(request, traces)).await,
        };
        self.state.counters.answered(&response);
        if let Some((client, address)) = sender
            && let Some(code) = response.extensions().get::<Code>()
            && response.status() == StatusCode::TOO_MANY_REQUESTS
        {
            let code = code.as_str();
            hooks.exceeded(Exceeded {
                code,
                client,
                address,
            });
        }
        response
    }

    async fn answer_in_span(&self, request: Request, traces: &Traces) -> Response {
        let (parent, state) = (
            field(&request, "traceparent"),
            field(&request, "tracestate"),
        );
        let method = request.method().clone();
        let start = SpanStart {
            method: method.as_str(),
            parent: parent.as_deref(),
            state: state.as_deref(),
        };
        let status = |response: &Response| response.status().as_u16();
        traces
            .request(start, self.answer_below_path(request), status)
            .await
    }

    async fn answer_below_path(&self, request: Request) -> Response {
        let base = self.state.settings.proxy.path();
        match base.is_empty() {
            true => self.answer_or_log(request).await,
            // Boxed, so that servers without a path do not take the memory for it.
            false => Box::pin(error::with_base(base.into(), self.answer_or_log(request))).await,
        }
    }

    /// Counts and logs a request that got this answer without the routes.
    pub fn answer_with(&self, mut request: Request, response: Response) -> Response {
        self.look_behind_proxies(&mut request);
        let response = match &self.state.access_log {
            None => response,
            Some(log) => logged(response, log.begin(request_facts(&request))),
        };
        self.state.counters.answered(&response);
        response
    }

    /// Finds the sender of a request, and removes the path of the public URL.
    fn look_behind_proxies(&self, request: &mut Request) {
        let proxy = &self.state.settings.proxy;
        let info = request.extensions().get::<ConnectionInfo>().copied();
        let peer = info.and_then(|info| info.peer);
        let sender = client_address(peer, request.headers(), proxy);
        if let Some(info) = info
            && sender.is_behind_proxy()
        {
            request.extensions_mut().insert(ConnectionInfo {
                peer: sender.address,
                scheme: match sender.https {
                    Some(true) => Scheme::Https,
                    Some(false) => Scheme::Http,
                    None => info.scheme,
                },
            });
        }
        request.extensions_mut().insert(sender);
        if let Some(uri) =
            public_path::without_prefix(proxy.path(), request.method(), request.uri())
        {
            *request.uri_mut() = uri;
        }
    }

    async fn answer_or_log(&self, request: Request) -> Response {
        match &self.state.access_log {
            None => self.answer_and_trace(request).await,
            // Boxed, so that other requests do not take the memory for it.
            Some(log) => Box::pin(self.answer_and_log(request, log)).await,
        }
    }

    /// Answers a request that gets a line in the access log.
    async fn answer_and_log(&self, mut request: Request, log: &Arc<AccessLog>) -> Response {
        let entry = log.begin(request_facts(&request));
        request.extensions_mut().insert(Arc::clone(&entry));
        logged(self.answer_and_trace(request).await, entry)
    }

    /// Answers a request. Each is logged at the level `tidings::http=debug`.
    async fn answer_and_trace(&self, request: Request) -> Response {
        if !tracing::enabled!(target: "tidings::http", Level::DEBUG) {
            return self.answer_or_catch(request).await;
        }
        let (method, uri, began) = (
            request.method().clone(),
            request.uri().clone(),
            Instant::now(),
        );
        let response = self.answer_or_catch(request).await;
        let (status, took) = (response.status().as_u16(), began.elapsed());
        tracing::debug!(target: "tidings::http", %method, url = %Redacted(&uri), status, ?took, "request");
        response
    }

    /// Answers 500 when a handler panics. Other requests are not affected.
    async fn answer_or_catch(&self, request: Request) -> Response {
        let answer = AssertUnwindSafe(self.check_and_route(request));
        match answer.catch_unwind().await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => error.into_response(),
            Err(panic) => {
                tracing::error!(panic = panic_text::of(&*panic), "a handler panicked");
                Error::internal().into_response()
            }
        }
    }

    async fn check_and_route(&self, request: Request) -> Result<Response, Error> {
        check_sizes(&self.state.live.load().limits, &request)?;
        // Spans are named after the route that the router has found.
        if self.state.traces.is_none() && push::is_direct(&request) {
            // Boxed, so that idle connections do not take the memory for it.
            return Ok(Box::pin(push::answer_directly(&self.state, request)).await);
        }
        let router = Router::clone(&self.router.load());
        content_coding::decompress(request, router).await
    }
}

/// A response whose line is written when its body ends.
fn logged(mut response: Response, entry: Arc<AccessEntry>) -> Response {
    entry.set_status(response.status().as_u16());
    if let Ok(id) = HeaderValue::try_from(entry.id()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response.map(|body| Body::new(LoggedBody::new(body, entry)))
}

/// The client that a request names, if it names one, and the address that it came from.
fn sender_of(request: &Request) -> (Option<String>, Option<IpAddr>) {
    let pairs = Pairs::parse(request.uri().query().unwrap_or_default().as_bytes());
    let client = pairs.get("client_id").map(ClientId::parse);
    let client = client.and_then(Result::ok).map(|client| client.to_string());
    let info = request.extensions().get::<ConnectionInfo>();
    let peer = info.and_then(|info| info.peer);
    (client, peer.map(|peer| peer.ip().to_canonical()))
}

/// The text of a header field.
fn field(request: &Request, name: &str) -> Option<String> {
    let value = request.headers().get(name)?;
    value.to_str().ok().map(str::to_owned)
}

/// What the access log says of a request.
fn request_facts(request: &Request) -> RequestFacts {
    let text = |name: HeaderName| request.headers().get(name)?.to_str().ok();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let given = text(REQUEST_ID)
        .filter(|id| (1..=MAX_REQUEST_ID).contains(&id.len()) && id.chars().all(allowed));
    let info = request.extensions().get::<ConnectionInfo>();
    RequestFacts {
        id: given.map_or_else(
            || format!("{:016x}", random::below(u64::MAX)),
            str::to_owned,
        ),
        peer: info.and_then(|info| info.peer),
        method: request.method().to_string(),
        path: Redacted(request.uri()).to_string(),
        version: match request.version() {
            Version::HTTP_10 => "HTTP/1.0",
            Version::HTTP_11 => "HTTP/1.1",
            Version::HTTP_2 => "HTTP/2",
            _ => "HTTP",
        },
        user_agent: text(header::USER_AGENT)
            .map(|agent| agent.chars().take(MAX_USER_AGENT).collect()),
    }
}

/// Refuses a request whose URL or header fields are too large.
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
    let field = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len() + 32;
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

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;
    use crate::config::Settings;

    #[tokio::test]
    async fn a_panic_of_one_handler_is_answered_and_others_go_on() {
        async fn handler(request: Request) {
            assert_ne!(request.uri().path(), "/bad", "a panic on purpose");
        }
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().to_str().expect("a plain path");
        let settings = Settings::from_flags(["--data-dir", folder]).expect("settings");
        let state = AppState::open(settings, None, None, None, |reason| panic!("{reason}"));
        let service = Service {
            router: ArcSwap::from_pointee(Router::new().fallback(handler)),
            state: state.expect("a log"),
        };
        for (path, status) in [
            ("/bad", StatusCode::INTERNAL_SERVER_ERROR),
            ("/good", StatusCode::OK),
        ] {
            let request = Request::builder().uri(path).body(Body::empty());
            let response = service.answer(request.expect("a request")).await;
            assert_eq!(response.status(), status, "{path}");
        }
    }
}
