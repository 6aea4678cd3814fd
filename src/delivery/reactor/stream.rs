//! One stream and its socket.

use std::io::{self, IoSlice};

use bytes::{Buf, Bytes};

use super::read_scheduler::ReadScheduler;
use crate::{
    broker::Broker,
    delivery::{
        connection::{Backlog, Connection, LogRead, OverflowQueue},
        delivery_tracker::ConfirmedPosition,
        events,
        next_action::{Action, next_action, ping},
    },
    log::ReadError,
    message::{ClientId, Seq},
    outbox::{CloseReason, Delivery, QueueLimits, StreamKey},
};

/// The last chunk of a body (RFC 9112, section 7.1).
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// Pieces that are written at once, where there are several.
const AT_ONCE: usize = 16;

/// See the module's description. There are many thousands, so it is small.
pub struct Stream<S> {
    socket: S,
    ping_due: bool,
    /// Whether the peer has been told that it has caught up.
    caught_up: bool,
    connection: Connection<OverflowQueue>,
    /// None: nothing is under way, and what comes next may be written at once.
    pending: Option<Box<Pending>>,
    /// None: no direct message was written so far.
    direct: Option<Box<Direct>>,
}

/// How far the direct messages of a stream have come.
#[derive(Default)]
struct Direct {
    /// The newest that the socket took whole.
    written: Seq,
    confirmed: ConfirmedPosition,
}

/// What is under way with a stream.
#[derive(Default)]
struct Pending {
    /// What the socket has not taken yet.
    rest: Vec<Bytes>,
    /// The newest direct message in it, or before it.
    given: Seq,
    /// What is being read of the log, or was, and what came.
    reading: Option<Reading>,
    /// Why the server ends it.
    reason: Option<CloseReason>,
}

struct Reading {
    read: LogRead,
    outcome: Option<Result<Backlog, ReadError>>,
}

/// What is with a stream after it was driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriveOutcome {
    /// It waits: for something to come in, for the log, or for room.
    Waits,
    /// The server has ended it, and everything is written.
    Ended,
    /// The socket is broken.
    Broken,
}

/// What became of something that was to be written at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    /// The socket took it.
    Written,
    /// The socket took a part of it, or nothing; the rest waits.
    Stalled,
    /// It waits behind what is under way.
    Queued,
    /// The stream has had it before.
    Duplicate,
    /// The socket is broken.
    Broken,
}

/// What the peer has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerEvent {
    /// Nothing that matters.
    None,
    /// It closed its side.
    Closed,
    /// The socket is broken.
    Broken,
}

/// What a stream needs of its thread to be driven.
pub struct DriveContext<'a> {
    pub broker: &'a Broker,
    pub reads: &'a mut ReadScheduler,
    /// Empty, and is so again afterwards: it spares each stream a list of its own.
    pub pieces: &'a mut Vec<Bytes>,
}

impl<S: io::Read + io::Write> Stream<S> {
    /// A stream at this place. It begins with what [`Self::begin`] is given.
    pub fn new(connection: Connection<OverflowQueue>, socket: S) -> Self {
        Self {
            socket,
            ping_due: false,
            caught_up: false,
            connection,
            pending: None,
            direct: None,
        }
    }

    /// Whose it is; none: it only watches the server, and nothing is for it.
    pub fn client_id(&self) -> Option<&ClientId> {
        let subscriber = self.connection.registration().subscriber();
        (!subscriber.is_observer()).then_some(&subscriber.client_id)
    }

    /// Why the server ended it, if it did.
    pub fn reason(&self) -> Option<CloseReason> {
        self.pending.as_ref()?.reason
    }

    /// How far it is, if it has not had everything.
    pub fn behind(&self) -> Option<Seq> {
        (!self.is_idle()).then(|| self.connection.position().unwrap_or_default())
    }

    fn is_idle(&self) -> bool {
        self.pending.is_none() && self.connection.is_idle()
    }

    /// Gives a message to the socket, or keeps it for later.
    pub fn deliver(&mut self, delivery: &Delivery, limits: QueueLimits) -> WriteOutcome {
        if !self.is_idle() {
            self.connection.source_mut().put(delivery.clone(), limits);
            return WriteOutcome::Queued;
        }
        let direct = match delivery {
            Delivery::Logged(logged) if !self.connection.advance_past(logged.seq) => {
                return WriteOutcome::Duplicate;
            }
            Delivery::Logged(logged) if logged.direct => logged.seq,
            _ => 0,
        };
        self.give(delivery.frame().chunk(), direct)
    }

    /// Gives several messages to the socket at once, the first and the last of the log at these places. None:
    /// they are to be delivered one by one.
    pub fn deliver_coalesced(
        &mut self,
        bytes: &Bytes,
        range: Option<(Seq, Seq)>,
    ) -> Option<WriteOutcome> {
        if !self.is_idle() {
            return None;
        }
        if let Some((first, last)) = range
            && (!self.connection.advance_past(first)
                || last > first && !self.connection.advance_past(last))
        {
            return None;
        }
        Some(self.give(bytes, 0))
    }

    /// Writes what a quiet stream is to get, and keeps what there is no room for. `direct` is the place of
    /// the direct message that it is, or 0.
    fn give(&mut self, bytes: &Bytes, direct: Seq) -> WriteOutcome {
        let taken = loop {
            match self.socket.write(bytes) {
                Ok(0) => return WriteOutcome::Broken,
                Ok(taken) => break taken,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break 0,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return WriteOutcome::Broken,
            }
        };
        let given = self.written().max(direct);
        if taken == bytes.len() {
            self.has_written(given);
            return WriteOutcome::Written;
        }
        self.pending = Some(Box::new(Pending {
            rest: vec![bytes.slice(taken..)],
            given,
            ..Pending::default()
        }));
        WriteOutcome::Stalled
    }

    /// Some messages for it found no room on their way: so many that are in no log.
    pub fn fall_behind(&mut self, lost: u64) {
        self.connection.source_mut().fall_behind(lost);
    }

    /// Ends it for this reason, once what is being written is.
    pub fn close(&mut self, reason: CloseReason) {
        self.connection.source_mut().close(reason);
    }

    /// Writes the head of the response and what comes before everything else, and then what there is.
    pub fn begin(
        &mut self,
        opening: Bytes,
        key: StreamKey,
        context: &mut DriveContext<'_>,
    ) -> DriveOutcome {
        context.pieces.push(opening);
        self.go_on(key, context)
    }

    /// Writes until there is nothing to write, or no room for it.
    pub fn drive(&mut self, key: StreamKey, context: &mut DriveContext<'_>) -> DriveOutcome {
        if let Some(pending) = &mut self.pending
            && !pending.rest.is_empty()
        {
            // First what was begun: before there is room, nothing more is fetched.
            match write(&mut self.socket, &mut pending.rest) {
                Ok(true) => {}
                Ok(false) => return DriveOutcome::Waits,
                Err(_) => return DriveOutcome::Broken,
            }
            let (given, ends) = (pending.given, pending.reason.is_some());
            self.has_written(given);
            if ends {
                return DriveOutcome::Ended;
            }
        }
        self.go_on(key, context)
    }

    fn go_on(&mut self, key: StreamKey, context: &mut DriveContext<'_>) -> DriveOutcome {
        let mut given = self.written();
        loop {
            while context.pieces.len() < AT_ONCE && self.reason().is_none() {
                match self.next(key, context, &mut given) {
                    Some(bytes) => context.pieces.push(bytes),
                    None => break,
                }
            }
            if context.pieces.is_empty() {
                self.rest();
                return DriveOutcome::Waits;
            }
            match write(&mut self.socket, context.pieces) {
                Ok(true) => self.has_written(given),
                Ok(false) => {
                    let pending = self.pending.get_or_insert_default();
                    pending.rest = context.pieces.drain(..).collect();
                    pending.given = given;
                    return DriveOutcome::Waits;
                }
                Err(_) => {
                    context.pieces.clear();
                    return DriveOutcome::Broken;
                }
            }
            if self.reason().is_some() {
                return DriveOutcome::Ended;
            }
        }
    }

    /// Lets go of what is only needed while something is under way.
    fn rest(&mut self) {
        let pending = self.pending.as_ref();
        if pending.is_some_and(|pending| pending.reading.is_none()) {
            self.pending = None;
        }
    }

    /// What is to be written next, if anything is now.
    fn next(
        &mut self,
        key: StreamKey,
        context: &mut DriveContext<'_>,
        given: &mut Seq,
    ) -> Option<Bytes> {
        loop {
            let caught_up = !self.caught_up && self.connection.is_live();
            if caught_up || std::mem::take(&mut self.ping_due) {
                self.caught_up |= caught_up;
                return Some(ping(&self.connection, context.broker).chunk().clone());
            }
            match next_action(&mut self.connection, context.broker, |seq| *given = seq) {
                Action::Write(frame) => return Some(frame.chunk().clone()),
                Action::Read(read) => match self.outcome(&read) {
                    Some(Ok(backlog)) => self.take_in(backlog, key, context.reads),
                    // It was said where it happened.
                    Some(Err(_)) => return Some(self.end(CloseReason::LogUnreadable)),
                    None => {
                        self.read(read, key, context.reads);
                        return None;
                    }
                },
                Action::Close(reason) => return Some(self.end(reason)),
                Action::Retry => {}
                Action::Wait => return None,
            }
        }
    }

    /// What came of a read, if it was this one and something has come.
    fn outcome(&mut self, read: &LogRead) -> Option<Result<Backlog, ReadError>> {
        let pending = self.pending.as_mut()?;
        let reading = pending.reading.as_mut()?;
        if reading.read != *read {
            return None;
        }
        let outcome = reading.outcome.take()?;
        pending.reading = None;
        Some(outcome)
    }

    fn read(&mut self, read: LogRead, key: StreamKey, reads: &mut ReadScheduler) {
        let pending = self.pending.get_or_insert_default();
        let reading = pending.reading.as_ref();
        if reading.is_none_or(|reading| reading.read != read) {
            reads.ask(key, read.clone());
            let outcome = None;
            pending.reading = Some(Reading { read, outcome });
        }
    }

    /// Gives the connection what was read, and has what follows read meanwhile.
    fn take_in(&mut self, backlog: Backlog, key: StreamKey, reads: &mut ReadScheduler) {
        self.connection.replayed(backlog);
        if let Some(next) = self.connection.next_read() {
            self.read(next, key, reads);
        }
    }

    /// Takes what a read has brought.
    pub fn has_read(&mut self, outcome: Result<Backlog, ReadError>) {
        if let Some(reading) = self.pending.as_mut().and_then(|it| it.reading.as_mut()) {
            reading.outcome = Some(outcome);
        }
    }

    /// A heartbeat has passed, and the connection stands. Everything up to `watermark` has come in.
    pub fn on_heartbeat(&mut self, broker: &Broker, watermark: Seq) {
        self.ping_due = true;
        self.connection.advance_to(watermark);
        let Some(direct) = &mut self.direct else {
            return;
        };
        let confirmed = direct.confirmed.on_heartbeat(direct.written);
        if let Some((client_id, seq)) = self.client_id().zip(confirmed) {
            broker.confirm_sent(client_id, seq);
        }
    }

    /// What the client has had for sure if the peer's leave turns out to be one.
    pub fn unconfirmed(&self) -> Option<(ClientId, Seq)> {
        let client_id = self.client_id()?.clone();
        let direct = self.direct.as_ref()?;
        let unreported = direct.confirmed.is_unreported(direct.written);
        unreported.then_some((client_id, direct.written))
    }

    /// The newest direct message that the socket took whole.
    fn written(&self) -> Seq {
        self.direct.as_ref().map_or(0, |direct| direct.written)
    }

    fn has_written(&mut self, seq: Seq) {
        if seq > self.written() {
            self.direct.get_or_insert_default().written = seq;
        }
    }

    fn end(&mut self, reason: CloseReason) -> Bytes {
        self.pending.get_or_insert_default().reason = Some(reason);
        let frame = events::reconnect(reason);
        [&frame.chunk()[..], LAST_CHUNK].concat().into()
    }

    /// The socket alone: the connection ends.
    pub fn into_socket(self) -> S {
        self.socket
    }

    /// What the peer has said meanwhile. Nothing is expected of it but that it leaves.
    pub fn read_and_discard(&mut self) -> PeerEvent {
        read_and_discard(&mut self.socket)
    }
}

/// Writes pieces one after the other, and takes out what is written. False: there is no room for the rest.
fn write(socket: &mut impl io::Write, pieces: &mut Vec<Bytes>) -> io::Result<bool> {
    while let Some(first) = pieces.first() {
        let written = match pieces.len() {
            1 => socket.write(first),
            _ => {
                let slices: Vec<IoSlice<'_>> =
                    pieces.iter().map(|piece| IoSlice::new(piece)).collect();
                socket.write_vectored(&slices)
            }
        };
        match written {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(mut taken) => pieces.retain_mut(|piece| {
                let of_this = taken.min(piece.len());
                piece.advance(of_this);
                taken -= of_this;
                piece.has_remaining()
            }),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// Reads what there is, and throws it away.
pub fn read_and_discard(socket: &mut impl io::Read) -> PeerEvent {
    let mut buffer = [0; 512];
    loop {
        match socket.read(&mut buffer) {
            Ok(0) => return PeerEvent::Closed,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return PeerEvent::None,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return PeerEvent::Broken,
        }
    }
}
