//! What is subscribed to.

use serde::{Deserialize, Serialize};

/// A topic or pattern that somebody is subscribed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TopicInfo {
    /// As it stands in the subscription.
    pub topic: String,
    /// Connections that are subscribed to just this. A push to a topic reaches those of matching patterns too:
    /// `POST /api/audience` counts them.
    pub connections: u64,
}

/// What `GET /api/topics` answers: one page, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TopicsPage {
    /// The topics of this page.
    pub topics: Vec<TopicInfo>,
    /// What `after` must be for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
