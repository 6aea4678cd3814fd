//! Who asks, and what they may do.

use serde::{Deserialize, Serialize};

/// The body of `POST /api/session`: signing in to the panel.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The admin token.
    pub token: String,
}

/// What `GET /api/session` answers: what this caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Session {
    /// Whether pushes and the admin API are open to this caller.
    pub admin: bool,
    /// Whether the server has an admin token at all; without one it serves this machine only.
    pub token_required: bool,
}
