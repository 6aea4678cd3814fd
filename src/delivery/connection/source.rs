//! Where a connection takes live messages from. There is one kind for tasks and one for delivery threads.

use std::sync::Arc;

use crate::{
    message::Seq,
    outbox::{BoundedQueue, CloseReason, ConnectionQueue, Delivery, Dequeued, QueueLimits},
    registry::Registration,
};

/// A queue of live messages for one connection.
pub trait Source {
    /// Why the connection is being closed, if it is.
    fn closing(&self) -> Option<CloseReason>;

    /// See [`BoundedQueue::take`].
    fn take(&mut self) -> Dequeued;

    /// Records the position up to which the connection has been served.
    fn set_position(&mut self, seq: Seq);

    /// The position up to which every message for the connection has been put into the source. Read it *before*
    /// [`Self::take`]: if the source is empty then, the connection is up to date to this position.
    fn watermark(&self, registration: &Registration) -> Seq;
}

/// For a task: fan-out fills the queue while the task writes.
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

/// For a delivery thread: messages that the socket of a stream did not take. Only that thread uses it. It allocates
/// nothing while it is empty.
#[derive(Default)]
pub struct OverflowQueue(Option<Box<BoundedQueue>>);

impl OverflowQueue {
    /// Whether it is empty.
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

    /// Not needed: the thread reports the position.
    fn set_position(&mut self, _: Seq) {}

    /// The thread advances the cursor instead: see [`super::Connection::advance_to`].
    fn watermark(&self, _: &Registration) -> Seq {
        0
    }
}
