//! The message history: pushed messages and their delivery.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::To;
#[cfg(feature = "ssr")]
use super::values;

/// A message as the history shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MessageInfo {
    /// Its cursor.
    #[cfg_attr(feature = "ssr", schema(value_type = values::Cursor))]
    pub id: String,
    /// When it was accepted, in milliseconds since 1970.
    pub at: u64,
    /// When it stops being delivered, in milliseconds since 1970; none: with retention.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// The audience; in a list, at most the first ten of several clients.
    pub to: To,
    /// The number of clients it is for; none for a topic and for everyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<u64>,
    /// The event type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The data; null after it was recalled.
    #[cfg_attr(feature = "ssr", schema(value_type = serde_json::Value))]
    pub data: Box<RawValue>,
    /// Its key for replacement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace: Option<String>,
    /// The first of the messages whose place it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::Cursor>))]
    pub replaces: Option<String>,
    /// How urgent it is, if not `normal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::Urgency>))]
    pub urgency: Option<String>,
    /// Why it is no longer delivered, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// Its delivery to one client; only in a list for a `client_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// Its delivery in numbers.
    pub receipts: Receipts,
}

/// Why a message is no longer delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// It expired.
    Expired,
    /// It was recalled.
    Recalled,
    /// A newer message with the same `replace` took its place.
    Replaced,
}

/// The delivery of a message. For a message to clients, each client is counted once, in its furthest state.
/// For a topic and for everyone, connections are counted; they do not acknowledge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Receipts {
    /// All recipients.
    pub audience: u64,
    /// Written to a connection, but not acknowledged.
    pub sent: u64,
    /// Acknowledged by the page.
    pub acknowledged: u64,
    /// Not sent yet.
    pub waiting: u64,
    /// Expired before it could be sent.
    pub expired: u64,
    /// Recalled before it could be sent.
    pub recalled: u64,
    /// Replaced by a newer message before it could be sent.
    #[serde(default)]
    pub replaced: u64,
}

/// The delivery of a message to one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Receipt {
    /// It is queued for the client.
    Queued,
    /// It was written to a connection of the client.
    Sent,
    /// The page has acknowledged it.
    Acknowledged,
    /// It expired before it could be sent.
    Expired,
    /// It was recalled before it could be sent.
    Recalled,
    /// A newer message took its place before it could be sent.
    Replaced,
}

/// The delivery of a message to one client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Recipient {
    /// The client id.
    #[cfg_attr(feature = "ssr", schema(value_type = values::ClientId))]
    pub client_id: String,
    /// The state of delivery.
    pub receipt: Receipt,
}

/// What `GET /api/messages/{id}` answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MessageDetail {
    /// The message, with its whole audience.
    pub message: MessageInfo,
    /// The delivery for each client, at most the first thousand; empty for a topic and for everyone.
    pub recipients: Vec<Recipient>,
    /// Where the push belongs in a distributed trace: the header field `traceparent` (W3C Trace Context) that it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The id under which it was scheduled, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::ScheduleId>))]
    pub scheduled: Option<String>,
}

/// What `GET /api/messages` answers: one page, newest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MessagesPage {
    /// The messages of this page. It may be empty and still have a next page.
    pub messages: Vec<MessageInfo>,
    /// The value of `before` for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::Cursor>))]
    pub next: Option<String>,
    /// Ranges that can't be read because the log is damaged, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<CursorRange>,
}

/// A range of messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CursorRange {
    /// The cursor of the first.
    #[cfg_attr(feature = "ssr", schema(value_type = values::Cursor))]
    pub from: String,
    /// The cursor of the last.
    #[cfg_attr(feature = "ssr", schema(value_type = values::Cursor))]
    pub to: String,
}
