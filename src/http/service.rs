//! The entry of all requests: what they have in common before and after the router. Size limits, compressed bodies,
//! panics, and the debug log.
//!
//! These are plain calls. As layers of the router they would cost every request several allocations each: axum clones a
//! layer, with all layers below it, for every request.

use std::{net::SocketAddr, panic::AssertUnwindSafe, sync::Arc, time::Instant};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
    http::{HeaderName, HeaderValue},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use tracing::Level;

use super::{
    AppState, Code, Error, content_coding, error, public_path, redact::Redacted, router::router,
};
use crate::{
    auth::client_address,
    config::{Limits, Settings},
    panic_text,
};

/// Answers requests.
pub struct Service {
    router: Router,
    settings: Arc<Settings>,
}

impl Service {
    /// All routes of the server.
    pub fn new(state: AppState) -> Self {
        Self {
            settings: Arc::clone(&state.settings),
            router: router(state),
        }
    }

    /// Answers a request. Each is logged at the level `tidings::http=debug`.
    pub async fn answer(&self, mut request: Request) -> Response {
        self.look_behind_proxies(&mut request);
        let base = self.settings.proxy.path();
        match base.is_empty() {
            true => self.answer_and_log(request).await,
            // Boxed, so that servers without a path do not take the memory for it.
            false => Box::pin(error::with_base(base.into(), self.answer_and_log(request))).await,
        }
    }

    /// Finds the sender of a request, and removes the path of the public URL.
    fn look_behind_proxies(&self, request: &mut Request) {
        let proxy = &self.settings.proxy;
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let sender = client_address(peer.map(|peer| peer.0), request.headers(), proxy);
        if let Some(address) = sender.address
            && sender.address != sender.peer
        {
            request.extensions_mut().insert(ConnectInfo(address));
        }
        request.extensions_mut().insert(sender);
        if let Some(uri) =
            public_path::without_prefix(proxy.path(), request.method(), request.uri())
        {
            *request.uri_mut() = uri;
        }
    }

    async fn answer_and_log(&self, request: Request) -> Response {
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
        check_sizes(&self.settings.limits, &request)?;
        content_coding::decompress(request, self.router.clone()).await
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
    use axum::{body::Body, http::StatusCode};

    use super::*;

    #[tokio::test]
    async fn a_panic_of_one_handler_is_answered_and_others_go_on() {
        async fn handler(request: Request) {
            assert_ne!(request.uri().path(), "/bad", "a panic on purpose");
        }
        let settings = Settings::from_flags([""; 0]).expect("settings");
        let service = Service {
            router: Router::new().fallback(handler),
            settings: Arc::new(settings),
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
