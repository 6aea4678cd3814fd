//! The proof that a connection is in the registry.

use std::sync::Arc;

use super::{
    ConnectionRecord, DeliveryTarget, Registry, Subscriber, connection_table::ConnectionKey,
};
use crate::{message::Seq, outbox::QueueLimits};

/// A place for a connection. Dropping it gives it up.
pub struct Admission {
    pub(super) registry: Arc<Registry>,
    pub(super) record: Arc<ConnectionRecord>,
    pub(super) key: ConnectionKey,
}

impl Admission {
    /// What the connection told of itself.
    pub fn subscriber(&self) -> &Subscriber {
        &self.record.subscriber
    }

    /// What may wait for the connection.
    pub fn limits(&self) -> QueueLimits {
        self.registry.limits
    }

    /// From this moment on, everything for the connection goes to this target.
    pub fn register(self, target: DeliveryTarget) -> Registration {
        self.registry.table.lock().register(self.key, target);
        Registration(self)
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.registry.table.lock().remove(self.key);
        self.registry.note_change(&self.record.subscriber);
    }
}

/// The proof that what is for a connection is being collected. Dropping it takes the connection out.
pub struct Registration(Admission);

impl Registration {
    /// What the connection told of itself.
    pub fn subscriber(&self) -> &Subscriber {
        self.0.subscriber()
    }

    /// See [`Registry::fan_out_position`].
    pub fn fan_out_position(&self) -> Seq {
        self.0.registry.fan_out_position()
    }
}
