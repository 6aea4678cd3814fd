//! Streams over plain HTTP/1.1, written by a few threads of their own.
//!
//! The router decides, a reactor delivers: a request for a stream passes every layer like any other, and
//! when the answer is a stream, the socket is taken from hyper and given to one of these threads. A stream
//! there is a socket and its [`Connection`](super::connection::Connection); it has no task, no timer and no
//! buffer of its own, since the system's send buffer does for one. A message comes to a thread once, with
//! those it is for, and is written to each of them. What a socket has no room for waits in its connection,
//! and what does not fit into that in the log.

mod command_queue;
mod detached_stream;
mod heartbeat_wheel;
mod live_writer;
mod read_scheduler;
mod simulated_thread;
mod stream;
mod streams;
mod thread;
mod thread_waker;
mod timers;

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use parking_lot::Mutex;

use crate::broker::Broker;
use command_queue::{Command, CommandQueue};
pub use detached_stream::DetachedStream;
pub use simulated_thread::{CountingSocket, SimulatedThread};
use thread::Thread;

/// The threads. See the module's description.
pub struct Reactor {
    command_queues: Vec<Arc<CommandQueue>>,
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
        let (mut command_queues, mut threads) = (Vec::new(), Vec::new());
        for number in 0..count {
            let thread = Thread::new(broker, heartbeat, runtime.clone())?;
            command_queues.push(thread.commands());
            let named = std::thread::Builder::new().name(format!("deliver-{number}"));
            threads.push(named.spawn(move || thread.run())?);
        }
        Ok(Self {
            command_queues,
            threads: Mutex::new(threads),
            next: AtomicUsize::new(0),
        })
    }

    /// Whether there is a thread that writes.
    pub fn writes(&self) -> bool {
        !self.command_queues.is_empty()
    }

    /// Gives a stream to one of the threads.
    pub fn take(&self, detached: DetachedStream) {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        if let Some(commands) = self
            .command_queues
            .get(next % self.command_queues.len().max(1))
        {
            commands.send(Command::AddStream(Box::new(detached)));
        }
    }

    /// Lets each thread end with its last stream.
    pub fn finish(&self) {
        self.tell(|| Command::Finish);
    }

    /// Ends them now.
    pub fn abort(&self) {
        self.tell(|| Command::Abort);
    }

    /// Waits until they have ended. Blocks.
    pub fn join(&self) {
        for thread in self.threads.lock().drain(..) {
            // One that panicked has said so.
            let _ = thread.join();
        }
    }

    fn tell(&self, command: impl Fn() -> Command) {
        self.command_queues
            .iter()
            .for_each(|commands| commands.send(command()));
    }
}
