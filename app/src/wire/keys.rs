//! API keys and roles.

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::value::RawValue;

use super::number;
#[cfg(feature = "ssr")]
use super::values;

/// Some actions on some clients and topics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KeyPermission {
    /// The actions.
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<values::Action>, min_items = 1))]
    pub actions: Vec<String>,
    /// The clients.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<values::ClientPattern>, max_items = 100))]
    pub clients: Vec<String>,
    /// The topics.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<values::TopicFilter>, max_items = 100))]
    pub topics: Vec<String>,
    /// Whether messages to everyone are included.
    #[serde(default)]
    pub everyone: bool,
}

/// The body of `POST /api/keys`. A key has a role, or permissions of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KeyRequest {
    /// A name, for people.
    #[cfg_attr(feature = "ssr", schema(value_type = values::KeyName))]
    pub name: String,
    /// The role: `admin`, `operator`, `publisher`, `viewer`, `listener`, or one of the settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The permissions, instead of a role.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(max_items = 32))]
    pub permissions: Vec<KeyPermission>,
    /// The clients that the role is restricted to. If only `topics` are given, there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<values::ClientPattern>, max_items = 100))]
    pub clients: Vec<String>,
    /// The topics that the role is restricted to. If only `clients` are given, there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<values::TopicFilter>, max_items = 100))]
    pub topics: Vec<String>,
    /// Whether the role includes messages to everyone. Default: only if it is not restricted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub everyone: Option<bool>,
    /// After how many seconds the key ends. Default: never.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "number::whole"
    )]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::KeyLifetime>))]
    pub ttl: Option<u64>,
    /// How many messages may be pushed with it on one day. A day begins at midnight UTC. Default: any number.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "number::whole"
    )]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::PositiveNumber>))]
    pub pushes_per_day: Option<u64>,
}

/// The body of `PATCH /api/keys/{id}`: what changes. A new `role` keeps the restriction to `clients` and `topics`, which `[]` and `[]`
/// lift. `permissions` take the place of a role and its restriction, and a role that of permissions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KeyUpdate {
    /// A name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::KeyName>))]
    pub name: Option<String>,
    /// See [`KeyRequest::role`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// See [`KeyRequest::permissions`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(max_items = 32))]
    pub permissions: Option<Vec<KeyPermission>>,
    /// See [`KeyRequest::clients`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<Vec<values::ClientPattern>>, max_items = 100))]
    pub clients: Option<Vec<String>>,
    /// See [`KeyRequest::topics`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<Vec<values::TopicFilter>>, max_items = 100))]
    pub topics: Option<Vec<String>>,
    /// See [`KeyRequest::everyone`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub everyone: Option<bool>,
    /// After how many seconds from now the key ends. 0: never.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "number::whole"
    )]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::TimeToLive>))]
    pub ttl: Option<u64>,
    /// How many messages may be pushed with it on one day. 0: any number.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "number::whole"
    )]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::Number>))]
    pub pushes_per_day: Option<u64>,
}

/// The body of `POST /api/keys/{id}/rotate`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// For how many seconds the old text is still good. Default: one day.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "number::whole"
    )]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::TimeToLive>))]
    pub overlap: Option<u64>,
}

/// An API key, without its text. Times are in milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct KeyInfo {
    /// Its id. The admin token is listed as `admin-token`.
    pub id: String,
    /// Its name, for people.
    pub name: String,
    /// Its role, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// What it may do: that of its role, restricted to its own clients and topics. Empty if the role is not defined.
    pub permissions: Vec<KeyPermission>,
    /// When it was made. 0: the admin token, which is in the settings.
    pub created_at: u64,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// When its text was last replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotated_at: Option<u64>,
    /// Until when the text before the last rotation is good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_until: Option<u64>,
    /// When it was last used. After a crash, or at another node of a cluster, up to a minute late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<u64>,
    /// The address from which it was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_from: Option<String>,
    /// How many messages may be pushed with it on one day (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushes_per_day: Option<u64>,
    /// How many were pushed today. Of a key without a quota it is not counted. In a cluster, what other nodes have accepted
    /// is up to a minute late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushes_today: Option<u64>,
}

/// A key with its text, which is shown only once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct NewKey {
    /// The text: send it as `Authorization: Bearer`.
    pub key: String,
    /// The key.
    #[serde(flatten)]
    pub info: KeyInfo,
}

/// Reads both parts from the same object. The code that serde generates to read a flattened structure is larger than a
/// page of the panel.
impl<'de> Deserialize<'de> for NewKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Text {
            key: String,
        }
        let object = Box::<RawValue>::deserialize(deserializer)?;
        let Text { key } = serde_json::from_str(object.get()).map_err(D::Error::custom)?;
        let info = serde_json::from_str(object.get()).map_err(D::Error::custom)?;
        Ok(Self { key, info })
    }
}

/// One page of keys, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct KeysPage {
    /// The keys.
    pub keys: Vec<KeyInfo>,
    /// `before` of the next page, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RoleInfo {
    /// Its name.
    pub name: String,
    /// What it allows.
    pub permissions: Vec<KeyPermission>,
}

/// All roles, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RolesList {
    /// The roles.
    pub roles: Vec<RoleInfo>,
}
