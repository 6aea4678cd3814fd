//! How a thread of the reactor is woken: at most once for each time that it sleeps.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use mio::{Poll, Token, Waker};

use crate::outbox::Bell;

/// The token of the waker; those of streams count from 0.
pub const WAKE: Token = Token(usize::MAX);

/// See the module's description.
pub struct Alarm {
    asleep: AtomicBool,
    waker: Waker,
}

impl Alarm {
    /// One that wakes whoever waits on this poll.
    pub fn new(poll: &Poll) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            asleep: AtomicBool::new(false),
            waker: Waker::new(poll.registry(), WAKE)?,
        }))
    }

    /// Says that the thread is about to wait, if there is nothing to do then. False: there is something.
    pub fn fall_asleep(&self, is_nothing: impl FnOnce() -> bool) -> bool {
        self.asleep.store(true, Ordering::SeqCst);
        let nothing = is_nothing();
        if !nothing {
            self.wake_up();
        }
        nothing
    }

    /// Says that the thread does not wait any more.
    pub fn wake_up(&self) {
        self.asleep.store(false, Ordering::SeqCst);
    }
}

impl Bell for Alarm {
    fn ring(&self) {
        if self.asleep.swap(false, Ordering::SeqCst)
            && let Err(error) = self.waker.wake()
        {
            tracing::error!(%error, "a thread that writes streams can't be woken");
        }
    }
}
