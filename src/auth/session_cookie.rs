//! The cookie of a session.
//!
//! Where the pages are at the root of an HTTPS site its name begins with `__Host-`. Browsers accept such a cookie only with
//! `Secure` and `Path=/`, and without `Domain`: so no page of a neighbouring host can set one with the same name. Below a path,
//! or without HTTPS, they would refuse that name, so there it has no prefix. Only the name that belongs to the request is
//! read.

use std::time::Duration;

use axum::http::{HeaderValue, header, request::Parts};

use super::{ConnectionInfo, Scheme, Sender};
use crate::config::{Host, ProxySettings};

/// The name without the prefix.
pub const COOKIE: &str = "tidings_session";

/// The name with it.
const HOST_COOKIE: &str = "__Host-tidings_session";

/// The name of the cookie for a request.
pub(super) fn name(request: &Parts, proxy: &ProxySettings) -> &'static str {
    match is_https(request, proxy) && proxy.path().is_empty() {
        true => HOST_COOKIE,
        false => COOKIE,
    }
}

/// The field `Set-Cookie`. The cookie is sent below the path of the public URL only, and only by HTTPS if the browser used
/// it.
pub fn set(id: &str, lifetime: Duration, request: &Parts, proxy: &ProxySettings) -> HeaderValue {
    let name = name(request, proxy);
    let secure = if is_https(request, proxy) {
        "; Secure"
    } else {
        ""
    };
    let path = match proxy.path() {
        "" => "/",
        path => path,
    };
    let seconds = lifetime.as_secs();
    let text =
        format!("{name}={id}; Path={path}; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    // Can't fail: the id is base64url.
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

/// Whether the browser used HTTPS: a trusted proxy says it, or the connection is one, or the request is for the host of a
/// public URL with HTTPS.
fn is_https(request: &Parts, proxy: &ProxySettings) -> bool {
    let sender = request.extensions.get::<Sender>();
    if let Some(https) = sender.and_then(|sender| sender.https) {
        return https;
    }
    let info = request.extensions.get::<ConnectionInfo>();
    if info.is_some_and(|info| info.scheme == Scheme::Https) {
        return true;
    }
    // HTTP/2 names the host in `:authority`.
    let named = match request.uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => (request.headers.get(header::HOST)).and_then(|host| host.to_str().ok()),
    };
    let named = named.and_then(|host| host.parse::<Host>().ok());
    let at_public = |host: Host| {
        let public = proxy.public_url.as_ref();
        public.is_some_and(|url| url.is_https() && url.host() == &host)
    };
    named.is_some_and(at_public)
}
