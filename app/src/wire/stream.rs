//! Events of a stream other than messages.

use serde::{Deserialize, Serialize};

/// The event that recalls a message; its data is a [`Recall`].
pub const EVENT_RECALL: &str = "recall";

/// The data of `event: recall`: remove this message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Recall {
    /// The cursor of the message.
    pub id: String,
}

/// The data of `event: welcome`, the first event of every stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Welcome {
    /// The client id of this connection.
    pub client_id: String,
    /// The node it is connected to.
    pub node: String,
    /// Seconds between two pings. A stream without data for two of them is dead.
    pub heartbeat: u64,
    /// Milliseconds after which an EventSource connects again when the stream ends, as the field `retry` says.
    pub retry_ms: u64,
    /// The topics and patterns of this connection.
    pub topics: Vec<String>,
}

/// The data of `event: refused`: one topic is not allowed. The rest of the stream continues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Refused {
    /// The topic as it was requested.
    pub topic: String,
    /// The reason as a code, for programs.
    pub code: String,
    /// The reason as a text, for people.
    pub detail: String,
}

/// The data of `event: gap`: messages that are no longer available. The stream continues after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Gap {
    /// The first missing position; none if it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The last missing position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The reason: `pruned`, `expired`, `unreadable`, `unknown_epoch`, `rolled_back` or `slow_reader`.
    pub reason: String,
}

/// The data of `event: reconnect`: the server closes this connection, now or soon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Reconnect {
    /// Milliseconds to wait before reconnecting.
    pub after_ms: u64,
    /// Milliseconds after which the server closes the connection, because its token ends. The client may open another one
    /// with a new token before. None: the server closes it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_ms: Option<u64>,
    /// The reason.
    pub reason: String,
}
