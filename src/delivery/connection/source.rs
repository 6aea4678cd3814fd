//! Where what is for a connection comes in: it differs by who writes.

use std::sync::Arc;

use crate::{
    message::Seq,
    outbox::{BoundedQueue, CloseReason, ConnectionQueue, Delivery, Dequeued, QueueLimits},
    registry::Registration,
};

/// See the module's description.
pub trait Source {
    /// Why the connection is to end, if it is.
    fn closing(&self) -> Option<CloseReason>;

    /// What to do next: see [`BoundedQueue::take`].
    fn take(&mut self) -> Dequeued;

    /// Notes the place up to which the connection has been served.
    fn set_position(&mut self, seq: Seq);

    /// The place up to which everything that is for the connection has come in. Asked for *before* the
    /// source is looked into: if that is empty then, the connection has been served up to here.
    fn watermark(&self, registration: &Registration) -> Seq;
}

/// A task writes: whoever fans out fills the outbox meanwhile.
impl Source for Arc<ConnectionQueue> {
    fn closing(&self) -> Option<CloseReason> {
        ConnectionQueue::closing(self)
    }

    fn take(&mut self) -> Dequeued {
        ConnectionQueue::take(self)
    }

    fn set_position(&mut self, seq: Seq) {
        ConnectionQueue::set_position(self, seq);
    }

    fn watermark(&self, registration: &Registration) -> Seq {
        registration.fan_out_position()
    }
}

/// What did not fit into the socket of a stream whose thread fills and empties it. Takes no room while
/// there is nothing.
#[derive(Default)]
pub struct OverflowQueue(Option<Box<BoundedQueue>>);

impl OverflowQueue {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// See [`BoundedQueue::put`].
    pub fn put(&mut self, delivery: Delivery, limits: QueueLimits) {
        self.queue().put(delivery, limits);
    }

    /// See [`BoundedQueue::fall_behind`].
    pub fn fall_behind(&mut self, lost: u64) {
        self.queue().fall_behind(lost);
    }

    /// See [`BoundedQueue::close`].
    pub fn close(&mut self, reason: CloseReason) {
        self.queue().close(reason);
    }

    fn queue(&mut self) -> &mut BoundedQueue {
        self.0.get_or_insert_default()
    }
}

impl Source for OverflowQueue {
    fn closing(&self) -> Option<CloseReason> {
        self.0.as_ref()?.closing()
    }

    fn take(&mut self) -> Dequeued {
        let taken = self
            .0
            .as_mut()
            .map_or(Dequeued::Empty, |queue| queue.take());
        if matches!(taken, Dequeued::Empty) {
            self.0 = None;
        }
        taken
    }

    /// Its thread knows.
    fn set_position(&mut self, _: Seq) {}

    /// Its thread says when: see [`super::Connection::advance_to`].
    fn watermark(&self, _: &Registration) -> Seq {
        0
    }
}
