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
    Taken,
    alarm::{Alarm, WAKE},
    beats::Beats,
    clock::{Clock, Due},
    mailbox::{Mail, Mailbox},
    reads::Reads,
    round::Round,
    stream::{Driven, Heard, Means, Stream, hear},
    streams::{Parting, Streams, What},
};
use crate::{
    broker::Broker,
    delivery::{LINGER, connection::Backlog, instant_of},
    log::ReadError,
    message::{ClientId, Seq},
    outbox::{CloseReason, Slot, Trunk, Whom},
    registry::TrunkId,
};

/// Socket events taken at a time.
const EVENTS: usize = 1_024;

/// See the module's description.
pub struct Thread {
    poll: Poll,
    alarm: Arc<Alarm>,
    mailbox: Arc<Mailbox>,
    trunk: Arc<Trunk>,
    trunk_id: TrunkId,
    broker: Arc<Broker>,
    streams: Streams<mio::net::TcpStream>,
    round: Round,
    /// Everything up to here that is for these streams has come to them.
    horizon: Seq,
    /// What the horizon will be when the round is over.
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
        let alarm = Alarm::new(&poll)?;
        let mailbox = Mailbox::new(Arc::clone(&alarm));
        let trunk = Trunk::new(Arc::clone(&alarm) as _);
        let broker = Arc::clone(broker);
        let registry = broker.registry();
        Ok(Self {
            poll,
            trunk_id: registry.add_trunk(Arc::clone(&trunk)),
            trunk,
            reads: Reads::new(Arc::clone(&broker), Arc::clone(&mailbox), runtime),
            mailbox,
            alarm,
            streams: Streams::default(),
            round: Round::new(registry.bounds()),
            horizon: 0,
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
            let nothing = || self.mailbox.is_empty() && self.trunk.is_empty();
            let patience = match self.round.is_over() && self.alarm.fall_asleep(nothing) {
                true => self.patience(),
                false => Some(Duration::ZERO),
            };
            if let Err(error) = self.poll.poll(&mut events, patience)
                && error.kind() != io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "a thread that writes streams can't wait for them");
                return;
            }
            self.alarm.wake_up();
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
            Mail::Stream(taken) => self.admit(*taken),
            Mail::Reads(done, left) => {
                self.reads.ended(left);
                for (slot, outcome) in done {
                    self.has_read(slot, outcome);
                }
            }
            Mail::Finish => self.finish(),
            Mail::Abort => self.aborted = true,
        }
    }

    fn admit(&mut self, taken: Taken) {
        let Taken {
            opened,
            socket,
            head,
            permit: _permit,
        } = taken;
        let slot = self.streams.next();
        let mut socket = mio::net::TcpStream::from_std(socket);
        let interest = Interest::READABLE | Interest::WRITABLE;
        let token = Token(slot.token as usize);
        let registry = self.poll.registry();
        if let Err(error) = registry.register(&mut socket, token, interest) {
            tracing::error!(%error, "a stream can't be waited for");
            return;
        }
        let mut opening = BytesMut::from(&head[..]);
        for frame in &opened.opening {
            opening.extend_from_slice(frame.chunk());
        }
        let connection = opened.admitted.on_trunk(self.trunk_id, slot);
        self.streams.insert(Stream::new(connection, socket));
        self.beats.add(slot);
        if let Some(expires_at) = opened.expires_at {
            let at = instant_of(expires_at);
            self.clock.set(at, slot, Due::Expiry);
        }
        self.drive_by(slot, |stream, means| {
            stream.begin(opening.freeze(), slot, means)
        });
    }

    fn has_read(&mut self, slot: Slot, outcome: Result<Backlog, ReadError>) {
        if let Some(stream) = self.streams.stream(slot) {
            stream.has_read(outcome);
            self.drive(slot);
        }
    }

    fn drive(&mut self, slot: Slot) {
        self.drive_by(slot, |stream, means| stream.drive(slot, means));
    }

    fn drive_by(
        &mut self,
        slot: Slot,
        drive: impl FnOnce(&mut Stream<mio::net::TcpStream>, &mut Means<'_>) -> Driven,
    ) {
        let Some(stream) = self.streams.stream(slot) else {
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
                    self.trunk.note(slot, behind);
                }
            }
            Driven::Ended => {
                if let Some(stream) = self.end(slot.token, "closed") {
                    self.part(slot, stream, None);
                }
            }
            Driven::Broken => self.lose(slot.token),
        }
    }

    /// Gives out what has come for the streams.
    fn deliver(&mut self) {
        if self.round.is_over() {
            // Before the trunk is looked into: see `Registry::fanned_out`.
            self.ahead = self.broker.registry().fanned_out();
            let load = self.trunk.take();
            self.round.begin(load.deliveries);
            self.give_out();
            // These are behind what was just given out, and read the log from there.
            for (whom, lost) in load.behind {
                self.fall_behind(&whom, lost);
            }
            for (slot, reason) in load.closes {
                self.close(slot, reason);
            }
        } else {
            self.give_out();
        }
    }

    fn give_out(&mut self) {
        if self.round.go_on(&mut self.streams) {
            self.horizon = self.ahead;
        }
        for slot in std::mem::take(&mut self.round.stalled) {
            if let Some(stream) = self.streams.stream(slot) {
                self.trunk.note(slot, stream.behind());
            }
        }
        for token in std::mem::take(&mut self.round.broken) {
            self.lose(token);
        }
    }

    fn fall_behind(&mut self, whom: &Whom, lost: u64) {
        let mut slots = Vec::new();
        match whom {
            Whom::Everyone => self.streams.each(|slot, _| slots.push(slot)),
            Whom::One(slot) => slots.push(*slot),
            Whom::Some(these) => slots.extend_from_slice(these),
        }
        for slot in slots {
            if let Some(stream) = self.streams.stream(slot) {
                stream.fall_behind(lost);
                self.drive(slot);
            }
        }
    }

    fn close(&mut self, slot: Slot, reason: CloseReason) {
        if let Some(stream) = self.streams.stream(slot) {
            stream.close(reason);
            self.drive(slot);
        }
    }

    /// Something is with a socket.
    fn ready(&mut self, event: &mio::event::Event) {
        if event.token() == WAKE {
            return;
        }
        let Some((slot, what)) = self.streams.at(event.token().0 as u32) else {
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
                    Heard::Broken => self.lose(slot.token),
                    Heard::Leave => self.left(slot),
                    Heard::Nothing if event.is_writable() => self.drive(slot),
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
                    self.streams.remove(slot.token);
                }
            }
        }
    }

    /// The peer has closed its side: it takes no more.
    fn left(&mut self, slot: Slot) {
        let Some(stream) = self.end(slot.token, "left") else {
            return;
        };
        // What it was given last is sure once no reset has come.
        match stream.farewell() {
            Some(farewell) if !self.finishing => self.part(slot, stream, Some(farewell)),
            _ => self.streams.remove(slot.token),
        }
    }

    /// The connection is gone without a word.
    fn lose(&mut self, token: u32) {
        if self.end(token, "lost").is_some() {
            self.streams.remove(token);
        }
    }

    /// Takes the stream out of its place, and says that it has ended.
    fn end(&mut self, token: u32, otherwise: &str) -> Option<Stream<mio::net::TcpStream>> {
        let (slot, stream) = self.streams.take(token)?;
        if stream.behind().is_some() {
            self.trunk.note(slot, None);
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
        slot: Slot,
        stream: Stream<mio::net::TcpStream>,
        farewell: Option<(ClientId, Seq)>,
    ) {
        let socket = stream.into_socket();
        let _ = socket.shutdown(Shutdown::Write);
        if let Some(what) = self.streams.still(slot) {
            *what = What::Parting(Box::new(Parting { socket, farewell }));
            self.clock.set(Instant::now() + LINGER, slot, Due::Parting);
        }
    }

    /// A peer that has left has had everything if it did not say otherwise by now.
    fn settle(&mut self, slot: Slot) {
        if let Some(What::Parting(parting)) = self.streams.still(slot) {
            if let Some((client_id, seq)) = &parting.farewell
                && matches!(parting.socket.take_error(), Ok(None))
            {
                self.broker.arrived(client_id, *seq);
            }
            self.streams.remove(slot.token);
        }
    }

    fn tick(&mut self) {
        let now = Instant::now();
        while let Some((spoke, mut slots)) = self.beats.take(now) {
            let all = slots.len();
            slots.retain(|slot| self.beat(*slot));
            let gone = all - slots.len();
            self.beats.give_back(spoke, slots, gone);
        }
        while let Some((slot, due)) = self.clock.take(now) {
            match due {
                Due::Expiry => self.close(slot, CloseReason::TokenExpired),
                Due::Parting => self.settle(slot),
            }
        }
    }

    /// Says whether it is still there.
    fn beat(&mut self, slot: Slot) -> bool {
        let Some(stream) = self.streams.stream(slot) else {
            return false;
        };
        stream.beat(&self.broker, self.horizon);
        self.drive(slot);
        true
    }

    /// No more streams come. Who has left has had time enough.
    fn finish(&mut self) {
        self.finishing = true;
        self.streams
            .retain(|what| !matches!(what, What::Parting(parting) if parting.farewell.is_some()));
    }
}
