//! What a commit changes, as data.
//!
//! The writer works in two steps. It decides what to change, and puts that into a [`ChangeSet`] (`writer/decide.rs`).
//! Then it applies the change set to the file (`writer/apply.rs`). What the second step does depends only on the file
//! and on the change set: not on a clock, on what is in memory, or on where a transaction ends. So logs that apply the
//! same change sets have the same content.
//!
//! Expiry and retention are not change sets yet: they read the clock and the size of the file.

use crate::{
    job::JobCommand,
    log::{
        entry::{Entry, IdempotencyKey},
        positions::ClientPosition,
    },
    message::{ClientId, Seq},
};

/// Changes that are applied together, in order.
#[derive(Clone, Debug, Default)]
pub(in crate::log) struct ChangeSet {
    /// The time of all changes, in milliseconds since 1970.
    pub at: u64,
    pub changes: Vec<Change>,
}

/// One change. Each has a result of its own.
#[derive(Clone, Debug)]
pub(in crate::log) enum Change {
    /// Store a message, unless its idempotency key is in use.
    Append(Entry),
    /// Change a job, if the command is allowed in its state.
    Job(JobCommand),
    /// End the delivery of a message, and delete its data.
    Recall(Recall),
}

/// The recall of a message.
#[derive(Clone, Debug)]
pub(in crate::log) struct Recall {
    pub seq: Seq,
    /// The key to release, so that another push can use it.
    pub key: Option<IdempotencyKey>,
    /// The positions of its clients, as far as they are not in the file: whoever has received the message keeps its
    /// receipt.
    pub positions: Vec<(ClientId, ClientPosition)>,
}

impl Change {
    pub fn is_recall(&self) -> bool {
        matches!(self, Self::Recall(_))
    }
}
