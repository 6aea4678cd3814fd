//! Where what is for a connection comes in: it differs by who writes.

use std::sync::Arc;

use crate::{
    message::Seq,
    outbox::{Bounds, CloseReason, Delivery, Outbox, Queue, Taken},
    registry::Registration,
};

/// See the module's description.
pub trait Inlet {
    /// Why the connection is to end, if it is.
    fn closing(&self) -> Option<CloseReason>;

    /// What to do next: see [`Queue::take`].
    fn take(&mut self) -> Taken;

    /// Notes the place up to which the connection has been served.
    fn served(&mut self, seq: Seq);

    /// The place up to which everything that is for the connection has come in. Asked for *before* the
    /// inlet is looked into: if that is empty then, the connection has been served up to here.
    fn horizon(&self, registration: &Registration) -> Seq;
}

/// A task writes: whoever fans out fills the outbox meanwhile.
impl Inlet for Arc<Outbox> {
    fn closing(&self) -> Option<CloseReason> {
        Outbox::closing(self)
    }

    fn take(&mut self) -> Taken {
        Outbox::take(self)
    }

    fn served(&mut self, seq: Seq) {
        Outbox::served(self, seq);
    }

    fn horizon(&self, registration: &Registration) -> Seq {
        registration.fanned_out()
    }
}

/// What did not fit into the socket of a stream whose thread fills and empties it. Takes no room while
/// there is nothing.
#[derive(Default)]
pub struct Spill(Option<Box<Queue>>);

impl Spill {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// See [`Queue::put`].
    pub fn put(&mut self, delivery: Delivery, bounds: Bounds) {
        self.queue().put(delivery, bounds);
    }

    /// See [`Queue::fall_behind`].
    pub fn fall_behind(&mut self, lost: u64) {
        self.queue().fall_behind(lost);
    }

    /// See [`Queue::close`].
    pub fn close(&mut self, reason: CloseReason) {
        self.queue().close(reason);
    }

    fn queue(&mut self) -> &mut Queue {
        self.0.get_or_insert_default()
    }
}

impl Inlet for Spill {
    fn closing(&self) -> Option<CloseReason> {
        self.0.as_ref()?.closing()
    }

    fn take(&mut self) -> Taken {
        let taken = self.0.as_mut().map_or(Taken::Empty, |queue| queue.take());
        if matches!(taken, Taken::Empty) {
            self.0 = None;
        }
        taken
    }

    /// Its thread knows.
    fn served(&mut self, _: Seq) {}

    /// Its thread says when: see [`super::Connection::had_up_to`].
    fn horizon(&self, _: &Registration) -> Seq {
        0
    }
}
