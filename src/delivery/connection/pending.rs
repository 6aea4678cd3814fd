//! An admitted connection that has no writer yet.

use std::sync::Arc;

use super::{Connection, Gap, OverflowQueue, Start};
use crate::{
    outbox::{ConnectionQueue, StreamKey},
    registry::{Admission, DeliveryTarget, Subscriber, ThreadQueueId},
};

/// See the module documentation. It becomes a [`Connection`] when a task or a delivery thread takes it.
pub struct PendingConnection {
    admission: Admission,
    start: Start,
    gap: Option<Gap>,
}

impl PendingConnection {
    /// A connection that will start at `start`. `gap` is reported first.
    pub fn new(admission: Admission, start: Start, gap: Option<Gap>) -> Self {
        Self {
            admission,
            start,
            gap,
        }
    }

    /// Who the connection belongs to, and what it subscribes to.
    pub fn subscriber(&self) -> &Subscriber {
        self.admission.subscriber()
    }

    /// The connection, to be written by a task.
    pub fn written_by_task(self) -> Connection<Arc<ConnectionQueue>> {
        let queue = ConnectionQueue::new(self.admission.limits());
        let target = DeliveryTarget::Queue(Arc::clone(&queue));
        let registration = self.admission.register(target);
        Connection::new(registration, queue, self.start, self.gap)
    }

    /// The connection, to be written by the delivery thread with this queue, as the stream with this key.
    pub fn written_by_thread(
        self,
        queue: ThreadQueueId,
        key: StreamKey,
    ) -> Connection<OverflowQueue> {
        let registration = self.admission.register(DeliveryTarget::Thread(queue, key));
        Connection::new(registration, OverflowQueue::default(), self.start, self.gap)
    }
}
