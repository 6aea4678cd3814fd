//! The proof that a connection is in the registry.

use std::sync::Arc;

use super::{Entry, Newcomer, Outlet, Registry, members::Key};
use crate::{message::Seq, outbox::QueueLimits};

/// A place for a connection. Dropping it gives it up.
pub struct Admission {
    pub(super) registry: Arc<Registry>,
    pub(super) entry: Arc<Entry>,
    pub(super) key: Key,
}

impl Admission {
    /// What the connection told of itself.
    pub fn newcomer(&self) -> &Newcomer {
        &self.entry.newcomer
    }

    /// What may wait for the connection.
    pub fn limits(&self) -> QueueLimits {
        self.registry.limits
    }

    /// From this moment on, everything for the connection goes to this outlet.
    pub fn listen(self, outlet: Outlet) -> Registration {
        self.registry.members.lock().listen(self.key, outlet);
        Registration(self)
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.registry.members.lock().remove(self.key);
        self.registry.note_change(&self.entry.newcomer);
    }
}

/// The proof that what is for a connection is being collected. Dropping it takes the connection out.
pub struct Registration(Admission);

impl Registration {
    /// What the connection told of itself.
    pub fn newcomer(&self) -> &Newcomer {
        self.0.newcomer()
    }

    /// See [`Registry::fanned_out`].
    pub fn fanned_out(&self) -> Seq {
        self.0.registry.fanned_out()
    }
}
