//! What other threads have for a thread of the reactor, besides messages.

use std::{mem, sync::Arc};

use parking_lot::Mutex;

use super::{
    DetachedStream,
    reads::{Asked, Done},
    thread_waker::ThreadWaker,
};
use crate::outbox::Wake;

/// Something that is not for now and then, but for one stream or for the thread itself.
pub enum Mail {
    /// A stream to write.
    Stream(Box<DetachedStream>),
    /// What streams asked for of the log, and what was not got round to.
    Reads(Vec<Done>, Vec<Asked>),
    /// No more streams come: end with the last.
    Finish,
    /// End now.
    Abort,
}

/// See the module's description.
pub struct Mailbox {
    mail: Mutex<Vec<Mail>>,
    waker: Arc<ThreadWaker>,
}

impl Mailbox {
    /// One that wakes its thread by this waker.
    pub fn new(waker: Arc<ThreadWaker>) -> Arc<Self> {
        Arc::new(Self {
            mail: Mutex::default(),
            waker,
        })
    }

    /// Leaves something there.
    pub fn send(&self, mail: Mail) {
        self.mail.lock().push(mail);
        self.waker.wake();
    }

    /// Takes what was left there.
    pub fn take(&self) -> Vec<Mail> {
        mem::take(&mut *self.mail.lock())
    }

    /// Whether nothing was.
    pub fn is_empty(&self) -> bool {
        self.mail.lock().is_empty()
    }
}
