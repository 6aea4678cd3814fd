//! An answer that says no.

use serde::{Deserialize, Serialize};

/// An answer that says no: RFC 9457 problem details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A link to what is known of this kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What was wrong with this very request.
    pub detail: String,
    /// The kind as a stable `snake_case` word that programs may branch on.
    pub code: String,
    /// The field, parameter or header that was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}
