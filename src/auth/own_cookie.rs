//! The cookies of this server: that of a session, and that of a sign-in at an issuer which is not finished.
//!
//! Where the pages are at the root of an HTTPS site their names begin with `__Host-`. Browsers accept such a cookie only with
//! `Secure` and `Path=/`, and without `Domain`: so no page of a neighbouring host can set one with the same name. Below a path,
//! or without HTTPS, they would refuse that name, so there it has no prefix. Only the name that belongs to the request is
//! read.

use std::time::Duration;

use axum::http::{HeaderValue, header, request::Parts};

use super::{ConnectionInfo, Scheme, Sender};
use crate::config::{Host, ProxySettings};

/// A cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnCookie {
    /// A session.
    Session,
    /// A sign-in that was begun.
    SignIn,
}

impl OwnCookie {
    /// The name without the prefix.
    pub const fn plain_name(self) -> &'static str {
        match self {
            Self::Session => "tidings_session",
            Self::SignIn => "tidings_sign_in",
        }
    }

    /// The name for a request.
    pub(super) fn name(self, request: &Parts, proxy: &ProxySettings) -> &'static str {
        match (self, is_https(request, proxy) && proxy.path().is_empty()) {
            (Self::Session, true) => "__Host-tidings_session",
            (Self::SignIn, true) => "__Host-tidings_sign_in",
            (cookie, false) => cookie.plain_name(),
        }
    }

    /// Whether requests that another site has caused have it. A session never: no other site may act with it. The issuer sends
    /// the browser back with a link, and a strict cookie would not be sent with that. What a lax one proves there is only that
    /// this browser has begun the sign-in.
    const fn same_site(self) -> &'static str {
        match self {
            Self::Session => "Strict",
            Self::SignIn => "Lax",
        }
    }

    /// The field `Set-Cookie`. The cookie is sent below the path of the public URL only, and only by HTTPS if the browser used
    /// it. `value` must be of the characters that a cookie may have.
    pub fn set(
        self,
        value: &str,
        lifetime: Duration,
        request: &Parts,
        proxy: &ProxySettings,
    ) -> HeaderValue {
        let name = self.name(request, proxy);
        let secure = if is_https(request, proxy) {
            "; Secure"
        } else {
            ""
        };
        let path = match proxy.path() {
            "" => "/",
            path => path,
        };
        let (seconds, site) = (lifetime.as_secs(), self.same_site());
        let text = format!(
            "{name}={value}; Path={path}; HttpOnly; SameSite={site}; Max-Age={seconds}{secure}"
        );
        // Can't fail: the value is of base64url and dots.
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
    }
}

/// Whether the browser used HTTPS: a trusted proxy says it, or the connection is one, or the request is for the host of a
/// public URL with HTTPS.
pub(super) fn is_https(request: &Parts, proxy: &ProxySettings) -> bool {
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
