//! A delivery thread without a thread and without real sockets, for tests and benchmarks: a registry, a thread queue
//! and streams. It measures the cost of a connection without the kernel's share, for more connections than there can
//! be file descriptors.

use std::{
    cell::Cell,
    io::{self, Read, Write},
    rc::Rc,
    sync::Arc,
};

use super::{live_writer::LiveWriter, stream::Stream, streams::Streams};
use crate::{
    delivery::connection::{Backlog, PendingConnection, Start, Step},
    message::{Audience, ClientId, Encoding, FrameWriter, TopicFilter},
    outbox::{Delivery, QueueLimits, StreamKey, ThreadQueue, Wake},
    registry::{AdmissionError, Capacity, Registry, Subscriber, ThreadQueueId},
};

/// The default limits of a queue.
const LIMITS: QueueLimits = QueueLimits {
    frames: 64,
    bytes: 256 << 10,
};

/// See the module documentation.
pub struct SimulatedThread<S> {
    registry: Arc<Registry>,
    queue: Arc<ThreadQueue>,
    queue_id: ThreadQueueId,
    pub(super) streams: Streams<S>,
    pub(super) writer: LiveWriter,
}

impl<S> Default for SimulatedThread<S> {
    fn default() -> Self {
        let capacity = Capacity {
            per_client: usize::MAX,
            per_address: usize::MAX,
            total: usize::MAX,
        };
        let registry = Registry::new(capacity, LIMITS);
        let queue = ThreadQueue::new(Arc::new(NoWake));
        Self {
            queue_id: registry.add_thread_queue(Arc::clone(&queue)),
            registry,
            queue,
            streams: Streams::default(),
            writer: LiveWriter::new(LIMITS, Arc::default()),
        }
    }
}

impl<S: Read + Write> SimulatedThread<S> {
    /// Adds a connection that is up to date.
    pub fn connect(
        &mut self,
        client_id: ClientId,
        topics: Box<[TopicFilter]>,
        socket: S,
    ) -> Result<StreamKey, AdmissionError> {
        self.connect_with(Encoding::default(), client_id, topics, socket)
    }

    /// The same for a connection that gets its messages in this encoding.
    pub(super) fn connect_with(
        &mut self,
        encoding: Encoding,
        client_id: ClientId,
        topics: Box<[TopicFilter]>,
        socket: S,
    ) -> Result<StreamKey, AdmissionError> {
        let subscriber = Subscriber::unknown(client_id, topics);
        let admission = self.registry.admit(subscriber)?;
        let admission = admission.with_encoding(encoding);
        let pending = PendingConnection::new(admission, Start::After(0), None);
        let mut connection = pending.written_by_thread(self.queue_id, self.streams.next());
        while let Step::Read(_) = connection.step() {
            connection.replayed(Backlog::nothing_after(0));
        }
        Ok(self.streams.insert(Stream::new(connection, socket)))
    }

    /// Removes a connection.
    pub fn disconnect(&mut self, key: StreamKey) {
        if self.streams.stream(key).is_some() {
            self.streams.remove(key.index);
        }
    }

    /// Puts a delivery into the thread queue. Returns the number of recipients.
    pub fn fan_out(&self, audience: &Audience, delivery: &Delivery) -> u64 {
        self.registry.fan_out(audience, delivery)
    }

    /// Writes everything in the thread queue.
    pub fn deliver(&mut self) {
        self.writer.load(self.queue.take().deliveries);
        while !self.writer.run(&mut self.streams) {}
    }

    /// Encodes, fans out and writes an ephemeral message. Returns the number of recipients.
    pub fn publish(&mut self, audience: &Audience, data: &str) -> u64 {
        let frame = FrameWriter::new().audience(audience).data(data).finish();
        let reached = self.fan_out(audience, &Delivery::Ephemeral(Arc::new(frame.into())));
        self.deliver();
        reached
    }
}

struct NoWake;

impl Wake for NoWake {
    fn wake(&self) {}
}

/// A socket that takes every write and counts it. Clones share the count.
#[derive(Clone, Default)]
pub struct CountingSocket(Rc<Cell<u64>>);

impl CountingSocket {
    /// The number of writes.
    pub fn writes(&self) -> u64 {
        self.0.get()
    }
}

impl Read for CountingSocket {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

impl Write for CountingSocket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + 1);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
