//! Subscribed topics.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[cfg(feature = "ssr")]
use super::values;

/// A subscribed topic or pattern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TopicInfo {
    /// The topic or pattern of the subscription.
    pub topic: String,
    /// Connections with exactly this subscription. A push to a topic also reaches matching patterns:
    /// `POST /api/audience` counts them.
    pub connections: u64,
}

/// The body of `PUT /api/topics/{topic}/state`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct StateRequest {
    /// The state. A string arrives as its text, any other JSON as its JSON text. `null`: the topic has none.
    #[cfg_attr(feature = "ssr", schema(value_type = serde_json::Value))]
    pub data: Box<RawValue>,
}

/// The state of a topic.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TopicStateInfo {
    /// The topic.
    #[cfg_attr(feature = "ssr", schema(value_type = values::Topic))]
    pub topic: String,
    /// The cursor of the message that has set it.
    #[cfg_attr(feature = "ssr", schema(value_type = values::Cursor))]
    pub id: String,
    /// When it was set, in milliseconds since 1970.
    pub at: u64,
    /// The state.
    #[cfg_attr(feature = "ssr", schema(value_type = serde_json::Value))]
    pub data: Box<RawValue>,
}

/// What `GET /api/topics` answers: one page, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TopicsPage {
    /// The topics of this page.
    pub topics: Vec<TopicInfo>,
    /// The value of `after` for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Nodes of the cluster that have not answered: their connections are missing here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_nodes: Vec<String>,
}
