//! What a team saves to push with: lists of recipients, and templates of messages.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::number;
#[cfg(feature = "ssr")]
use super::values;

/// A saved list, without its members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ListInfo {
    /// Its id.
    #[cfg_attr(feature = "ssr", schema(value_type = values::SavedId))]
    pub id: String,
    /// Its name.
    pub name: String,
    /// How many clients it has.
    pub clients: u64,
    /// How many topics it has.
    pub topics: u64,
    /// The name of who made it, as it was then.
    pub made_by: String,
    /// When it was made, in milliseconds since 1970.
    pub made_at: u64,
    /// The name of who changed it last, as it was then.
    pub changed_by: String,
    /// When it was changed last, in milliseconds since 1970.
    pub changed_at: u64,
}

/// What `GET /api/lists` answers: all lists that the caller may push to, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SavedLists {
    /// The lists.
    pub lists: Vec<ListInfo>,
}

/// A saved list with its members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SavedList {
    /// Its id.
    #[cfg_attr(feature = "ssr", schema(value_type = values::SavedId))]
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its clients, each once.
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<values::ClientId>))]
    pub clients: Vec<String>,
    /// Its topics, each once.
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<values::Topic>))]
    pub topics: Vec<String>,
    /// The name of who made it, as it was then.
    pub made_by: String,
    /// When it was made, in milliseconds since 1970.
    pub made_at: u64,
    /// The name of who changed it last, as it was then.
    pub changed_by: String,
    /// When it was changed last, in milliseconds since 1970.
    pub changed_at: u64,
}

/// The body of `POST /api/lists` and `PUT /api/lists/{id}`: at least one client or topic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ListRequest {
    /// Its name: two lists have different names, and upper and lower case are the same.
    #[cfg_attr(feature = "ssr", schema(value_type = values::SavedName))]
    pub name: String,
    /// Clients: at most 10000. A repeated one counts once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<values::ClientId>, max_items = 10000))]
    pub clients: Vec<String>,
    /// Topics: at most 100. A repeated one counts once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<values::Topic>, max_items = 100))]
    pub topics: Vec<String>,
}

/// A template, without the data of its message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TemplateInfo {
    /// Its id.
    #[cfg_attr(feature = "ssr", schema(value_type = values::SavedId))]
    pub id: String,
    /// Its name.
    pub name: String,
    /// The event type of its message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::EventType>))]
    pub event: Option<String>,
    /// The name of who made it, as it was then.
    pub made_by: String,
    /// When it was made, in milliseconds since 1970.
    pub made_at: u64,
    /// The name of who changed it last, as it was then.
    pub changed_by: String,
    /// When it was changed last, in milliseconds since 1970.
    pub changed_at: u64,
}

/// What `GET /api/templates` answers: all templates, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SavedTemplates {
    /// The templates.
    pub templates: Vec<TemplateInfo>,
}

/// A template: a message without its audience.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SavedTemplate {
    /// Its id.
    #[cfg_attr(feature = "ssr", schema(value_type = values::SavedId))]
    pub id: String,
    /// What was saved.
    pub template: TemplateRequest,
    /// The name of who made it, as it was then.
    pub made_by: String,
    /// When it was made, in milliseconds since 1970.
    pub made_at: u64,
    /// The name of who changed it last, as it was then.
    pub changed_by: String,
    /// When it was changed last, in milliseconds since 1970.
    pub changed_at: u64,
}

/// The body of `POST /api/templates` and `PUT /api/templates/{id}`. Its fields mean what they mean in a push.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TemplateRequest {
    /// Its name: two templates have different names, and upper and lower case are the same.
    #[cfg_attr(feature = "ssr", schema(value_type = values::SavedName))]
    pub name: String,
    /// The data. A string is a text, and anything else is JSON.
    #[cfg_attr(feature = "ssr", schema(value_type = serde_json::Value))]
    pub data: Box<RawValue>,
    /// The event type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::EventType>))]
    pub event: Option<String>,
    /// Time to live in seconds.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "number::whole"
    )]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::TimeToLive>))]
    pub ttl: Option<u64>,
    /// The key for replacement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::ReplaceKey>))]
    pub replace: Option<String>,
    /// How urgent it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::Urgency>))]
    pub urgency: Option<String>,
    /// Whether the push is refused if no recipient is connected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub require_online: bool,
}
