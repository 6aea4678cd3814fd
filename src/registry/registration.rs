//! The proof that a connection is in the registry.

use std::sync::Arc;

use super::{ConnectionId, Newcomer, Registry};
use crate::{message::Seq, outbox::Outbox};

/// The proof that a connection is registered. Dropping it takes the connection out.
pub struct Registration {
    pub(super) registry: Arc<Registry>,
    pub(super) id: ConnectionId,
    pub(super) newcomer: Arc<Newcomer>,
    pub(super) outbox: Arc<Outbox>,
}

impl Registration {
    /// Where what is for this connection comes in.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// What the connection told of itself.
    pub fn newcomer(&self) -> &Newcomer {
        &self.newcomer
    }

    /// See [`Registry::fanned_out`].
    pub fn fanned_out(&self) -> Seq {
        self.registry.fanned_out()
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.registry.members.lock().remove(self.id);
        self.registry.note_change(&self.newcomer);
    }
}
