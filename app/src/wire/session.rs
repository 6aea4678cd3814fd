//! The session of the caller.

use serde::{Deserialize, Serialize};

/// The body of `POST /api/session`: sign-in to the admin panel.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The admin token.
    pub token: String,
}

/// The answer of `GET /api/session`: what this caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Session {
    /// Whether the caller may push and use the admin API.
    pub admin: bool,
    /// Whether the server has an admin token. Without one it serves this machine only.
    pub token_required: bool,
}
