//! Results of recalls and of maintenance.

use std::sync::Arc;

use crate::message::{Audience, Update};

/// A message that was recalled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recalled {
    /// The complete audience of the message. All clients that have received it must be informed.
    pub audience: Audience,
    /// What it had besides, if it was an update of Mercure.
    pub update: Option<Arc<Update>>,
}

/// The counts of a maintenance run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MaintenanceCounts {
    /// Messages that expired.
    pub expired: usize,
    /// Messages that were pruned.
    pub pruned: usize,
    /// Idempotency keys that were removed.
    pub keys: usize,
}
