//! Where the registry puts the messages for a connection.

use std::sync::Arc;

use crate::{
    message::Seq,
    outbox::{CloseReason, ConnectionQueue, StreamKey, ThreadQueue},
};

/// The id of a thread queue in the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadQueueId(pub(super) u16);

/// See the module documentation.
#[derive(Clone, Debug, Default)]
pub enum DeliveryTarget {
    /// None yet: the connection is admitted, but not registered.
    #[default]
    Unassigned,
    /// None yet, and it is to be closed as soon as it is registered.
    Closing(CloseReason),
    /// A queue of its own, which a task empties.
    Queue(Arc<ConnectionQueue>),
    /// The queue of the delivery thread that writes its stream, with the key of the stream.
    Thread(ThreadQueueId, StreamKey),
}

/// The queues of all delivery threads, with the number of their streams, without observers.
#[derive(Default)]
pub(super) struct ThreadQueues(Vec<QueueEntry>);

pub(super) struct QueueEntry {
    pub(super) queue: Arc<ThreadQueue>,
    pub(super) audience: u64,
}

impl ThreadQueues {
    pub(super) fn add(&mut self, queue: Arc<ThreadQueue>) -> ThreadQueueId {
        self.0.push(QueueEntry { queue, audience: 0 });
        ThreadQueueId((self.0.len() - 1) as u16)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &QueueEntry> {
        self.0.iter()
    }

    /// Adds to, or subtracts from, the number of streams of a thread, without observers.
    pub(super) fn count(&mut self, id: ThreadQueueId, change: i64) {
        if let Some(entry) = self.0.get_mut(usize::from(id.0)) {
            entry.audience = entry.audience.saturating_add_signed(change);
        }
    }

    pub(super) fn queue(&self, id: ThreadQueueId) -> Option<&ThreadQueue> {
        self.0.get(usize::from(id.0)).map(|entry| &*entry.queue)
    }
}

impl DeliveryTarget {
    /// Closes the connection when its writer reads the queue next.
    pub(super) fn close(&mut self, thread_queues: &ThreadQueues, reason: CloseReason) {
        match self {
            Self::Unassigned => *self = Self::Closing(reason),
            Self::Closing(_) => {}
            Self::Queue(queue) => queue.close(reason),
            Self::Thread(id, key) => {
                if let Some(queue) = thread_queues.queue(*id) {
                    queue.close(*key, reason);
                }
            }
        }
    }

    /// How many positions the connection is behind `head`.
    pub(super) fn behind(&self, thread_queues: &ThreadQueues, head: Seq) -> u64 {
        let position = match self {
            Self::Unassigned | Self::Closing(_) => None,
            Self::Queue(queue) => queue.position(),
            Self::Thread(id, key) => thread_queues
                .queue(*id)
                .and_then(|queue| queue.position(*key)),
        };
        position.map_or(0, |position| head.saturating_sub(position))
    }
}
