//! One stream and its socket.

use std::io::{self, IoSlice, Read as _, Write as _};

use bytes::{Buf, Bytes, BytesMut};
use mio::net::TcpStream;

use super::{Opened, mailbox::Place, reads::Reads};
use crate::{
    broker::Broker,
    connection::{Backlog, Connection, Read},
    http::sse::{
        arrivals::Sure,
        events,
        turn::{Turn, ping, turn},
    },
    log::ReadError,
    message::{ClientId, Seq},
    outbox::CloseReason,
};

/// The last chunk of a body (RFC 9112, section 7.1).
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// Pieces that are written at once, where there are several.
const AT_ONCE: usize = 16;

/// See the module's description.
pub struct Stream {
    socket: TcpStream,
    connection: Connection,
    /// What the socket has not taken yet.
    rest: Vec<Bytes>,
    /// What is being read of the log, or was, and what came.
    reading: Option<Box<Reading>>,
    /// The newest direct message that was given to the socket, and the newest that it took whole.
    given: Seq,
    written: Seq,
    sure: Sure,
    /// Why the server ends it.
    reason: Option<CloseReason>,
    ping_due: bool,
    /// Whether the peer has been told that it has caught up.
    caught_up: bool,
}

struct Reading {
    read: Read,
    outcome: Option<Result<Backlog, ReadError>>,
}

/// What is with a stream after it was driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driven {
    /// It waits: for its outbox, for the log, or for room.
    Waits,
    /// The server has ended it, and everything is written.
    Ended,
    /// The socket is broken.
    Broken,
}

/// What the peer has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing that matters.
    Nothing,
    /// It closed its side.
    Leave,
    /// The socket is broken.
    Broken,
}

impl Stream {
    /// A stream that begins with the head of its response.
    pub fn new(opened: Opened, socket: TcpStream, head: &Bytes) -> Self {
        let mut rest = BytesMut::from(&head[..]);
        for frame in &opened.opening {
            rest.extend_from_slice(frame.chunk());
        }
        Self {
            socket,
            connection: opened.connection,
            rest: vec![rest.freeze()],
            reading: None,
            given: 0,
            written: 0,
            sure: Sure::default(),
            reason: None,
            ping_due: false,
            caught_up: false,
        }
    }

    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Whose it is; none: it only watches the server, and nothing is for it.
    pub fn client_id(&self) -> Option<&ClientId> {
        let newcomer = self.connection.registration().newcomer();
        (!newcomer.is_observer()).then_some(&newcomer.client_id)
    }

    /// Why the server ended it, if it did.
    pub fn reason(&self) -> Option<CloseReason> {
        self.reason
    }

    /// Writes until there is nothing to write, or no room for it. `pieces` is empty, and is so again
    /// afterwards: it spares each stream a list of its own.
    pub fn drive(
        &mut self,
        place: Place,
        broker: &Broker,
        reads: &mut Reads,
        pieces: &mut Vec<Bytes>,
    ) -> Driven {
        pieces.append(&mut self.rest);
        self.rest = Vec::new();
        loop {
            while pieces.len() < AT_ONCE && self.reason.is_none() {
                match self.next(place, broker, reads) {
                    Some(bytes) => pieces.push(bytes),
                    None => break,
                }
            }
            if pieces.is_empty() {
                return Driven::Waits;
            }
            match write(&mut self.socket, pieces) {
                Ok(true) => self.written = self.given,
                Ok(false) => {
                    self.rest = std::mem::take(pieces);
                    return Driven::Waits;
                }
                Err(_) => {
                    pieces.clear();
                    return Driven::Broken;
                }
            }
            if self.reason.is_some() {
                return Driven::Ended;
            }
        }
    }

    /// What is to be written next, if anything is now.
    fn next(&mut self, place: Place, broker: &Broker, reads: &mut Reads) -> Option<Bytes> {
        loop {
            let caught_up = !self.caught_up && self.connection.is_live();
            if caught_up || std::mem::take(&mut self.ping_due) {
                self.caught_up |= caught_up;
                return Some(ping(&self.connection, broker).chunk().clone());
            }
            let give = |seq| self.given = seq;
            match turn(&mut self.connection, broker, give) {
                Turn::Write(frame) => return Some(frame.chunk().clone()),
                Turn::Read(read) => match self.outcome(&read) {
                    Some(Ok(backlog)) => self.take_in(backlog, place, reads),
                    // It was said where it happened.
                    Some(Err(_)) => return Some(self.end(CloseReason::LogUnreadable)),
                    None => {
                        self.begin(read, place, reads);
                        return None;
                    }
                },
                Turn::Close(reason) => return Some(self.end(reason)),
                Turn::Wait => return None,
            }
        }
    }

    /// What came of a read, if it was this one and something has come.
    fn outcome(&mut self, read: &Read) -> Option<Result<Backlog, ReadError>> {
        let reading = self
            .reading
            .as_mut()
            .filter(|reading| reading.read == *read)?;
        let outcome = reading.outcome.take()?;
        self.reading = None;
        Some(outcome)
    }

    fn begin(&mut self, read: Read, place: Place, reads: &mut Reads) {
        if self
            .reading
            .as_ref()
            .is_none_or(|reading| reading.read != read)
        {
            reads.begin(place, read.clone());
            let outcome = None;
            self.reading = Some(Box::new(Reading { read, outcome }));
        }
    }

    /// Gives the connection what was read, and has what follows read meanwhile.
    fn take_in(&mut self, backlog: Backlog, place: Place, reads: &mut Reads) {
        self.connection.replayed(backlog);
        if let Some(next) = self.connection.next_read() {
            self.begin(next, place, reads);
        }
    }

    /// Takes what a read has brought.
    pub fn read(&mut self, outcome: Result<Backlog, ReadError>) {
        if let Some(reading) = &mut self.reading {
            reading.outcome = Some(outcome);
        }
    }

    /// A heartbeat has passed, and the connection stands.
    pub fn beat(&mut self, broker: &Broker) {
        self.ping_due = true;
        let sure = self.sure.beat(self.written);
        if let Some((client_id, seq)) = self.client_id().zip(sure) {
            broker.arrived(client_id, seq);
        }
    }

    /// What the client has had for sure if the peer's leave turns out to be one.
    pub fn farewell(&self) -> Option<(ClientId, Seq)> {
        let client_id = self.client_id()?.clone();
        self.sure
            .is_news(self.written)
            .then_some((client_id, self.written))
    }

    /// Ends it for this reason, once what is being written is.
    pub fn expire(&mut self) {
        let outbox = self.connection.registration().outbox();
        outbox.close(CloseReason::TokenExpired);
    }

    fn end(&mut self, reason: CloseReason) -> Bytes {
        self.reason = Some(reason);
        let frame = events::reconnect(reason);
        [&frame.chunk()[..], LAST_CHUNK].concat().into()
    }

    /// The socket alone: the connection ends.
    pub fn into_socket(self) -> TcpStream {
        self.socket
    }

    /// What the peer has said meanwhile. Nothing is expected of it but that it leaves.
    pub fn hear(&mut self) -> Heard {
        hear(&mut self.socket)
    }
}

/// Writes pieces one after the other, and takes out what is written. False: there is no room for the rest.
fn write(socket: &mut TcpStream, pieces: &mut Vec<Bytes>) -> io::Result<bool> {
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
pub fn hear(socket: &mut TcpStream) -> Heard {
    let mut buffer = [0; 512];
    loop {
        match socket.read(&mut buffer) {
            Ok(0) => return Heard::Leave,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Heard::Nothing,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Heard::Broken,
        }
    }
}
