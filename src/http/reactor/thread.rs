//! The loop of one thread: what has come for its streams, what their sockets say, and what is due.

use std::{
    io, mem,
    net::{Shutdown, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use mio::{Events, Interest, Poll, Token};
use slab::Slab;

use super::{
    Opened,
    clock::{Clock, Due},
    mailbox::{Mail, Mailbox, Place, WAKE},
    reads::Reads,
    stream::{Driven, Heard, Stream, hear},
};
use crate::{
    broker::Broker,
    connection::Backlog,
    http::{AppState, server::LINGER, sse},
    log::ReadError,
    message::{ClientId, Seq},
    outbox::Bell,
};

/// Socket events taken at a time.
const EVENTS: usize = 1_024;

/// See the module's description.
pub struct Thread {
    poll: Poll,
    mailbox: Arc<Mailbox>,
    broker: Arc<Broker>,
    heartbeat: Duration,
    places: Slab<Held>,
    /// Streams that were ever held: the number of the last.
    number: u64,
    clock: Clock,
    reads: Reads,
    /// See [`Stream::drive`].
    pieces: Vec<Bytes>,
    finishing: bool,
    aborted: bool,
}

/// A place and who has it.
struct Held {
    number: u64,
    what: What,
}

enum What {
    Stream(Box<Stream>),
    /// A stream that has ended, until its peer has noticed.
    Parting(Parting),
    /// Neither, while it goes from one to the other.
    Nobody,
}

/// Closing a socket that still holds unread bytes of the peer would reset it, and what was last written
/// with it. And a peer that closed may not have had everything: then it answers by a reset.
struct Parting {
    socket: mio::net::TcpStream,
    /// What to tell when no reset has come.
    farewell: Option<(ClientId, Seq)>,
}

impl Thread {
    /// A thread that waits on this poll, for which the mailbox wakes it.
    pub fn new(
        poll: Poll,
        state: AppState,
        mailbox: Arc<Mailbox>,
        runtime: tokio::runtime::Handle,
    ) -> Self {
        let broker = Arc::clone(&state.broker);
        Self {
            reads: Reads::new(Arc::clone(&broker), Arc::clone(&mailbox), runtime),
            heartbeat: state.settings.heartbeat(),
            poll,
            mailbox,
            broker,
            places: Slab::new(),
            number: 0,
            clock: Clock::default(),
            pieces: Vec::new(),
            finishing: false,
            aborted: false,
        }
    }

    /// Runs until it is told to end.
    pub fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        let mut rung = Vec::new();
        while !(self.aborted || self.finishing && self.places.is_empty()) {
            let patience = match self.mailbox.fall_asleep() {
                true => self.clock.patience(Instant::now()),
                false => Some(Duration::ZERO),
            };
            if let Err(error) = self.poll.poll(&mut events, patience)
                && error.kind() != io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "a thread that writes streams can't wait for them");
                return;
            }
            self.mailbox.wake_up();
            events.iter().for_each(|event| self.ready(event));
            self.mailbox
                .mail()
                .into_iter()
                .for_each(|mail| self.open(mail));
            self.mailbox.rung(&mut rung);
            rung.drain(..).for_each(|token| self.drive(token));
            self.tick();
        }
    }

    fn open(&mut self, mail: Mail) {
        match mail {
            Mail::Stream(opened, socket, head) => self.admit(*opened, socket, &head),
            Mail::Read(place, outcome) => self.read(place, outcome),
            Mail::Finish => self.finish(),
            Mail::Abort => self.aborted = true,
        }
    }

    fn admit(&mut self, opened: Opened, socket: TcpStream, head: &Bytes) {
        self.number += 1;
        let entry = self.places.vacant_entry();
        let place = Place {
            token: entry.key(),
            number: self.number,
        };
        let mut socket = mio::net::TcpStream::from_std(socket);
        let interest = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = self
            .poll
            .registry()
            .register(&mut socket, Token(place.token), interest)
        {
            tracing::error!(%error, "a stream can't be waited for");
            return;
        }
        self.clock
            .set(sse::first_ping(self.heartbeat), place, Due::Ping);
        if let Some(expires_at) = opened.expires_at {
            let at = sse::instant_of(expires_at);
            self.clock.set(at, place, Due::Expiry);
        }
        let stream = Stream::new(opened, socket, head);
        let bell = Arc::clone(&self.mailbox) as Arc<dyn Bell>;
        stream
            .connection()
            .registration()
            .outbox()
            .ring(bell, place.token);
        entry.insert(Held {
            number: place.number,
            what: What::Stream(Box::new(stream)),
        });
        self.drive(place.token);
    }

    fn read(&mut self, place: Place, outcome: Result<Backlog, ReadError>) {
        self.reads.ended();
        if let Some(stream) = self.stream(place) {
            stream.read(outcome);
            self.drive(place.token);
        }
    }

    /// The stream at this place, if it is still there.
    fn stream(&mut self, place: Place) -> Option<&mut Stream> {
        let held = self.places.get_mut(place.token)?;
        match &mut held.what {
            What::Stream(stream) if held.number == place.number => Some(stream),
            _ => None,
        }
    }

    fn drive(&mut self, token: usize) {
        let Some(held) = self.places.get_mut(token) else {
            return;
        };
        let What::Stream(stream) = &mut held.what else {
            return;
        };
        let place = Place {
            token,
            number: held.number,
        };
        match stream.drive(place, &self.broker, &mut self.reads, &mut self.pieces) {
            Driven::Waits => {}
            Driven::Ended => {
                if let Some(stream) = self.end(token, "closed") {
                    self.part(token, stream, None);
                }
            }
            Driven::Broken => self.lose(token),
        }
    }

    /// Something is with a socket.
    fn ready(&mut self, event: &mio::event::Event) {
        if event.token() == WAKE {
            return;
        }
        let token = event.token().0;
        let Some(held) = self.places.get_mut(token) else {
            return;
        };
        let readable = event.is_readable() || event.is_error();
        match &mut held.what {
            What::Stream(stream) => {
                let heard = match readable {
                    true => stream.hear(),
                    false => Heard::Nothing,
                };
                match heard {
                    Heard::Broken => self.lose(token),
                    Heard::Leave => self.left(token),
                    Heard::Nothing if event.is_writable() => self.drive(token),
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
                    self.forget(token);
                }
            }
        }
    }

    /// The peer has closed its side: it takes no more.
    fn left(&mut self, token: usize) {
        let Some(stream) = self.end(token, "left") else {
            return;
        };
        // What it was given last is sure once no reset has come.
        match stream.farewell() {
            Some(farewell) if !self.finishing => self.part(token, stream, Some(farewell)),
            _ => self.forget(token),
        }
    }

    /// The connection is gone without a word.
    fn lose(&mut self, token: usize) {
        if self.end(token, "lost").is_some() {
            self.forget(token);
        }
    }

    /// Takes the stream out of its place, and says that it has ended.
    fn end(&mut self, token: usize, otherwise: &str) -> Option<Box<Stream>> {
        let held = self.places.get_mut(token)?;
        match mem::replace(&mut held.what, What::Nobody) {
            What::Stream(stream) => {
                let reason = stream.reason().map_or(otherwise, |reason| reason.as_str());
                if let Some(client_id) = stream.client_id() {
                    self.broker.parted(client_id, reason);
                }
                Some(stream)
            }
            other => {
                held.what = other;
                None
            }
        }
    }

    /// Holds the socket of a stream that has ended for a moment.
    fn part(&mut self, token: usize, stream: Box<Stream>, farewell: Option<(ClientId, Seq)>) {
        let socket = stream.into_socket();
        let _ = socket.shutdown(Shutdown::Write);
        if let Some(held) = self.places.get_mut(token) {
            held.what = What::Parting(Parting { socket, farewell });
            let place = Place {
                token,
                number: held.number,
            };
            self.clock.set(Instant::now() + LINGER, place, Due::Parting);
        }
    }

    /// Gives up a place. Its socket, if it has one, closes.
    fn forget(&mut self, token: usize) {
        self.places.try_remove(token);
    }

    /// A peer that has left has had everything if it did not say otherwise by now.
    fn settle(&mut self, place: Place) {
        let held = self.places.get(place.token);
        if let Some(held) = held.filter(|held| held.number == place.number) {
            if let What::Parting(parting) = &held.what
                && let Some((client_id, seq)) = &parting.farewell
                && matches!(parting.socket.take_error(), Ok(None))
            {
                self.broker.arrived(client_id, *seq);
            }
            self.forget(place.token);
        }
    }

    fn tick(&mut self) {
        let now = Instant::now();
        while let Some((place, due)) = self.clock.take(now) {
            match due {
                Due::Ping => self.beat(place, now),
                Due::Expiry => {
                    if let Some(stream) = self.stream(place) {
                        stream.expire();
                    }
                }
                Due::Parting => self.settle(place),
            }
        }
    }

    fn beat(&mut self, place: Place, now: Instant) {
        let broker = Arc::clone(&self.broker);
        if let Some(stream) = self.stream(place) {
            stream.beat(&broker);
            self.clock.set(now + self.heartbeat, place, Due::Ping);
            self.drive(place.token);
        }
    }

    /// No more streams come. Who has left has had time enough.
    fn finish(&mut self) {
        self.finishing = true;
        let left = |held: &Held| matches!(&held.what, What::Parting(parting) if parting.farewell.is_some());
        self.places.retain(|_, held| !left(held));
    }
}
