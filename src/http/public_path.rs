//! The path of the public URL. A proxy may remove it from requests or not: both kinds are accepted.

use axum::http::{
    Method, Uri,
    uri::{Parts, PathAndQuery},
};

/// The prefix that is a path of the server too.
const PUSH: &str = "/push";

/// Removes the path of the public URL from a request, if it has it. The server knows its own paths only.
pub fn without_prefix(prefix: &str, method: &Method, uri: &Uri) -> Option<Uri> {
    let own = own_path(prefix, method, uri)?;
    let path_and_query = match uri.query() {
        Some(query) => format!("{own}?{query}").parse(),
        None => own.parse::<PathAndQuery>(),
    };
    let mut parts: Parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query.ok()?);
    Uri::from_parts(parts).ok()
}

/// The path without the prefix; `None` if it has none, or if it was removed before.
///
/// A prefix is no path of the server (the settings refuse that), except `/push`. There, what can only be a push is one:
/// the first page takes neither a `POST` nor a query at `/push`, and there is nothing else called `/batch`.
fn own_path<'a>(prefix: &str, method: &Method, uri: &'a Uri) -> Option<&'a str> {
    if prefix.is_empty() {
        return None;
    }
    let rest = uri.path().strip_prefix(prefix)?;
    let reads = matches!(*method, Method::GET | Method::HEAD);
    match rest {
        "" if prefix == PUSH && !(reads && uri.query().is_none()) => None,
        "/batch" if prefix == PUSH => None,
        "" => Some("/"),
        rest => rest.starts_with('/').then_some(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(prefix: &str, method: Method, uri: &str) -> String {
        let uri: Uri = uri.parse().expect("a URI");
        without_prefix(prefix, &method, &uri)
            .unwrap_or(uri)
            .to_string()
    }

    #[test]
    fn a_request_has_the_same_path_with_and_without_the_prefix() {
        for (came, path) in [
            ("/tidings", "/"),
            ("/tidings/", "/"),
            ("/tidings/sse?client_id=a", "/sse?client_id=a"),
            ("/sse?client_id=a", "/sse?client_id=a"),
            ("/tidingsx", "/tidingsx"),
            ("/tidings//x", "//x"),
            ("/", "/"),
            ("/tidings/tidings.js", "/tidings.js"),
            ("http://example.org/tidings/sse", "http://example.org/sse"),
        ] {
            assert_eq!(changed("/tidings", Method::GET, came), path, "{came}");
        }
        assert_eq!(changed("", Method::GET, "/tidings"), "/tidings");
    }

    #[test]
    fn a_push_below_a_prefix_of_the_same_name_is_a_push() {
        for (method, came, path) in [
            (Method::POST, "/push", "/push"),
            (Method::POST, "/push/push", "/push"),
            (Method::POST, "/push/batch", "/push/batch"),
            (Method::POST, "/push/push/batch", "/push/batch"),
            (
                Method::GET,
                "/push?client_id=a&data=b",
                "/push?client_id=a&data=b",
            ),
            (Method::GET, "/push", "/"),
            (Method::GET, "/push/", "/"),
            (Method::GET, "/push/admin", "/admin"),
            (Method::GET, "/push/api/stats", "/api/stats"),
        ] {
            assert_eq!(changed("/push", method, came), path, "{came}");
        }
    }
}
