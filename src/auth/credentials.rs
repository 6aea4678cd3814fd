//! What a request shows, and where it comes from.

use std::net::SocketAddr;

use axum::http::{header, request::Parts};

use super::connection_info::ConnectionInfo;

/// The token of `Authorization: Bearer` (RFC 6750, section 2.1). Other schemes are ignored: they may be meant for a
/// proxy.
pub fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The address of the peer, if it is known.
pub fn remote(parts: &Parts) -> Option<SocketAddr> {
    parts.extensions.get::<ConnectionInfo>()?.peer
}
