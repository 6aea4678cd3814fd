//! Wakes a delivery thread, at most once for each time that it waits.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use mio::{Poll, Token, Waker};

use crate::outbox::Wake;

/// The token of the waker; those of streams count from 0.
pub const WAKE: Token = Token(usize::MAX);

/// See the module documentation.
pub struct ThreadWaker {
    waiting: AtomicBool,
    waker: Waker,
}

impl ThreadWaker {
    /// A waker of the thread that waits on this poll.
    pub fn new(poll: &Poll) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            waiting: AtomicBool::new(false),
            waker: Waker::new(poll.registry(), WAKE)?,
        }))
    }

    /// Announces that the thread is about to wait, unless there is something to do. Returns whether it may wait.
    pub fn prepare_to_wait(&self, is_nothing: impl FnOnce() -> bool) -> bool {
        self.waiting.store(true, Ordering::SeqCst);
        let nothing = is_nothing();
        if !nothing {
            self.stop_waiting();
        }
        nothing
    }

    /// Announces that the thread no longer waits.
    pub fn stop_waiting(&self) {
        self.waiting.store(false, Ordering::SeqCst);
    }
}

impl Wake for ThreadWaker {
    fn wake(&self) {
        if self.waiting.swap(false, Ordering::SeqCst)
            && let Err(error) = self.waker.wake()
        {
            tracing::error!(%error, "a delivery thread cannot be woken");
        }
    }
}
