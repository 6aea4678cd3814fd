//! Writes streams over HTTP/1.1, also with TLS 1.3, in a few threads with an epoll set each.
//!
//! A request for a stream passes the router like any other. If the answer is a stream, its socket is taken from hyper
//! and given to one of these threads. A stream there is a socket and a
//! [`Connection`](super::connection::Connection), without a task, a timer or a buffer of its own: the send buffer of
//! the kernel is enough. A thread gets each message once, with its recipients, and writes it to each of them. What a
//! socket does not take is queued in its connection; what does not fit there is read from the log again.

mod command_queue;
mod detached_stream;
mod heartbeat_wheel;
mod live_writer;
mod read_scheduler;
pub mod record_layer;
mod simulated_thread;
mod socket_io;
mod stream;
mod stream_socket;
mod streams;
mod thread;
mod thread_waker;
mod timers;
mod tls_socket;

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
pub use record_layer::RecordLayer;
pub use simulated_thread::{CountingSocket, SimulatedThread};
use thread::EventLoop;

/// All delivery threads. See the module documentation.
pub struct Reactor {
    command_queues: Vec<Arc<CommandQueue>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    next: AtomicUsize,
}

impl Reactor {
    /// Starts `count` threads. Each stream gets a ping every `heartbeat`. The log is read on the blocking threads of
    /// `runtime`.
    pub fn start(
        broker: &Arc<Broker>,
        heartbeat: Duration,
        count: usize,
        runtime: &tokio::runtime::Handle,
    ) -> io::Result<Self> {
        let (mut command_queues, mut threads) = (Vec::new(), Vec::new());
        for number in 0..count {
            let thread = EventLoop::new(broker, heartbeat, runtime.clone())?;
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

    /// Whether there are delivery threads.
    pub fn writes(&self) -> bool {
        !self.command_queues.is_empty()
    }

    /// Gives a stream to one of the threads, in turn.
    pub fn take(&self, detached: DetachedStream) {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        if let Some(commands) = self
            .command_queues
            .get(next % self.command_queues.len().max(1))
        {
            commands.send(Command::AddStream(Box::new(detached)));
        }
    }

    /// Ends each thread after its last stream.
    pub fn finish(&self) {
        self.send(|| Command::Finish);
    }

    /// Ends all threads now.
    pub fn abort(&self) {
        self.send(|| Command::Abort);
    }

    /// Waits until all threads have ended. Blocks.
    pub fn join(&self) {
        for thread in self.threads.lock().drain(..) {
            // A panic has been logged by its thread.
            let _ = thread.join();
        }
    }

    fn send(&self, command: impl Fn() -> Command) {
        self.command_queues
            .iter()
            .for_each(|commands| commands.send(command()));
    }
}
