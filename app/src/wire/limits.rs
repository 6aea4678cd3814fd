//! The limits of the settings, and how often they were reached.

use serde::{Deserialize, Serialize};

/// For whom something is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LimitedFor {
    /// Each address. IPv6 addresses count by their first 64 bits.
    Address,
    /// Each client.
    Client,
    /// Each key, person or token.
    Caller,
    /// Each API key that has such a limit of its own.
    Key,
}

/// A limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct LimitInfo {
    /// The name of its setting, or of the field of a key.
    pub name: String,
    /// For whom.
    pub of: LimitedFor,
    /// How much is allowed. 0: there is no limit. Absent: each key has its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<u64>,
    /// In so many seconds. Absent: at the same time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// The code of the error that tells of it.
    pub code: String,
    /// How often this node has refused something because of it, since its start.
    pub refused: u64,
}

/// All limits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct LimitsList {
    /// The limits.
    pub limits: Vec<LimitInfo>,
    /// Whether they hold for the admin token too.
    pub admin: bool,
}
