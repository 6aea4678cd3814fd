//! Pushing: whom, what, and what came of it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Problem;

/// Whom a push is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum To {
    /// One client, on all its connections.
    Client(String),
    /// Several clients; an id that is named twice counts once.
    Clients(Vec<String>),
    /// Every connection subscribed to this topic. Patterns are for subscriptions only.
    Topic(String),
    /// Every connection there is.
    Everyone,
}

/// The body of `POST /push`, and of one line of `POST /push/batch`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PushRequest {
    /// Whom it is for.
    pub to: To,
    /// What they get: a string arrives as its text, any other JSON as its JSON text.
    #[cfg_attr(feature = "ssr", schema(value_type = serde_json::Value))]
    pub data: Box<RawValue>,
    /// The event type that `addEventListener` waits for; without one it is `onmessage`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Seconds that it may wait for somebody who is not there. 0: only who is connected now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u64>,
    /// Makes it safe to send the same push again: within 24 hours the same key answers the same id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Refuse the push, and keep nothing, when it would reach nobody now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub require_online: bool,
    /// Make a job that tells how the push fares, until nobody waits for it any more. Not for `ttl` 0, which leaves
    /// no receipts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub track: bool,
}

impl PushRequest {
    /// A push with nothing said but whom and what.
    pub fn new(to: To, data: Box<RawValue>) -> Self {
        Self {
            to,
            data,
            event: None,
            ttl: None,
            idempotency_key: None,
            require_online: false,
            track: false,
        }
    }
}

/// What `POST /push` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct PushAnswer {
    /// The cursor of the message; none when it was ephemeral.
    pub id: Option<String>,
    /// How many connections it was handed to now.
    pub connections: u64,
    /// Whether it waits in the log for those who are not there.
    pub queued: bool,
    /// The job that follows it, where `track` asked for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
}

/// One line of what `POST /push/batch` answers: for each line that came, in its order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum BatchAnswer {
    /// It was accepted.
    Accepted(PushAnswer),
    /// It was refused, and the others go on.
    Refused(Problem),
}

/// The body of `POST /ack`: the page has seen everything up to here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Ack {
    /// Whose page it is.
    pub client_id: String,
    /// The cursor of the newest message that it has seen.
    pub id: String,
}

/// The body of `POST /api/audience`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AudienceRequest {
    /// Whom a push would be for.
    pub to: To,
}

/// How many a push would reach, had it been sent at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AudienceSize {
    /// Distinct clients with at least one connection.
    pub clients: u64,
    /// Their connections.
    pub connections: u64,
}
