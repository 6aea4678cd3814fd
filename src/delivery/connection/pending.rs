//! A connection that was pending, before anybody writes it.

use std::sync::Arc;

use super::{Connection, Gap, OverflowQueue, Start};
use crate::{
    outbox::{ConnectionQueue, StreamKey},
    registry::{Admission, DeliveryTarget, Subscriber, ThreadQueueId},
};

/// See the module's description. It becomes a [`Connection`] by saying where what is for it comes in.
pub struct PendingConnection {
    admission: Admission,
    start: Start,
    gap: Option<Gap>,
}

impl PendingConnection {
    /// A connection that is to begin at `start`. What is already known to be missing goes into `gap`.
    pub fn new(admission: Admission, start: Start, gap: Option<Gap>) -> Self {
        Self {
            admission,
            start,
            gap,
        }
    }

    /// What the connection told of itself.
    pub fn subscriber(&self) -> &Subscriber {
        self.admission.subscriber()
    }

    /// One that a task writes.
    pub fn written_by_task(self) -> Connection<Arc<ConnectionQueue>> {
        let queue = ConnectionQueue::new(self.admission.limits());
        let target = DeliveryTarget::Queue(Arc::clone(&queue));
        let registration = self.admission.register(target);
        Connection::new(registration, queue, self.start, self.gap)
    }

    /// One that a thread writes, which takes it from this queue.
    pub fn written_by_thread(
        self,
        queue: ThreadQueueId,
        key: StreamKey,
    ) -> Connection<OverflowQueue> {
        let registration = self.admission.register(DeliveryTarget::Thread(queue, key));
        Connection::new(registration, OverflowQueue::default(), self.start, self.gap)
    }
}
