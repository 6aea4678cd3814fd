//! The outcomes of recalls and of maintenance.

use crate::message::Audience;

/// A message that was recalled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recalled {
    /// Whom the message was for, all of them: whoever has it must be told.
    pub audience: Audience,
}

/// What tidying has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Messages whose time to live was over.
    pub expired: usize,
    /// Messages that were removed.
    pub pruned: usize,
    /// Idempotency keys that were forgotten.
    pub keys: usize,
}
