//! Pushes: requests and answers.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, IgnoredAny, MapAccess, Unexpected, Visitor},
};
use serde_json::value::RawValue;

#[cfg(feature = "ssr")]
use super::values;
use super::{Problem, number};

/// The audience of a push.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum To {
    /// One client, on all its connections.
    #[cfg_attr(feature = "ssr", schema(value_type = values::ClientId))]
    Client(String),
    /// Several clients; a repeated id counts once.
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<values::ClientId>))]
    Clients(Vec<String>),
    /// All connections that are subscribed to this topic. Patterns are for subscriptions only.
    #[cfg_attr(feature = "ssr", schema(value_type = values::Topic))]
    Topic(String),
    /// All clients.
    Everyone,
}

impl<'de> Deserialize<'de> for To {
    /// `"everyone"`, or an object with exactly one of the other names. The derived implementation would also take
    /// `{"everyone": null}`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ToVisitor)
    }
}

struct ToVisitor;

impl<'de> Visitor<'de> for ToVisitor {
    type Value = To;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"everyone\", or an object with one of client, clients and topic")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<To, E> {
        match text {
            "everyone" => Ok(To::Everyone),
            _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<To, A::Error> {
        let to = match map.next_key::<String>()?.as_deref() {
            Some("client") => To::Client(map.next_value()?),
            Some("clients") => To::Clients(map.next_value()?),
            Some("topic") => To::Topic(map.next_value()?),
            Some(_) => return Err(A::Error::invalid_type(Unexpected::Map, &self)),
            None => return Err(A::Error::invalid_length(0, &self)),
        };
        match map.next_key::<IgnoredAny>()? {
            None => Ok(to),
            Some(_) => Err(A::Error::invalid_length(2, &self)),
        }
    }
}

/// The body of `POST /push`, and of one line of `POST /push/batch`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PushRequest {
    /// The audience.
    pub to: To,
    /// The data. A string arrives as its text, any other JSON as its JSON text.
    #[cfg_attr(feature = "ssr", schema(value_type = serde_json::Value))]
    pub data: Box<RawValue>,
    /// The event type for `addEventListener`; without one, `onmessage` is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::EventType>))]
    pub event: Option<String>,
    /// Time to live in seconds: how long the message is kept for offline clients. 0: only connected clients get it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "number::whole"
    )]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::TimeToLive>))]
    pub ttl: Option<u64>,
    /// Makes it safe to repeat a push: within 24 hours, the same key returns the same id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::IdempotencyKey>))]
    pub idempotency_key: Option<String>,
    /// Refuse the push and store nothing if no recipient is connected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub require_online: bool,
    /// Create a job that tracks the delivery until it is complete. Not possible with `ttl` 0, which leaves
    /// no receipts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub track: bool,
    /// Push it at this time (RFC 3339), such as `2027-01-31T08:00:00+01:00`. A time that has passed is due at once. Not possible
    /// with `ttl` 0, `require_online` or `track`. `ttl` counts from this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::Time>))]
    pub at: Option<String>,
    /// Push it after this many seconds. Not together with `at`.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "number::whole"
    )]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::Delay>))]
    pub delay: Option<u64>,
    /// It takes the place of an earlier message with this key and the same audience: whoever has not received that one gets only
    /// this one, and all others get it with `replaces`. Not possible with `ttl` 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::ReplaceKey>))]
    pub replace: Option<String>,
    /// How urgent it is: `very-low`, `low`, `normal` (the default) or `high`. Urgent messages come first in an inbox, and pages
    /// do not notify about messages below `normal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::Urgency>))]
    pub urgency: Option<String>,
    /// The data is also the state of the topic from now on. Only for a topic, and not possible with `ttl` 0.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub state: bool,
}

impl PushRequest {
    /// A push with only an audience and data.
    pub fn new(to: To, data: Box<RawValue>) -> Self {
        Self {
            to,
            data,
            event: None,
            ttl: None,
            idempotency_key: None,
            require_online: false,
            track: false,
            at: None,
            delay: None,
            replace: None,
            urgency: None,
            state: false,
        }
    }
}

/// The form of `POST /push`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ArticlePush {
    /// The recipient.
    #[cfg_attr(feature = "ssr", schema(value_type = values::ClientId))]
    pub client_id: String,
    /// The text.
    pub message: String,
}

/// What `POST /push` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct PushAnswer {
    /// The cursor of the message; none if it is ephemeral. With `due_at`: the id under which it is scheduled.
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::PushId>))]
    pub id: Option<String>,
    /// The number of connections that it was sent to.
    pub connections: u64,
    /// Whether it is kept in the log for offline clients.
    pub queued: bool,
    /// The job that tracks it, if `track` was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::JobId>))]
    pub job: Option<String>,
    /// Nodes of the cluster that have not told in time how many connections they sent it to. `connections` is without
    /// them. They deliver it all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_nodes: Vec<String>,
    /// When it will be pushed, in milliseconds since 1970, if it is scheduled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<u64>,
}

/// One line of the answer of `POST /push/batch`: one for each line of the request, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum BatchAnswer {
    /// The push was accepted.
    Accepted(PushAnswer),
    /// The push was refused; the others are not affected.
    Refused(Problem),
}

/// The body of `POST /ack`: the page has received all messages up to `id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Ack {
    /// The client id.
    #[cfg_attr(feature = "ssr", schema(value_type = values::ClientId))]
    pub client_id: String,
    /// The cursor of the newest received message.
    #[cfg_attr(feature = "ssr", schema(value_type = values::Cursor))]
    pub id: String,
}

/// The body of `POST /api/audience`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AudienceRequest {
    /// The audience of the planned push.
    pub to: To,
}

/// The number of recipients that a push would reach now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AudienceSize {
    /// Distinct clients with at least one connection.
    pub clients: u64,
    /// Their connections.
    pub connections: u64,
}
