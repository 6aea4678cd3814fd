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
    DetachedStream,
    beats::Beats,
    clock::{Clock, Due},
    mailbox::{Mail, Mailbox},
    reads::Reads,
    round::Round,
    stream::{Driven, Heard, Means, Stream, hear},
    streams::{Parting, Streams, What},
    thread_waker::{ThreadWaker, WAKE},
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
    mailbox: Arc<Mailbox>,
    queue: Arc<ThreadQueue>,
    queue_id: ThreadQueueId,
    broker: Arc<Broker>,
    streams: Streams<mio::net::TcpStream>,
    round: Round,
    /// Everything up to here that is for these streams has come to them.
    watermark: Seq,
    /// What the watermark will be when the round is over.
    ahead: Seq,
    beats: Beats,
    clock: Clock,
    reads: Reads,
    /// See [`Means::pieces`].
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
        let mailbox = Mailbox::new(Arc::clone(&waker));
        let queue = ThreadQueue::new(Arc::clone(&waker) as _);
        let broker = Arc::clone(broker);
        let registry = broker.registry();
        Ok(Self {
            poll,
            queue_id: registry.add_thread_queue(Arc::clone(&queue)),
            queue,
            reads: Reads::new(Arc::clone(&broker), Arc::clone(&mailbox), runtime),
            mailbox,
            waker,
            streams: Streams::default(),
            round: Round::new(registry.limits()),
            watermark: 0,
            ahead: 0,
            beats: Beats::new(heartbeat),
            clock: Clock::default(),
            pieces: Vec::new(),
            finishing: false,
            aborted: false,
            broker,
        })
    }

    /// Where to leave streams for it.
    pub fn mailbox(&self) -> Arc<Mailbox> {
        Arc::clone(&self.mailbox)
    }

    /// Runs until it is told to end.
    pub fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        while !(self.aborted || self.finishing && self.streams.is_empty()) {
            let nothing = || self.mailbox.is_empty() && self.queue.is_empty();
            let patience = match self.round.is_over() && self.waker.prepare_to_wait(nothing) {
                true => self.patience(),
                false => Some(Duration::ZERO),
            };
            if let Err(error) = self.poll.poll(&mut events, patience)
                && error.kind() != io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "a thread that writes streams can't wait for them");
                return;
            }
            self.waker.stop_waiting();
            events.iter().for_each(|event| self.ready(event));
            self.mailbox
                .take()
                .into_iter()
                .for_each(|mail| self.open(mail));
            self.deliver();
            self.tick();
            self.reads.go_on();
        }
    }

    fn patience(&self) -> Option<Duration> {
        let now = Instant::now();
        let due = [self.clock.patience(now), self.beats.patience(now)];
        due.into_iter().flatten().min()
    }

    fn open(&mut self, mail: Mail) {
        match mail {
            Mail::Stream(detached) => self.admit(*detached),
            Mail::Reads(done, left) => {
                self.reads.ended(left);
                for (key, outcome) in done {
                    self.has_read(key, outcome);
                }
            }
            Mail::Finish => self.finish(),
            Mail::Abort => self.aborted = true,
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
        self.beats.add(key);
        if let Some(expires_at) = opened.expires_at {
            let at = instant_of(expires_at);
            self.clock.set(at, key, Due::Expiry);
        }
        self.drive_by(key, |stream, means| {
            stream.begin(opening.freeze(), key, means)
        });
    }

    fn has_read(&mut self, key: StreamKey, outcome: Result<Backlog, ReadError>) {
        if let Some(stream) = self.streams.stream(key) {
            stream.has_read(outcome);
            self.drive(key);
        }
    }

    fn drive(&mut self, key: StreamKey) {
        self.drive_by(key, |stream, means| stream.drive(key, means));
    }

    fn drive_by(
        &mut self,
        key: StreamKey,
        drive: impl FnOnce(&mut Stream<mio::net::TcpStream>, &mut Means<'_>) -> Driven,
    ) {
        let Some(stream) = self.streams.stream(key) else {
            return;
        };
        let was_behind = stream.behind().is_some();
        let mut means = Means {
            broker: &self.broker,
            reads: &mut self.reads,
            pieces: &mut self.pieces,
        };
        match drive(stream, &mut means) {
            Driven::Waits => {
                let behind = stream.behind();
                if was_behind || behind.is_some() {
                    self.queue.set_position(key, behind);
                }
            }
            Driven::Ended => {
                if let Some(stream) = self.end(key.index, "closed") {
                    self.part(key, stream, None);
                }
            }
            Driven::Broken => self.lose(key.index),
        }
    }

    /// Gives out what has come for the streams.
    fn deliver(&mut self) {
        if self.round.is_over() {
            // Before the queue is looked into: see `Registry::fan_out_position`.
            self.ahead = self.broker.registry().fan_out_position();
            let drained = self.queue.take();
            self.round.begin(drained.deliveries);
            self.give_out();
            // These are behind what was just given out, and read the log from there.
            for (recipients, lost) in drained.behind {
                self.fall_behind(&recipients, lost);
            }
            for (key, reason) in drained.closes {
                self.close(key, reason);
            }
        } else {
            self.give_out();
        }
    }

    fn give_out(&mut self) {
        if self.round.go_on(&mut self.streams) {
            self.watermark = self.ahead;
        }
        for key in std::mem::take(&mut self.round.stalled) {
            if let Some(stream) = self.streams.stream(key) {
                self.queue.set_position(key, stream.behind());
            }
        }
        for index in std::mem::take(&mut self.round.broken) {
            self.lose(index);
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
        let Some((key, what)) = self.streams.at(event.token().0 as u32) else {
            return;
        };
        let readable = event.is_readable() || event.is_error();
        match what {
            What::Stream(stream) => {
                let heard = match readable {
                    true => stream.hear(),
                    false => Heard::Nothing,
                };
                match heard {
                    Heard::Broken => self.lose(key.index),
                    Heard::Leave => self.left(key),
                    Heard::Nothing if event.is_writable() => self.drive(key),
                    Heard::Nothing => {}
                }
            }
            What::Nobody => {}
            What::Parting(parting) => {
                let over = match hear(&mut parting.socket) {
                    Heard::Nothing => false,
                    Heard::Broken => true,
                    Heard::Leave => parting.farewell.is_none(),
                };
                if over || event.is_error() {
                    self.streams.remove(key.index);
                }
            }
        }
    }

    /// The peer has closed its side: it takes no more.
    fn left(&mut self, key: StreamKey) {
        let Some(stream) = self.end(key.index, "left") else {
            return;
        };
        // What it was given last is sure once no reset has come.
        match stream.farewell() {
            Some(farewell) if !self.finishing => self.part(key, stream, Some(farewell)),
            _ => self.streams.remove(key.index),
        }
    }

    /// The connection is gone without a word.
    fn lose(&mut self, index: u32) {
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
            self.broker.parted(client_id, reason);
        }
        Some(stream)
    }

    /// Holds the socket of a stream that has ended for a moment.
    fn part(
        &mut self,
        key: StreamKey,
        stream: Stream<mio::net::TcpStream>,
        farewell: Option<(ClientId, Seq)>,
    ) {
        let socket = stream.into_socket();
        let _ = socket.shutdown(Shutdown::Write);
        if let Some(what) = self.streams.still(key) {
            *what = What::Parting(Box::new(Parting { socket, farewell }));
            self.clock.set(Instant::now() + LINGER, key, Due::Parting);
        }
    }

    /// A peer that has left has had everything if it did not say otherwise by now.
    fn settle(&mut self, key: StreamKey) {
        if let Some(What::Parting(parting)) = self.streams.still(key) {
            if let Some((client_id, seq)) = &parting.farewell
                && matches!(parting.socket.take_error(), Ok(None))
            {
                self.broker.arrived(client_id, *seq);
            }
            self.streams.remove(key.index);
        }
    }

    fn tick(&mut self) {
        let now = Instant::now();
        while let Some((spoke, mut keys)) = self.beats.take(now) {
            let all = keys.len();
            keys.retain(|key| self.on_heartbeat(*key));
            let gone = all - keys.len();
            self.beats.give_back(spoke, keys, gone);
        }
        while let Some((key, due)) = self.clock.take(now) {
            match due {
                Due::Expiry => self.close(key, CloseReason::TokenExpired),
                Due::Parting => self.settle(key),
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
            .retain(|what| !matches!(what, What::Parting(parting) if parting.farewell.is_some()));
    }
}
