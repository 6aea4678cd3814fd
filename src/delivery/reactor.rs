//! Streams over plain HTTP/1.1, written by a few threads of their own.
//!
//! The router decides, a reactor delivers: a request for a stream passes every layer like any other, and
//! when the answer is a stream, the socket is taken from hyper and given to one of these threads. A stream
//! there is a socket and its [`Connection`](super::connection::Connection); it has no task, no timer and no
//! buffer of its own, since the system's send buffer does for one. A message comes to a thread once, with
//! those it is for, and is written to each of them. What a socket has no room for waits in its connection,
//! and what does not fit into that in the log.

mod beats;
mod clock;
mod mailbox;
mod reads;
mod rehearsal;
mod round;
mod stream;
mod streams;
mod thread;
mod thread_waker;

use std::{
    io,
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::OwnedSemaphorePermit;

use super::OpenedStream;
use crate::broker::Broker;
use mailbox::{Mail, Mailbox};
pub use rehearsal::{Counter, Rehearsal};
use thread::Thread;

/// A stream with all that it brings from where it was answered.
pub struct DetachedStream {
    /// The stream.
    pub opened: OpenedStream,
    /// Where it is written.
    pub socket: TcpStream,
    /// The head of its response, which comes first.
    pub head: Bytes,
    /// What it holds until a thread has it.
    pub permit: Option<OwnedSemaphorePermit>,
}

/// The threads. See the module's description.
pub struct Reactor {
    mailboxes: Vec<Arc<Mailbox>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    next: AtomicUsize,
}

impl Reactor {
    /// Starts `count` threads, whose streams get a ping every `heartbeat`. Reads of the log run on this runtime's threads for what blocks.
    pub fn start(
        broker: &Arc<Broker>,
        heartbeat: Duration,
        count: usize,
        runtime: &tokio::runtime::Handle,
    ) -> io::Result<Self> {
        let (mut mailboxes, mut threads) = (Vec::new(), Vec::new());
        for number in 0..count {
            let thread = Thread::new(broker, heartbeat, runtime.clone())?;
            mailboxes.push(thread.mailbox());
            let named = std::thread::Builder::new().name(format!("deliver-{number}"));
            threads.push(named.spawn(move || thread.run())?);
        }
        Ok(Self {
            mailboxes,
            threads: Mutex::new(threads),
            next: AtomicUsize::new(0),
        })
    }

    /// Whether there is a thread that writes.
    pub fn writes(&self) -> bool {
        !self.mailboxes.is_empty()
    }

    /// Gives a stream to one of the threads.
    pub fn take(&self, detached: DetachedStream) {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        if let Some(mailbox) = self.mailboxes.get(next % self.mailboxes.len().max(1)) {
            mailbox.send(Mail::Stream(Box::new(detached)));
        }
    }

    /// Lets each thread end with its last stream.
    pub fn finish(&self) {
        self.tell(|| Mail::Finish);
    }

    /// Ends them now.
    pub fn abort(&self) {
        self.tell(|| Mail::Abort);
    }

    /// Waits until they have ended. Blocks.
    pub fn join(&self) {
        for thread in self.threads.lock().drain(..) {
            // One that panicked has said so.
            let _ = thread.join();
        }
    }

    fn tell(&self, mail: impl Fn() -> Mail) {
        self.mailboxes
            .iter()
            .for_each(|mailbox| mailbox.send(mail()));
    }
}
