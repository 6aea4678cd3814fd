//! The queue of one connection whose stream is written by a task.

use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use parking_lot::Mutex;

use super::{BoundedQueue, CloseReason, Delivery, Dequeued, QueueLimits};
use crate::message::Seq;

/// A [`BoundedQueue`] that a task can wait on.
pub struct ConnectionQueue {
    inner: Mutex<Inner>,
    limits: QueueLimits,
}

#[derive(Default)]
struct Inner {
    queue: BoundedQueue,
    /// Wakes the task that writes the stream.
    waker: Option<Waker>,
    /// The queue was drained and its task waits.
    idle: bool,
    position: Seq,
}

impl fmt::Debug for ConnectionQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionQueue").finish_non_exhaustive()
    }
}

impl ConnectionQueue {
    /// An empty queue.
    pub fn new(limits: QueueLimits) -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::default(),
            limits,
        })
    }

    /// See [`BoundedQueue::put`]. Never blocks.
    pub fn put(&self, delivery: Delivery) {
        let mut inner = self.inner.lock();
        inner.queue.put(delivery, self.limits);
        inner.wake();
    }

    /// See [`BoundedQueue::close`].
    pub fn close(&self, reason: CloseReason) {
        let mut inner = self.inner.lock();
        inner.queue.close(reason);
        inner.wake();
    }

    /// See [`BoundedQueue::take`].
    pub fn take(&self) -> Dequeued {
        let mut inner = self.inner.lock();
        let taken = inner.queue.take();
        inner.idle |= matches!(taken, Dequeued::Empty);
        taken
    }

    /// Why the connection is being closed, if it is.
    pub fn closing(&self) -> Option<CloseReason> {
        self.inner.lock().queue.closing()
    }

    /// Records the position up to which the connection has been served.
    pub fn set_position(&self, seq: Seq) {
        self.inner.lock().position = seq;
    }

    /// The position up to which the connection has been served; none when the queue is drained.
    pub fn position(&self) -> Option<Seq> {
        let inner = self.inner.lock();
        (!inner.idle).then_some(inner.position)
    }

    /// Ready when the queue has something to take. Else the task is woken then.
    pub fn poll_filled(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.inner.lock();
        if !inner.idle {
            return Poll::Ready(());
        }
        match &mut inner.waker {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        Poll::Pending
    }
}

impl Inner {
    /// Wakes the waiting task, once.
    fn wake(&mut self) {
        if std::mem::take(&mut self.idle)
            && let Some(waker) = &self.waker
        {
            waker.wake_by_ref();
        }
    }
}
