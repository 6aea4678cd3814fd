//! What the writer keeps in mind for maintenance.

use std::time::Instant;

use crate::log::retention::names::NamePruning;

/// See the module documentation.
#[derive(Default)]
pub(in crate::log) struct Maintenance {
    /// Messages appended since the last check of the limits.
    pub appended: usize,
    /// A task between commits has failed the log, for this reason.
    pub failed: Option<String>,
    pub looked: Option<Instant>,
    pub more: bool,
    pub retry: Option<Instant>,
    pub name_pruning: NamePruning,
}
