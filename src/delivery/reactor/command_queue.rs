//! What other threads have for a thread of the reactor, besides messages.

use std::{mem, sync::Arc};

use parking_lot::Mutex;

use super::{
    DetachedStream,
    read_scheduler::{ReadRequest, ReadResult},
    thread_waker::ThreadWaker,
};
use crate::outbox::Wake;

/// Something that is not for now and then, but for one stream or for the thread itself.
pub enum Command {
    /// A stream to write.
    AddStream(Box<DetachedStream>),
    /// What streams asked for of the log, and what was not got writer to.
    ReadsDone(Vec<ReadResult>, Vec<ReadRequest>),
    /// No more streams come: end with the last.
    Finish,
    /// End now.
    Abort,
}

/// See the module's description.
pub struct CommandQueue {
    command: Mutex<Vec<Command>>,
    waker: Arc<ThreadWaker>,
}

impl CommandQueue {
    /// One that wakes its thread by this waker.
    pub fn new(waker: Arc<ThreadWaker>) -> Arc<Self> {
        Arc::new(Self {
            command: Mutex::default(),
            waker,
        })
    }

    /// Leaves something there.
    pub fn send(&self, command: Command) {
        self.command.lock().push(command);
        self.waker.wake();
    }

    /// Takes what was left there.
    pub fn take(&self) -> Vec<Command> {
        mem::take(&mut *self.command.lock())
    }

    /// Whether nothing was.
    pub fn is_empty(&self) -> bool {
        self.command.lock().is_empty()
    }
}
