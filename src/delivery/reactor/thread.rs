//! The loop of one thread: what has come for its streams, what their sockets say, and what is due.

use std::{
    io,
    net::Shutdown,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use mio::{Events, Interest, Poll, Token};

use super::{
    command_queue::{Command, CommandQueue},
    detached_stream::DetachedStream,
    heartbeat_wheel::HeartbeatWheel,
    live_writer::LiveWriter,
    read_scheduler::ReadScheduler,
    stream::{DriveContext, DriveOutcome, PeerEvent, Stream, read_and_discard},
    streams::{LingeringSocket, SlotState, Streams},
    thread_waker::{ThreadWaker, WAKE},
    timers::{Timer, Timers},
};
use crate::{
    broker::Broker,
    delivery::{LINGER, connection::Backlog, instant_of},
    log::ReadError,
    message::{ClientId, Seq},
    outbox::{CloseReason, Recipients, StreamKey, ThreadQueue},
    registry::ThreadQueueId,
};

/// Socket events taken at a time.
const EVENTS: usize = 1_024;

/// See the module's description.
pub struct Thread {
    poll: Poll,
    waker: Arc<ThreadWaker>,
    commands: Arc<CommandQueue>,
    queue: Arc<ThreadQueue>,
    queue_id: ThreadQueueId,
    broker: Arc<Broker>,
    streams: Streams<mio::net::TcpStream>,
    writer: LiveWriter,
    /// Everything up to here that is for these streams has come to them.
    watermark: Seq,
    /// What the watermark will be when the writer is over.
    next_watermark: Seq,
    heartbeats: HeartbeatWheel,
    timers: Timers,
    reads: ReadScheduler,
    /// See [`DriveContext::pieces`].
    pieces: Vec<Bytes>,
    finishing: bool,
    aborted: bool,
}

impl Thread {
    /// A thread that has no stream yet.
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
        Ok(Self {
            poll,
            queue_id: registry.add_thread_queue(Arc::clone(&queue)),
            queue,
            reads: ReadScheduler::new(Arc::clone(&broker), Arc::clone(&commands), runtime),
            commands,
            waker,
            streams: Streams::default(),
            writer: LiveWriter::new(registry.limits()),
            watermark: 0,
            next_watermark: 0,
            heartbeats: HeartbeatWheel::new(heartbeat),
            timers: Timers::default(),
            pieces: Vec::new(),
            finishing: false,
            aborted: false,
            broker,
        })
    }

    /// Where to leave streams for it.
    pub fn commands(&self) -> Arc<CommandQueue> {
        Arc::clone(&self.commands)
    }

    /// Runs until it is told to end.
    pub fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        while !(self.aborted || self.finishing && self.streams.is_empty()) {
            let nothing = || self.commands.is_empty() && self.queue.is_empty();
            let time_to_next = match self.writer.is_done() && self.waker.prepare_to_wait(nothing) {
                true => self.time_to_next(),
                false => Some(Duration::ZERO),
            };
            if let Err(error) = self.poll.poll(&mut events, time_to_next)
                && error.kind() != io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "a thread that writes streams can't wait for them");
                return;
            }
            self.waker.stop_waiting();
            events.iter().for_each(|event| self.ready(event));
            self.commands
                .take()
                .into_iter()
                .for_each(|command| self.run_command(command));
            self.deliver();
            self.tick();
            self.reads.go_on();
        }
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
            head,
            permit: _permit,
        } = detached;
        let key = self.streams.next();
        let mut socket = mio::net::TcpStream::from_std(socket);
        let interest = Interest::READABLE | Interest::WRITABLE;
        let token = Token(key.index as usize);
        let registry = self.poll.registry();
        if let Err(error) = registry.register(&mut socket, token, interest) {
            tracing::error!(%error, "a stream can't be waited for");
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
            let at = instant_of(expires_at);
            self.timers.set(at, key, Timer::TokenExpiry);
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
        drive: impl FnOnce(&mut Stream<mio::net::TcpStream>, &mut DriveContext<'_>) -> DriveOutcome,
    ) {
        let Some(stream) = self.streams.stream(key) else {
            return;
        };
        let was_behind = stream.behind().is_some();
        let mut context = DriveContext {
            broker: &self.broker,
            reads: &mut self.reads,
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
                if let Some(stream) = self.end(key.index, "closed") {
                    self.linger(key, stream, None);
                }
            }
            DriveOutcome::Broken => self.drop_broken(key.index),
        }
    }

    /// Gives out what has come for the streams.
    fn deliver(&mut self) {
        if self.writer.is_done() {
            // Before the queue is looked into: see `Registry::fan_out_position`.
            self.next_watermark = self.broker.registry().fan_out_position();
            let drained = self.queue.take();
            self.writer.begin(drained.deliveries);
            self.write_live();
            // These are behind what was just given out, and read the log from there.
            for (recipients, lost) in drained.behind {
                self.fall_behind(&recipients, lost);
            }
            for (key, reason) in drained.closes {
                self.close(key, reason);
            }
        } else {
            self.write_live();
        }
    }

    fn write_live(&mut self) {
        if self.writer.go_on(&mut self.streams) {
            self.watermark = self.next_watermark;
        }
        for key in std::mem::take(&mut self.writer.stalled) {
            if let Some(stream) = self.streams.stream(key) {
                self.queue.set_position(key, stream.behind());
            }
        }
        for index in std::mem::take(&mut self.writer.broken) {
            self.drop_broken(index);
        }
    }

    fn fall_behind(&mut self, recipients: &Recipients, lost: u64) {
        let mut keys = Vec::new();
        match recipients {
            Recipients::Everyone => self.streams.each(|key, _| keys.push(key)),
            Recipients::One(key) => keys.push(*key),
            Recipients::Many(these) => keys.extend_from_slice(these),
        }
        for key in keys {
            if let Some(stream) = self.streams.stream(key) {
                stream.fall_behind(lost);
                self.drive(key);
            }
        }
    }

    fn close(&mut self, key: StreamKey, reason: CloseReason) {
        if let Some(stream) = self.streams.stream(key) {
            stream.close(reason);
            self.drive(key);
        }
    }

    /// Something is with a socket.
    fn ready(&mut self, event: &mio::event::Event) {
        if event.token() == WAKE {
            return;
        }
        let Some((key, state)) = self.streams.at(event.token().0 as u32) else {
            return;
        };
        let readable = event.is_readable() || event.is_error();
        match state {
            SlotState::Stream(stream) => {
                let event_of_peer = match readable {
                    true => stream.read_and_discard(),
                    false => PeerEvent::None,
                };
                match event_of_peer {
                    PeerEvent::Broken => self.drop_broken(key.index),
                    PeerEvent::Closed => self.peer_closed(key),
                    PeerEvent::None if event.is_writable() => self.drive(key),
                    PeerEvent::None => {}
                }
            }
            SlotState::Vacant => {}
            SlotState::Lingering(lingering) => {
                let over = match read_and_discard(&mut lingering.socket) {
                    PeerEvent::None => false,
                    PeerEvent::Broken => true,
                    PeerEvent::Closed => lingering.unconfirmed.is_none(),
                };
                if over || event.is_error() {
                    self.streams.remove(key.index);
                }
            }
        }
    }

    /// The peer has closed its side: it takes no more.
    fn peer_closed(&mut self, key: StreamKey) {
        let Some(stream) = self.end(key.index, "left") else {
            return;
        };
        // What it was given last is sure once no reset has come.
        match stream.unconfirmed() {
            Some(unconfirmed) if !self.finishing => self.linger(key, stream, Some(unconfirmed)),
            _ => self.streams.remove(key.index),
        }
    }

    /// The connection is gone without a word.
    fn drop_broken(&mut self, index: u32) {
        if self.end(index, "lost").is_some() {
            self.streams.remove(index);
        }
    }

    /// Takes the stream out of its place, and says that it has ended.
    fn end(&mut self, index: u32, otherwise: &str) -> Option<Stream<mio::net::TcpStream>> {
        let (key, stream) = self.streams.take(index)?;
        if stream.behind().is_some() {
            self.queue.set_position(key, None);
        }
        let reason = stream.reason().map_or(otherwise, |reason| reason.as_str());
        if let Some(client_id) = stream.client_id() {
            self.broker.disconnected(client_id, reason);
        }
        Some(stream)
    }

    /// Holds the socket of a stream that has ended for a moment.
    fn linger(
        &mut self,
        key: StreamKey,
        stream: Stream<mio::net::TcpStream>,
        unconfirmed: Option<(ClientId, Seq)>,
    ) {
        let socket = stream.into_socket();
        let _ = socket.shutdown(Shutdown::Write);
        if let Some(state) = self.streams.get(key) {
            *state = SlotState::Lingering(Box::new(LingeringSocket {
                socket,
                unconfirmed,
            }));
            self.timers
                .set(Instant::now() + LINGER, key, Timer::LingerEnd);
        }
    }

    /// A peer that has left has had everything if it did not say otherwise by now.
    fn end_linger(&mut self, key: StreamKey) {
        if let Some(SlotState::Lingering(lingering)) = self.streams.get(key) {
            if let Some((client_id, seq)) = &lingering.unconfirmed
                && matches!(lingering.socket.take_error(), Ok(None))
            {
                self.broker.confirm_sent(client_id, *seq);
            }
            self.streams.remove(key.index);
        }
    }

    fn tick(&mut self) {
        let now = Instant::now();
        while let Some((bucket, mut keys)) = self.heartbeats.take(now) {
            let all = keys.len();
            keys.retain(|key| self.on_heartbeat(*key));
            let gone = all - keys.len();
            self.heartbeats.give_back(bucket, keys, gone);
        }
        while let Some((key, due)) = self.timers.take(now) {
            match due {
                Timer::TokenExpiry => self.close(key, CloseReason::TokenExpired),
                Timer::LingerEnd => self.end_linger(key),
            }
        }
    }

    /// Says whether it is still there.
    fn on_heartbeat(&mut self, key: StreamKey) -> bool {
        let Some(stream) = self.streams.stream(key) else {
            return false;
        };
        stream.on_heartbeat(&self.broker, self.watermark);
        self.drive(key);
        true
    }

    /// No more streams come. Who has left has had time enough.
    fn finish(&mut self) {
        self.finishing = true;
        self.streams
            .retain(|state| !matches!(state, SlotState::Lingering(lingering) if lingering.unconfirmed.is_some()));
    }
}
