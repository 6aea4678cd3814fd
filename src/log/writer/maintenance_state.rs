//! The state of maintenance between its steps.

use std::time::Instant;

use crate::log::retention::names::NamePruning;

/// See the module documentation.
#[derive(Default)]
pub(in crate::log) struct Maintenance {
    /// Messages appended since the last check of the limits.
    pub appended: usize,
    /// Why a task between commits has failed the log.
    pub failed: Option<String>,
    pub limits_checked: Option<Instant>,
    pub more: bool,
    pub retry: Option<Instant>,
    /// When to try again to send what was to be pushed later.
    pub send_again: Option<Instant>,
    pub name_pruning: NamePruning,
}
