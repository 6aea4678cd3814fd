//! How a thread of the reactor is woken: at most once for each time that it sleeps.

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

/// See the module's description.
pub struct ThreadWaker {
    waiting: AtomicBool,
    waker: Waker,
}

impl ThreadWaker {
    /// One that wakes whoever waits on this poll.
    pub fn new(poll: &Poll) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            waiting: AtomicBool::new(false),
            waker: Waker::new(poll.registry(), WAKE)?,
        }))
    }

    /// Says that the thread is about to wait, if there is nothing to do then. False: there is something.
    pub fn prepare_to_wait(&self, is_nothing: impl FnOnce() -> bool) -> bool {
        self.waiting.store(true, Ordering::SeqCst);
        let nothing = is_nothing();
        if !nothing {
            self.stop_waiting();
        }
        nothing
    }

    /// Says that the thread does not wait any more.
    pub fn stop_waiting(&self) {
        self.waiting.store(false, Ordering::SeqCst);
    }
}

impl Wake for ThreadWaker {
    fn wake(&self) {
        if self.waiting.swap(false, Ordering::SeqCst)
            && let Err(error) = self.waker.wake()
        {
            tracing::error!(%error, "a thread that writes streams can't be woken");
        }
    }
}
