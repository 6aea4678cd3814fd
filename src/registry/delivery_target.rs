//! Where the registry puts what is for a connection.

use std::sync::Arc;

use crate::{
    message::Seq,
    outbox::{CloseReason, ConnectionQueue, StreamKey, ThreadQueue},
};

/// The number of a queue, as the registry gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadQueueId(pub(super) u16);

/// See the module's description.
#[derive(Clone, Debug, Default)]
pub enum DeliveryTarget {
    /// Nowhere yet: the connection has been admitted, and nobody writes it so far.
    #[default]
    Unassigned,
    /// Nowhere, and it is to end as soon as somebody writes it.
    Closing(CloseReason),
    /// An outbox of its own, which a task empties.
    Queue(Arc<ConnectionQueue>),
    /// The queue of the thread that writes it, for the connection at this place.
    Thread(ThreadQueueId, StreamKey),
}

/// The thread_queues, and how many of the audience each leads to.
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

    /// One more, or one less, of the audience is led to by a queue.
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
    /// Has the connection ended, once its writer next looks.
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

    /// How many places the connection is behind `head`.
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
