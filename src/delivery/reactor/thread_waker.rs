//! Wakes a delivery thread, at most once for each time that it waits. Or writes in its place: for a message to one
//! stream, waking a thread costs more than the write.

use std::{
    io,
    sync::{
        Arc, OnceLock, Weak,
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
    deputy: OnceLock<Weak<dyn WriteFew>>,
}

/// Writes in place of a waiting thread.
pub trait WriteFew: Send + Sync {
    /// Writes the messages in the queue of the thread while they are few, and announces that the thread waits again.
    /// Returns false if the thread has to be woken.
    fn write_few(&self) -> bool;
}

impl ThreadWaker {
    /// A waker of the thread that waits on this poll.
    pub fn new(poll: &Poll) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            waiting: AtomicBool::new(false),
            waker: Waker::new(poll.registry(), WAKE)?,
            deputy: OnceLock::new(),
        }))
    }

    /// Sets who writes in place of the thread. Call it once.
    pub fn set_deputy(&self, deputy: Weak<dyn WriteFew>) {
        let first = self.deputy.set(deputy).is_ok();
        debug_assert!(first, "a thread has one deputy");
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

impl ThreadWaker {
    /// Whether the thread waits and nobody else has claimed to wake it.
    fn claim(&self) -> bool {
        self.waiting.swap(false, Ordering::SeqCst)
    }

    fn wake_claimed(&self) {
        if let Err(error) = self.waker.wake() {
            tracing::error!(%error, "a delivery thread cannot be woken");
        }
    }
}

impl Wake for ThreadWaker {
    fn wake(&self) {
        if self.claim() {
            self.wake_claimed();
        }
    }

    fn write_or_wake(&self) {
        if self.claim() {
            let deputy = self.deputy.get().and_then(Weak::upgrade);
            if !deputy.is_some_and(|deputy| deputy.write_few()) {
                self.wake_claimed();
            }
        }
    }
}
