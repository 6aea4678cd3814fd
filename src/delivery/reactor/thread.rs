//! The event loop of one delivery thread: commands, messages, socket events and timers.
//!
//! What the thread knows is behind a lock, which the thread releases only while it waits. Then a publisher may write few
//! messages in its place (`thread/deputy.rs`).

mod closing;
mod deputy;
mod live;

use std::{
    io,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use mio::{Events, Interest, Poll, Registry, Token};
use parking_lot::{Mutex, MutexGuard};

use super::{
    command_queue::{Command, CommandQueue},
    detached_stream::DetachedStream,
    heartbeat_wheel::HeartbeatWheel,
    live_writer::LiveWriter,
    read_scheduler::ReadScheduler,
    stream::{DriveContext, DriveOutcome, Stream},
    stream_socket::StreamSocket,
    streams::Streams,
    thread_waker::ThreadWaker,
    timers::{Timer, Timers},
};
use crate::{
    broker::Broker,
    delivery::{connection::Backlog, instant_of, notice_before},
    log::ReadError,
    message::Seq,
    outbox::{CloseReason, LEFT, StreamKey, ThreadQueue},
    registry::{ThreadQueueId, WriterCounters},
};

/// The maximum number of socket events per poll.
const EVENTS: usize = 1_024;

/// See the module documentation.
pub struct EventLoop {
    poll: Poll,
    waker: Arc<ThreadWaker>,
    thread: Arc<Mutex<Thread>>,
}

/// What the thread knows.
struct Thread {
    /// Registers sockets with the poll.
    registry: Registry,
    waker: Arc<ThreadWaker>,
    commands: Arc<CommandQueue>,
    queue: Arc<ThreadQueue>,
    queue_id: ThreadQueueId,
    broker: Arc<Broker>,
    streams: Streams<StreamSocket>,
    writer: LiveWriter,
    counters: Arc<WriterCounters>,
    /// Every message up to this position has been given to the streams.
    watermark: Seq,
    /// The watermark when the live writer is done.
    next_watermark: Seq,
    heartbeats: HeartbeatWheel,
    timers: Timers,
    reads: ReadScheduler,
    /// See [`DriveContext::pieces`].
    pieces: Vec<Bytes>,
    finishing: bool,
    aborted: bool,
}

impl EventLoop {
    /// A thread without streams.
    pub fn new(
        broker: &Arc<Broker>,
        heartbeat: Duration,
        runtime: tokio::runtime::Handle,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = ThreadWaker::new(&poll)?;
        let commands = CommandQueue::new(Arc::clone(&waker));
        let queue = ThreadQueue::new(Arc::clone(&waker) as _);
        let broker = Arc::clone(broker);
        let registry = broker.registry();
        let counters = registry.counters().add_thread();
        let thread = Thread {
            registry: poll.registry().try_clone()?,
            queue_id: registry.add_thread_queue(Arc::clone(&queue)),
            queue,
            reads: ReadScheduler::new(Arc::clone(&broker), Arc::clone(&commands), runtime),
            commands,
            waker: Arc::clone(&waker),
            streams: Streams::default(),
            writer: LiveWriter::new(registry.limits(), Arc::clone(&counters)),
            counters,
            watermark: 0,
            next_watermark: 0,
            heartbeats: HeartbeatWheel::new(heartbeat),
            timers: Timers::default(),
            pieces: Vec::new(),
            finishing: false,
            aborted: false,
            broker,
        };
        let thread = Arc::new(Mutex::new(thread));
        let deputy: Weak<Mutex<Thread>> = Arc::downgrade(&thread);
        waker.set_deputy(deputy);
        Ok(Self {
            poll,
            waker,
            thread,
        })
    }

    /// The queue for commands to this thread.
    pub fn commands(&self) -> Arc<CommandQueue> {
        Arc::clone(&self.thread.lock().commands)
    }

    /// Runs until a command ends it.
    pub fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        let mut thread = self.thread.lock();
        while let Some(time_to_next) = thread.prepare_to_wait() {
            let polled =
                MutexGuard::unlocked(&mut thread, || self.poll.poll(&mut events, time_to_next));
            // With the lock again: until then, a publisher may have written in place of this thread.
            self.waker.stop_waiting();
            if let Err(error) = polled
                && error.kind() != io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "a delivery thread cannot poll its sockets");
                return;
            }
            thread.run_once(&events);
        }
    }
}

impl Thread {
    /// How long to wait for socket events: without a limit, until the next timer, or not at all. None if the thread
    /// ends.
    fn prepare_to_wait(&self) -> Option<Option<Duration>> {
        if self.aborted || self.finishing && self.streams.is_empty() {
            return None;
        }
        let may_wait = self.writer.is_done() && self.waker.prepare_to_wait(|| self.has_nothing());
        Some(match may_wait {
            true => self.time_to_next(),
            false => Some(Duration::ZERO),
        })
    }

    fn has_nothing(&self) -> bool {
        self.commands.is_empty() && self.queue.is_empty()
    }

    fn run_once(&mut self, events: &Events) {
        events.iter().for_each(|event| self.ready(event));
        self.commands
            .take()
            .into_iter()
            .for_each(|command| self.run_command(command));
        self.deliver();
        self.run_timers();
        self.reads.start();
    }

    fn time_to_next(&self) -> Option<Duration> {
        let now = Instant::now();
        let due = [
            self.timers.time_to_next(now),
            self.heartbeats.time_to_next(now),
        ];
        due.into_iter().flatten().min()
    }

    fn run_command(&mut self, command: Command) {
        match command {
            Command::AddStream(detached) => self.admit(*detached),
            Command::ReadsDone(done, left) => {
                self.reads.ended(left);
                for (key, outcome) in done {
                    self.has_read(key, outcome);
                }
            }
            Command::Finish => self.finish(),
            Command::Abort => self.aborted = true,
        }
    }

    fn admit(&mut self, detached: DetachedStream) {
        let DetachedStream {
            opened,
            socket,
            layer,
            head,
            permit: _permit,
        } = detached;
        let key = self.streams.next();
        let mut socket = StreamSocket::new(socket, layer);
        let interest = Interest::READABLE | Interest::WRITABLE;
        let token = Token(key.index as usize);
        if let Err(error) = self.registry.register(&mut socket, token, interest) {
            tracing::error!(%error, "the socket of a stream cannot be registered");
            return;
        }
        let mut opening = BytesMut::from(&head[..]);
        for frame in &opened.opening {
            opening.extend_from_slice(frame.chunk());
        }
        let connection = opened.pending.written_by_thread(self.queue_id, key);
        self.streams.insert(Stream::new(connection, socket));
        self.heartbeats.add(key);
        if let Some(expires_at) = opened.expires_at {
            let end = instant_of(expires_at);
            self.timers
                .set(notice_before(end), key, Timer::TokenNotice(end));
        }
        self.drive_by(key, |stream, context| {
            stream.begin(opening.freeze(), key, context)
        });
    }

    fn has_read(&mut self, key: StreamKey, outcome: Result<Backlog, ReadError>) {
        if let Some(stream) = self.streams.stream(key) {
            stream.has_read(outcome);
            self.drive(key);
        }
    }

    fn drive(&mut self, key: StreamKey) {
        self.drive_by(key, |stream, context| stream.drive(key, context));
    }

    fn drive_by(
        &mut self,
        key: StreamKey,
        drive: impl FnOnce(&mut Stream<StreamSocket>, &mut DriveContext<'_>) -> DriveOutcome,
    ) {
        let Some(stream) = self.streams.stream(key) else {
            return;
        };
        let was_behind = stream.behind().is_some();
        let mut context = DriveContext {
            broker: &self.broker,
            reads: &mut self.reads,
            counters: &self.counters,
            pieces: &mut self.pieces,
        };
        match drive(stream, &mut context) {
            DriveOutcome::Waits => {
                let behind = stream.behind();
                if was_behind || behind.is_some() {
                    self.queue.set_position(key, behind);
                }
            }
            DriveOutcome::Ended => {
                if let Some(stream) = self.end(key.index, LEFT) {
                    self.linger(key, stream, None);
                }
            }
            DriveOutcome::Broken => self.drop_broken(key.index),
        }
    }

    fn close(&mut self, key: StreamKey, reason: CloseReason) {
        if let Some(stream) = self.streams.stream(key) {
            stream.close(reason);
            self.drive(key);
        }
    }

    fn run_timers(&mut self) {
        let now = Instant::now();
        while let Some((bucket, mut keys)) = self.heartbeats.take(now) {
            let all = keys.len();
            keys.retain(|key| self.on_heartbeat(*key));
            let gone = all - keys.len();
            self.heartbeats.put_back(bucket, keys, gone);
        }
        while let Some((key, due)) = self.timers.take(now) {
            match due {
                Timer::TokenNotice(end) => {
                    self.announce_end(key, end.saturating_duration_since(now));
                    self.timers.set(end, key, Timer::TokenExpiry);
                }
                Timer::TokenExpiry => self.close(key, CloseReason::TokenExpired),
                Timer::LingerEnd => self.end_linger(key),
            }
        }
    }

    /// Returns whether the stream is still open.
    fn on_heartbeat(&mut self, key: StreamKey) -> bool {
        let Some(stream) = self.streams.stream(key) else {
            return false;
        };
        stream.on_heartbeat(&self.broker, self.watermark);
        self.drive(key);
        true
    }
}
