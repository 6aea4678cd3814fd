//! Messages that are to be pushed later.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::To;
#[cfg(feature = "ssr")]
use super::values;

/// A message that is to be pushed later, or that was.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ScheduledInfo {
    /// Its id, also after it was pushed.
    #[cfg_attr(feature = "ssr", schema(value_type = values::ScheduleId))]
    pub id: String,
    /// When it is due, in milliseconds since 1970.
    pub due_at: u64,
    /// When it was scheduled, in milliseconds since 1970.
    pub made_at: u64,
    /// The audience; at most the first thousand of several clients.
    pub to: To,
    /// The number of clients it is for; none for a topic and for everyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<u64>,
    /// The event type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Its time to live in seconds, from the time when it is pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u64>,
    /// The data; null after a message was recalled.
    #[cfg_attr(feature = "ssr", schema(value_type = serde_json::Value))]
    pub data: Box<RawValue>,
    /// The message that it has become, for `GET /api/messages/{id}`. None while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::Cursor>))]
    pub message: Option<String>,
}

/// What `GET /api/scheduled` answers: one page, in the order in which they are pushed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ScheduledPage {
    /// Messages that wait. The list may be empty and still have a next page.
    pub scheduled: Vec<ScheduledInfo>,
    /// The value of `after` for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The body of `PATCH /api/scheduled/{id}`: one of both.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ScheduledChange {
    /// Push it at this time (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::Time>))]
    pub at: Option<String>,
    /// Push it after this many seconds from now.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "super::number::whole"
    )]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::Delay>))]
    pub delay: Option<u64>,
}
