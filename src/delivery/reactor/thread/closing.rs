//! The end of streams: events of their sockets, and the time that a closed socket lingers.

use std::{
    net::Shutdown,
    time::{Duration, Instant},
};

use super::Thread;
use crate::{
    delivery::{
        LINGER, events,
        reactor::{
            socket_io::{PeerEvent, read_and_discard},
            stream::Stream,
            stream_socket::StreamSocket,
            streams::{LingeringSocket, SlotState},
            thread_waker::WAKE,
            timers::Timer,
        },
    },
    message::{ClientId, Seq},
    outbox::{LEFT, LOST, StreamKey},
};

impl Thread {
    /// Handles an event of a socket.
    pub(super) fn ready(&mut self, event: &mio::event::Event) {
        if event.token() == WAKE {
            return;
        }
        let Some((key, state)) = self.streams.at(event.token().0 as u32) else {
            return;
        };
        let readable = event.is_readable() || event.is_error();
        match state {
            SlotState::Stream(stream) => {
                let peer_event = match readable {
                    true => stream.read_and_discard(),
                    false => PeerEvent::None,
                };
                match peer_event {
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

    /// Tells a client that its token ends after this time, if there is some left.
    pub(super) fn announce_end(&mut self, key: StreamKey, left: Duration) {
        if left.as_millis() == 0 {
            return;
        }
        if let Some(stream) = self.streams.stream(key) {
            stream.put(events::token_ends(left, stream.encoding()));
            self.drive(key);
        }
    }

    /// The peer has closed its side: it reads no more.
    fn peer_closed(&mut self, key: StreamKey) {
        let Some(stream) = self.end(key.index, LEFT) else {
            return;
        };
        // The last messages are confirmed if no reset comes.
        match stream.unconfirmed() {
            Some(unconfirmed) if !self.finishing => self.linger(key, stream, Some(unconfirmed)),
            _ => self.streams.remove(key.index),
        }
    }

    /// The connection broke without an orderly close.
    pub(super) fn drop_broken(&mut self, index: u32) {
        if self.end(index, LOST).is_some() {
            self.streams.remove(index);
        }
    }

    /// Takes the stream out of its slot and reports its end. `otherwise` is the reason if the server did not close
    /// it.
    pub(super) fn end(
        &mut self,
        index: u32,
        otherwise: &'static str,
    ) -> Option<Stream<StreamSocket>> {
        let (key, stream) = self.streams.take(index)?;
        if stream.behind().is_some() {
            self.queue.set_position(key, None);
        }
        let reason = stream.reason().map_or(otherwise, |reason| reason.as_str());
        stream.note_end(reason);
        if let Some(client_id) = stream.client_id() {
            self.broker.disconnected(client_id, reason);
        }
        Some(stream)
    }

    /// Keeps the socket of a closed stream for [`LINGER`].
    pub(super) fn linger(
        &mut self,
        key: StreamKey,
        stream: Stream<StreamSocket>,
        unconfirmed: Option<(ClientId, Seq)>,
    ) {
        let mut socket = stream.into_socket();
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

    /// Ends the lingering of a socket. Without a reset the peer has read everything.
    pub(super) fn end_linger(&mut self, key: StreamKey) {
        if let Some(SlotState::Lingering(lingering)) = self.streams.get(key) {
            if let Some((client_id, seq)) = &lingering.unconfirmed
                && matches!(lingering.socket.take_error(), Ok(None))
            {
                self.broker.confirm_sent(client_id, *seq);
            }
            self.streams.remove(key.index);
        }
    }

    /// No more streams will be added. Sockets whose peer has closed are not kept longer.
    pub(super) fn finish(&mut self) {
        self.finishing = true;
        self.streams
            .retain(|state| !matches!(state, SlotState::Lingering(lingering) if lingering.unconfirmed.is_some()));
    }
}
