//! Commands from other threads to a delivery thread: new streams, finished reads of the log, and the end.
//!
//! Messages do not come this way but by the [`ThreadQueue`](crate::outbox::ThreadQueue).

use std::{mem, sync::Arc};

use parking_lot::Mutex;

use super::{detached_stream::DetachedStream, thread_waker::ThreadWaker};
use crate::{
    delivery::connection::{Backlog, LogRead},
    log::ReadError,
    outbox::{StreamKey, Wake},
};

/// A read of the log that a stream asked for.
pub type ReadRequest = (StreamKey, LogRead);

/// The outcome of a [`ReadRequest`].
pub type ReadResult = (StreamKey, Result<Backlog, ReadError>);

/// A command to a delivery thread.
pub enum Command {
    /// Write this stream.
    AddStream(Box<DetachedStream>),
    /// These reads are done. Those in the second list were not started and have to be queued again.
    ReadsDone(Vec<ReadResult>, Vec<ReadRequest>),
    /// No more streams will be added: end with the last one.
    Finish,
    /// End now.
    Abort,
}

/// See the module documentation.
pub struct CommandQueue {
    commands: Mutex<Vec<Command>>,
    waker: Arc<ThreadWaker>,
}

impl CommandQueue {
    /// An empty queue for the thread that this waker wakes.
    pub fn new(waker: Arc<ThreadWaker>) -> Arc<Self> {
        Arc::new(Self {
            commands: Mutex::default(),
            waker,
        })
    }

    /// Adds a command and wakes the thread.
    pub fn send(&self, command: Command) {
        self.commands.lock().push(command);
        self.waker.wake();
    }

    /// Takes all commands, in order.
    pub fn take(&self) -> Vec<Command> {
        mem::take(&mut *self.commands.lock())
    }

    /// Whether there is no command.
    pub fn is_empty(&self) -> bool {
        self.commands.lock().is_empty()
    }
}
