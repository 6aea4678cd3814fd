//! One stream and its socket.

mod drive;
mod live;

use std::io;

use bytes::Bytes;

use super::socket_io::{PeerEvent, read_and_discard};
use crate::{
    broker::Broker,
    delivery::{
        connection::{Backlog, Connection, LogRead, OverflowQueue},
        delivery_tracker::ConfirmedPosition,
    },
    log::ReadError,
    message::{ClientId, Encoding, Frame, Seq},
    outbox::CloseReason,
};
pub use drive::{DriveContext, DriveOutcome};
pub use live::WriteOutcome;

/// See the module documentation. It is small, because a process has hundreds of thousands.
pub struct Stream<S> {
    socket: S,
    ping_due: bool,
    /// Whether the first ping was sent, which tells the client that the replay is over.
    caught_up: bool,
    connection: Connection<OverflowQueue>,
    /// None while nothing is being written or read.
    pending: Option<Box<Pending>>,
    /// None until the first direct message is written.
    direct: Option<Box<Direct>>,
}

/// The positions of the direct messages of a stream.
#[derive(Default)]
struct Direct {
    /// The newest that the socket took completely.
    written: Seq,
    confirmed: ConfirmedPosition,
}

/// State that a stream needs only while it writes or reads.
#[derive(Default)]
struct Pending {
    /// Bytes that the socket has not taken yet.
    rest: Vec<Bytes>,
    /// The newest direct message in these bytes or before.
    direct: Seq,
    /// The read of the log that was asked for, and its result.
    reading: Option<Reading>,
    /// An event of the stream itself, to write next.
    event: Option<Frame>,
    /// Why the server closes the stream.
    reason: Option<CloseReason>,
}

struct Reading {
    read: LogRead,
    outcome: Option<Result<Backlog, ReadError>>,
}

impl<S: io::Read + io::Write> Stream<S> {
    /// A stream of this connection. [`Self::begin`] writes its first bytes.
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

    /// Whether it is the stream of an observer.
    pub fn is_observer(&self) -> bool {
        self.connection.registration().subscriber().is_observer()
    }

    /// Its client, if what is for it is stored.
    pub fn client_id(&self) -> Option<&ClientId> {
        self.connection.registration().subscriber().lasting_client()
    }

    /// How it gets its messages.
    pub fn encoding(&self) -> Encoding {
        self.connection.encoding()
    }

    /// Why the server closed it, if it did.
    pub fn reason(&self) -> Option<CloseReason> {
        self.pending.as_ref()?.reason
    }

    /// Counts its end, and notes the reason for the log of requests.
    pub fn note_end(&self, reason: &'static str) {
        let registration = self.connection.registration();
        registration.counters().ended.inc(reason);
        if let Some(access) = registration.access() {
            access.set_reason(reason);
        }
    }

    /// Its position, if it is not up to date.
    pub fn behind(&self) -> Option<Seq> {
        (!self.is_idle()).then(|| self.connection.position().unwrap_or_default())
    }

    fn is_idle(&self) -> bool {
        self.pending.is_none() && self.connection.is_idle()
    }

    /// Messages for it did not fit into the thread queue. `lost`: ephemeral messages among them.
    pub fn fall_behind(&mut self, lost: u64) {
        self.connection.source_mut().fall_behind(lost);
    }

    /// Closes it after the bytes that are being written.
    pub fn close(&mut self, reason: CloseReason) {
        self.connection.source_mut().close(reason);
    }

    /// Writes an event of the stream itself next. Another one that waits is replaced.
    pub fn put(&mut self, event: Frame) {
        self.pending.get_or_insert_default().event = Some(event);
    }

    /// Takes the result of a read.
    pub fn has_read(&mut self, outcome: Result<Backlog, ReadError>) {
        if let Some(reading) = self.pending.as_mut().and_then(|it| it.reading.as_mut()) {
            reading.outcome = Some(outcome);
        }
    }

    /// A heartbeat has passed and the connection is open. `watermark`: every message for it up to this position has
    /// arrived.
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

    /// The client and the newest direct message that is confirmed if the peer closed the connection in order.
    pub fn unconfirmed(&self) -> Option<(ClientId, Seq)> {
        let client_id = self.client_id()?.clone();
        let direct = self.direct.as_ref()?;
        let unreported = direct.confirmed.is_unreported(direct.written);
        unreported.then_some((client_id, direct.written))
    }

    /// The newest direct message that the socket took completely.
    fn written(&self) -> Seq {
        self.direct.as_ref().map_or(0, |direct| direct.written)
    }

    fn record_written(&mut self, seq: Seq) {
        if seq > self.written() {
            self.direct.get_or_insert_default().written = seq;
        }
    }

    /// Ends the connection and returns its socket.
    pub fn into_socket(self) -> S {
        self.socket
    }

    /// Reads from the peer. It is not expected to send anything but the end.
    pub fn read_and_discard(&mut self) -> PeerEvent {
        read_and_discard(&mut self.socket)
    }
}
