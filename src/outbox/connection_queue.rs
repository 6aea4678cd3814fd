//! The outbox of one connection that a task writes.

use std::{
    fmt,
    future::poll_fn,
    sync::Arc,
    task::{Poll, Waker},
};

use parking_lot::Mutex;

use super::{BoundedQueue, CloseReason, Delivery, Dequeued, QueueLimits};
use crate::message::Seq;

/// See the module's description.
pub struct ConnectionQueue {
    inner: Mutex<Inner>,
    limits: QueueLimits,
}

#[derive(Default)]
struct Inner {
    queue: BoundedQueue,
    /// Recipients to tell that there is something to take.
    waker: Option<Waker>,
    /// Everything that was put in has been taken, and its taker waits.
    idle: bool,
    position: Seq,
}

impl fmt::Debug for ConnectionQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionQueue").finish_non_exhaustive()
    }
}

impl ConnectionQueue {
    /// An empty one.
    pub fn new(limits: QueueLimits) -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::default(),
            limits,
        })
    }

    /// Puts a delivery in, or notes that the connection fell behind. Never waits.
    pub fn put(&self, delivery: Delivery) {
        let mut inner = self.inner.lock();
        inner.queue.put(delivery, self.limits);
        inner.tell();
    }

    /// Ends the connection once it next looks. The first reason stays.
    pub fn close(&self, reason: CloseReason) {
        let mut inner = self.inner.lock();
        inner.queue.close(reason);
        inner.tell();
    }

    /// What to do next: see [`BoundedQueue::take`].
    pub fn take(&self) -> Dequeued {
        let mut inner = self.inner.lock();
        let taken = inner.queue.take();
        inner.idle |= matches!(taken, Dequeued::Empty);
        taken
    }

    /// Why the connection is to end, if it is.
    pub fn closing(&self) -> Option<CloseReason> {
        self.inner.lock().queue.closing()
    }

    /// Notes the place up to which the connection has been served.
    pub fn set_position(&self, seq: Seq) {
        self.inner.lock().position = seq;
    }

    /// The place up to which the connection has been served, if something waits for it.
    pub fn position(&self) -> Option<Seq> {
        let inner = self.inner.lock();
        (!inner.idle).then_some(inner.position)
    }

    /// Waits until there is something to take.
    pub async fn filled(&self) {
        poll_fn(|context| {
            let mut inner = self.inner.lock();
            if inner.idle {
                inner.waker = Some(context.waker().clone());
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
    }
}

impl Inner {
    /// Tells whoever waits, once.
    fn tell(&mut self) {
        if std::mem::take(&mut self.idle)
            && let Some(waker) = &self.waker
        {
            waker.wake_by_ref();
        }
    }
}
