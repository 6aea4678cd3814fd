//! `--redirect-http`: plain HTTP is answered by a redirect to HTTPS.

use axum::{
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

use crate::{
    config::Host,
    http::{Code, Error},
};

/// Where an authority looks for the proof that a name belongs to its owner (RFC 8555, section 8.3). It is not redirected,
/// so that another program can answer there.
const CHALLENGES: &str = "/.well-known/acme-challenge";

/// The default port of HTTPS.
pub const HTTPS: u16 = 443;

/// Redirects to this port.
#[derive(Clone, Copy, Debug)]
pub struct Redirect {
    /// The port of HTTPS.
    pub port: u16,
}

impl Redirect {
    /// The answer to a request. None if it is not redirected.
    pub fn answer(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Response> {
        if uri.path().starts_with(CHALLENGES) {
            return None;
        }
        let location = (*method != Method::CONNECT)
            .then(|| self.location(uri, headers))
            .flatten();
        Some(match location {
            Some(location) => {
                let headers = [(header::LOCATION, location)];
                (StatusCode::PERMANENT_REDIRECT, headers).into_response()
            }
            None => Error::new(
                Code::InvalidRequest,
                "the request does not name a host (Host)",
            )
            .into_response(),
        })
    }

    fn location(&self, uri: &Uri, headers: &HeaderMap) -> Option<HeaderValue> {
        let authority = match uri.authority() {
            Some(authority) => authority.as_str(),
            None => headers.get(header::HOST)?.to_str().ok()?,
        };
        let host: Host = authority.parse().ok()?;
        let name = match host.name().contains(':') {
            true => format!("[{}]", host.name()),
            false => host.name().to_owned(),
        };
        let port = match self.port {
            HTTPS => String::new(),
            port => format!(":{port}"),
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let path = path.strip_prefix('*').unwrap_or(path);
        HeaderValue::try_from(format!("https://{name}{port}{path}")).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(port: u16, host: &str, uri: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().expect("a value"));
        let uri = uri.parse().expect("a URI");
        let response = Redirect { port }.answer(&Method::GET, &uri, &headers)?;
        let location = response.headers().get(header::LOCATION)?;
        Some(location.to_str().expect("text").to_owned())
    }

    #[test]
    fn the_name_and_the_path_are_kept_and_the_port_changes() {
        let found = location(443, "push.example:80", "/a?b=c%20d");
        assert_eq!(found.as_deref(), Some("https://push.example/a?b=c%20d"));
        let found = location(8443, "[::1]:8080", "/");
        assert_eq!(found.as_deref(), Some("https://[::1]:8443/"));
    }

    #[test]
    fn challenges_and_requests_without_a_valid_host_are_not_redirected() {
        assert_eq!(location(443, "a", "/.well-known/acme-challenge/x"), None);
        assert_eq!(location(443, "a/b", "/"), None);
        assert_eq!(location(443, "user@a", "/"), None);
    }
}
