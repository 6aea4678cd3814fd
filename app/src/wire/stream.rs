//! What a stream tells in band, beside the messages.

use serde::{Deserialize, Serialize};

/// The event that takes a message off the screen; its data is a [`Recall`].
pub const EVENT_RECALL: &str = "recall";

/// The data of `event: recall`: take this message off the screen.
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
    /// Who the server takes this connection for.
    pub client_id: String,
    /// The node it is connected to.
    pub node: String,
    /// Seconds between two pings; a stream that is silent for two of them is dead.
    pub heartbeat: u64,
    /// What this connection is subscribed to.
    pub topics: Vec<String>,
}

/// The data of `event: refused`: one topic was not allowed, the rest of the stream goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Refused {
    /// The topic as it was asked for.
    pub topic: String,
    /// Why, for programs.
    pub code: String,
    /// Why, for people.
    pub detail: String,
}

/// The data of `event: gap`: messages that this stream can't bring any more. It goes on after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Gap {
    /// The first place at which something may be missing; none where nobody can say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Why: `pruned`, `expired`, `unknown_epoch`, `ahead_of_log` or `slow_reader`.
    pub reason: String,
}

/// The data of `event: reconnect`: the server is about to close this connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Reconnect {
    /// Milliseconds to wait before coming back.
    pub after_ms: u64,
    /// Why it closes.
    pub reason: String,
}
