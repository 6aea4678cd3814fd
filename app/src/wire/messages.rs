//! The history: what was pushed, and how far it came.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::To;

/// A message as the history shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MessageInfo {
    /// Its cursor.
    pub id: String,
    /// When it was accepted, in milliseconds since 1970.
    pub at: u64,
    /// When it stops being delivered, in milliseconds since 1970; none: with retention.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// Whom it was for; in a list, of several clients the first ten.
    pub to: To,
    /// How many clients it was for; none for a topic and for everyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<u64>,
    /// The event type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// What was pushed; null once it was recalled.
    #[cfg_attr(feature = "ssr", schema(value_type = serde_json::Value))]
    pub data: Box<RawValue>,
    /// How it ended, if it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// What became of it, in numbers.
    pub receipts: Receipts,
}

/// Why a message is not delivered any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// Its time to live is over.
    Expired,
    /// Somebody took it back.
    Recalled,
}

/// What became of a message. For a message to clients these are clients, each counted once, at the
/// furthest that it came; for a topic and for everyone they are connections, which do not acknowledge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Receipts {
    /// All of them.
    pub audience: u64,
    /// Written to a connection, and not acknowledged.
    pub sent: u64,
    /// Seen by the page.
    pub acknowledged: u64,
    /// Still waiting.
    pub waiting: u64,
    /// Expired before it could be sent.
    pub expired: u64,
    /// Recalled before it could be sent.
    pub recalled: u64,
}

/// How far a message came at one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Receipt {
    /// It waits for the client.
    Queued,
    /// It was written to a connection of the client.
    Sent,
    /// The page has said that it saw it.
    Acknowledged,
    /// Its time was over before it could be sent.
    Expired,
    /// It was recalled before it could be sent.
    Recalled,
}

/// A message's fate at one client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Recipient {
    /// Which client.
    pub client_id: String,
    /// How far it came.
    pub receipt: Receipt,
}

/// What `GET /api/messages/{id}` answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MessageDetail {
    /// The message, with all the names of its audience.
    pub message: MessageInfo,
    /// Its fate client by client, the first thousand; empty for a topic and for everyone.
    pub recipients: Vec<Recipient>,
}

/// What `GET /api/messages` answers: one page, newest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MessagesPage {
    /// The messages of this page. It may be empty and still have a next one.
    pub messages: Vec<MessageInfo>,
    /// What `before` must be for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
