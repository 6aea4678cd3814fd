//! What stands behind the `?`, and text as a part of a URL.

use std::fmt::Write;

/// Which of the connected clients to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientsQuery {
    /// At most so many; none: what the server thinks right.
    pub limit: Option<u32>,
    /// Only those whose id comes after this one: `next` of the page before.
    pub after: Option<String>,
    /// Only those whose id or topics contain this text.
    pub q: Option<String>,
}

impl ClientsQuery {
    /// The path and query of the request.
    pub(super) fn path(&self) -> String {
        let mut path = String::from("/api/clients");
        let limit = self.limit.map(|limit| limit.to_string());
        let pairs = [("limit", &limit), ("after", &self.after), ("q", &self.q)];
        let mut joint = '?';
        for (name, value) in pairs {
            if let Some(value) = value {
                let _ = write!(path, "{joint}{name}={}", encoded(value));
                joint = '&';
            }
        }
        path
    }
}

/// A text as one part of a URL: all but RFC 3986's unreserved characters percent-encoded.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_names_only_what_was_asked() {
        assert_eq!(ClientsQuery::default().path(), "/api/clients");
        let query = ClientsQuery {
            limit: Some(50),
            after: Some("a:b".to_owned()),
            q: Some("Zoë & co".to_owned()),
        };
        assert_eq!(
            query.path(),
            "/api/clients?limit=50&after=a%3Ab&q=Zo%C3%AB%20%26%20co"
        );
    }
}
