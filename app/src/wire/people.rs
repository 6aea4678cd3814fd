//! People who sign in, and sessions.

use serde::{Deserialize, Serialize};

use super::KeyPermission;
#[cfg(feature = "ssr")]
use super::values;

/// The body of `POST /api/people`. A person has a role, or permissions of their own, like an API key.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PersonRequest {
    /// The name to sign in with. Upper and lower case are the same.
    #[cfg_attr(feature = "ssr", schema(value_type = values::PersonName))]
    pub name: String,
    /// The password.
    #[cfg_attr(feature = "ssr", schema(value_type = values::Password))]
    pub password: String,
    /// The name of a role: `GET /api/roles` lists them.
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
}

/// The body of `PATCH /api/people/{id}`: what changes. A new `role` keeps the restriction to `clients` and `topics`, which `[]` and `[]`
/// lift. `permissions` take the place of a role and its restriction, and a role that of permissions.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PersonUpdate {
    /// The name to sign in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::PersonName>))]
    pub name: Option<String>,
    /// A new password. It ends the sessions of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::Password>))]
    pub password: Option<String>,
    /// `false` removes the second factor. Only the person can set one up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::Removed>))]
    pub totp: Option<bool>,
    /// See [`PersonRequest::role`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// See [`PersonRequest::permissions`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(max_items = 32))]
    pub permissions: Option<Vec<KeyPermission>>,
    /// See [`PersonRequest::clients`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<Vec<values::ClientPattern>>, max_items = 100))]
    pub clients: Option<Vec<String>>,
    /// See [`PersonRequest::topics`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<Vec<values::TopicFilter>>, max_items = 100))]
    pub topics: Option<Vec<String>>,
    /// See [`PersonRequest::everyone`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub everyone: Option<bool>,
}

/// A person. Times are in milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct PersonInfo {
    /// The id.
    pub id: String,
    /// The name to sign in with.
    pub name: String,
    /// The OpenID Connect issuer where the person signs in, instead of with a password. The name and the role come from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The role, if the person has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// What the person may do: that of the role, restricted to some clients and topics. Empty if the role is not defined.
    pub permissions: Vec<KeyPermission>,
    /// When the person was added.
    pub created_at: u64,
    /// Whether the person has a second factor.
    pub totp: bool,
    /// When the person last signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in_at: Option<u64>,
    /// The address from which the person last signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in_from: Option<String>,
}

/// One page of people, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct PeoplePage {
    /// The people.
    pub people: Vec<PersonInfo>,
    /// `before` of the next page, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The body of `POST /api/account/password`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The password until now.
    pub password: String,
    /// The new password.
    #[cfg_attr(feature = "ssr", schema(value_type = values::Password))]
    pub new_password: String,
}

/// The body of `POST /api/account/totp` and of `POST /api/account/totp/remove`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordProof {
    /// The password of the person.
    pub password: String,
}

/// The secret of a second factor that can be set up. It is shown only in this answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TotpSetup {
    /// The secret, to type it into an app for codes.
    pub secret: String,
    /// The same as a link that apps for codes open (`otpauth:`).
    pub link: String,
}

/// The body of `PUT /api/account/totp`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TotpConfirmation {
    /// The password of the person.
    pub password: String,
    /// The secret, from the answer of `POST /api/account/totp`.
    pub secret: String,
    /// The code that the app shows now.
    pub code: String,
}

/// An open session. Times are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SessionInfo {
    /// Its id. It is no secret: the cookie has another one.
    pub id: String,
    /// Who signed in: the name of a person or of an API key, or `the admin token`.
    pub name: String,
    /// The id of the person, if a person signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// When it was opened. 0: an earlier version did not store it.
    pub opened_at: u64,
    /// When it ends.
    pub ends_at: u64,
    /// The address that it was opened from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The browser that opened it, as it names itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// Whether this request came with it.
    pub current: bool,
}

/// Open sessions, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SessionsList {
    /// The sessions.
    pub sessions: Vec<SessionInfo>,
}
