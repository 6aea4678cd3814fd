//! The session of the caller.

use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::values;

/// The body of `POST /api/session`: sign-in to the admin panel, with a token, or with a name and a password.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The admin token, or an API key that may `read`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The name of a person who may `read`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The password of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The code of the second factor. Without it, a person who has one gets the error `code_needed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// The answer of `GET /api/session`: what this caller may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Session {
    /// Whether the caller may use the panel: it may `read`.
    pub admin: bool,
    /// Whether the server has an admin token. Without one it serves this machine only.
    pub token_required: bool,
    /// Who the caller is, if it may do something: the name of its API key, or of what it signed in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The actions that it may do, to all or to some clients and topics.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<values::Action>))]
    pub actions: Vec<String>,
    /// Whether there are people who sign in with a name and a password.
    #[serde(default)]
    pub people: bool,
    /// The id of the person who has signed in, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The OpenID Connect issuer with whose account that person has signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The name of the issuer with whose accounts people can sign in, at `/api/session/oidc`, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oidc: Option<String>,
}

impl Session {
    /// Whether the caller may do this, to some clients or topics at least.
    pub fn may(&self, action: &str) -> bool {
        self.actions.iter().any(|allowed| allowed == action)
    }
}
