//! Query strings, and percent-encoding of texts in URLs.

use std::fmt::Write;

use crate::wire::JobState;

/// Which clients to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientsQuery {
    /// Include clients that are not connected.
    pub all: bool,
    /// Only known clients that are not connected.
    pub away: bool,
    /// Only clients that are subscribed to this topic, or by this pattern.
    pub topic: Option<String>,
    /// Only clients that are connected by this browser or program.
    pub browser: Option<String>,
    /// Only clients that have opened a connection at this time or later, in milliseconds since 1970.
    pub connected_after: Option<u64>,
    /// Only clients with messages that they have not received.
    pub unread: bool,
    /// At most this many; none: the default of the server.
    pub limit: Option<u32>,
    /// Only clients whose id is greater than this one: `next` of the previous page.
    pub after: Option<String>,
    /// Only clients whose id contains this text or, if they are connected, one of their topics.
    pub q: Option<String>,
    /// Skip this many, and return the total.
    pub offset: Option<u64>,
    /// The order, if `offset` is set: `client_id`, `since` or `connections`, with a leading `-` for descending.
    pub sort: Option<&'static str>,
}

impl ClientsQuery {
    /// The path and query of the request.
    pub(super) fn path(&self) -> String {
        let limit = self.limit.map(|limit| limit.to_string());
        let offset = self.offset.map(|offset| offset.to_string());
        let connected_after = self.connected_after.map(|at| at.to_string());
        let state = match (self.away, self.all) {
            (true, _) => Some("away"),
            (false, true) => Some("all"),
            (false, false) => None,
        };
        path(
            "/api/clients",
            &[
                ("state", state),
                ("limit", limit.as_deref()),
                ("after", self.after.as_deref()),
                ("q", self.q.as_deref()),
                ("topic", self.topic.as_deref()),
                ("browser", self.browser.as_deref()),
                ("connected_after", connected_after.as_deref()),
                ("unread", self.unread.then_some("true")),
                ("offset", offset.as_deref()),
                ("sort", self.sort),
            ],
        )
    }
}

/// Which messages to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessagesQuery {
    /// At most this many; none: the default of the server.
    pub limit: Option<u32>,
    /// Only messages older than this cursor: `next` of the previous page.
    pub before: Option<String>,
    /// Only messages for this audience.
    pub audience: Option<AudienceQuery>,
    /// Only messages of this event type.
    pub event: Option<String>,
    /// Only messages whose data contains this text.
    pub q: Option<String>,
    /// Only messages that were pushed at this time or later, in milliseconds since 1970.
    pub since: Option<u64>,
    /// Only messages that were pushed at this time or earlier, in milliseconds since 1970.
    pub until: Option<u64>,
}

/// The audience of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AudienceQuery {
    /// Messages to clients by name.
    Clients,
    /// Messages to any topic.
    Topics,
    /// Messages to everyone.
    Everyone,
    /// Messages to this client, alone or among others.
    Client(String),
    /// Messages to this topic.
    Topic(String),
}

impl MessagesQuery {
    /// The path and query of the request.
    pub(super) fn path(&self) -> String {
        self.of("/api/messages", None)
    }

    /// The URL of the file with all messages that match, as `ndjson` or `csv`, relative to that of the server.
    pub fn export(&self, format: &str) -> String {
        self.of("api/messages/export", Some(format))
    }

    fn of(&self, route: &str, format: Option<&str>) -> String {
        let limit = self.limit.map(|limit| limit.to_string());
        let audience = self.audience.as_ref().map(|audience| match audience {
            AudienceQuery::Clients => ("audience", "clients"),
            AudienceQuery::Topics => ("audience", "topics"),
            AudienceQuery::Everyone => ("audience", "everyone"),
            AudienceQuery::Client(id) => ("client_id", id.as_str()),
            AudienceQuery::Topic(topic) => ("topic", topic.as_str()),
        });
        let (name, value) = audience.unzip();
        let [since, until] = [self.since, self.until].map(|at| at.map(|at| at.to_string()));
        path(
            route,
            &[
                ("format", format),
                ("limit", limit.as_deref()),
                ("before", self.before.as_deref()),
                (name.unwrap_or_default(), value),
                ("event", self.event.as_deref()),
                ("q", self.q.as_deref()),
                ("from", since.as_deref()),
                ("to", until.as_deref()),
            ],
        )
    }
}

/// Which jobs to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobsQuery {
    /// At most this many; none: the default of the server.
    pub limit: Option<u32>,
    /// Only jobs created before: `next` of the previous page.
    pub before: Option<String>,
    /// Only jobs in this state.
    pub state: Option<JobState>,
    /// Only jobs whose title contains this text, or whose id begins with it.
    pub q: Option<String>,
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
                ("q", self.q.as_deref()),
            ],
        )
    }
}

/// A path with the query parameters that have a value.
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

/// Percent-encodes a text for a URL. Only the unreserved characters of RFC 3986 stay.
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
    fn a_query_contains_only_parameters_with_a_value() {
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
    fn a_history_query_names_one_kind_of_audience() {
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
        query = MessagesQuery {
            since: Some(1),
            until: Some(2),
            ..MessagesQuery::default()
        };
        assert_eq!(
            query.export("csv"),
            "api/messages/export?format=csv&from=1&to=2"
        );
    }
}
