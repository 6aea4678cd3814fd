//! What the writer keeps in mind for upkeep.

use std::time::Instant;

use super::forget::Forgetting;

/// See the module documentation.
#[derive(Default)]
pub(super) struct Upkeep {
    /// Messages appended since the last check of the limits.
    pub appended: usize,
    /// A task between commits has failed the log, for this reason.
    pub failed: Option<String>,
    pub looked: Option<Instant>,
    pub more: bool,
    pub retry: Option<Instant>,
    pub forgetting: Forgetting,
}
