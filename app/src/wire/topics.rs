//! Subscribed topics.

use serde::{Deserialize, Serialize};

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
