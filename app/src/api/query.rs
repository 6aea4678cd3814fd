//! What stands behind the `?`, and text as a part of a URL.

use std::fmt::Write;

use crate::wire::JobState;

/// Which clients to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientsQuery {
    /// Also those who are not connected.
    pub all: bool,
    /// At most so many; none: what the server thinks right.
    pub limit: Option<u32>,
    /// Only those whose id comes after this one: `next` of the page before.
    pub after: Option<String>,
    /// Only those whose id contains this text, or, of those connected, a topic.
    pub q: Option<String>,
    /// Leave out so many, and say how many there are.
    pub offset: Option<u64>,
    /// In which order, where there is an offset: `client_id`, `since` or `connections`, perhaps after a `-`.
    pub sort: Option<&'static str>,
}

impl ClientsQuery {
    /// The path and query of the request.
    pub(super) fn path(&self) -> String {
        let limit = self.limit.map(|limit| limit.to_string());
        let offset = self.offset.map(|offset| offset.to_string());
        path(
            "/api/clients",
            &[
                ("state", self.all.then_some("all")),
                ("limit", limit.as_deref()),
                ("after", self.after.as_deref()),
                ("q", self.q.as_deref()),
                ("offset", offset.as_deref()),
                ("sort", self.sort),
            ],
        )
    }
}

/// Which messages to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessagesQuery {
    /// At most so many; none: what the server thinks right.
    pub limit: Option<u32>,
    /// Only those older than this cursor: `next` of the page before.
    pub before: Option<String>,
    /// Only those for this audience.
    pub audience: Option<AudienceQuery>,
    /// Only those of this type.
    pub event: Option<String>,
    /// Only those whose data contains this text.
    pub q: Option<String>,
}

/// Whom messages were for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AudienceQuery {
    /// Any clients by name.
    Clients,
    /// Any topic.
    Topics,
    /// Everyone.
    Everyone,
    /// This client among others, or alone.
    Client(String),
    /// This topic.
    Topic(String),
}

impl MessagesQuery {
    /// The path and query of the request.
    pub(super) fn path(&self) -> String {
        let limit = self.limit.map(|limit| limit.to_string());
        let audience = self.audience.as_ref().map(|audience| match audience {
            AudienceQuery::Clients => ("audience", "clients"),
            AudienceQuery::Topics => ("audience", "topics"),
            AudienceQuery::Everyone => ("audience", "everyone"),
            AudienceQuery::Client(id) => ("client_id", id.as_str()),
            AudienceQuery::Topic(topic) => ("topic", topic.as_str()),
        });
        let (name, value) = audience.unzip();
        path(
            "/api/messages",
            &[
                ("limit", limit.as_deref()),
                ("before", self.before.as_deref()),
                (name.unwrap_or_default(), value),
                ("event", self.event.as_deref()),
                ("q", self.q.as_deref()),
            ],
        )
    }
}

/// Which jobs to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobsQuery {
    /// At most so many; none: what the server thinks right.
    pub limit: Option<u32>,
    /// Only those made before: `next` of the page before.
    pub before: Option<String>,
    /// Only those in this state.
    pub state: Option<JobState>,
}

impl JobsQuery {
    /// The path and query of the request.
    pub(super) fn path(&self) -> String {
        let limit = self.limit.map(|limit| limit.to_string());
        path(
            "/api/jobs",
            &[
                ("state", self.state.map(JobState::name)),
                ("limit", limit.as_deref()),
                ("before", self.before.as_deref()),
            ],
        )
    }
}

/// A path with those pairs that have a value.
pub(super) fn path(route: &str, pairs: &[(&str, Option<&str>)]) -> String {
    let mut path = route.to_owned();
    let mut joint = '?';
    for (name, value) in pairs {
        if let Some(value) = value {
            let _ = write!(path, "{joint}{name}={}", encoded(value));
            joint = '&';
        }
    }
    path
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
            all: true,
            limit: Some(50),
            after: Some("a:b".to_owned()),
            q: Some("Zoë & co".to_owned()),
            ..ClientsQuery::default()
        };
        assert_eq!(
            query.path(),
            "/api/clients?state=all&limit=50&after=a%3Ab&q=Zo%C3%AB%20%26%20co"
        );
    }
    #[test]
    fn a_history_is_asked_for_by_one_kind_of_audience() {
        assert_eq!(MessagesQuery::default().path(), "/api/messages");
        let mut query = MessagesQuery {
            audience: Some(AudienceQuery::Topics),
            event: Some("order.paid".to_owned()),
            ..MessagesQuery::default()
        };
        assert_eq!(
            query.path(),
            "/api/messages?audience=topics&event=order.paid"
        );
        query.audience = Some(AudienceQuery::Topic("orders/42".to_owned()));
        query.before = Some("k3-17".to_owned());
        assert_eq!(
            query.path(),
            "/api/messages?before=k3-17&topic=orders%2F42&event=order.paid"
        );
    }
}
