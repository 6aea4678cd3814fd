//! Drives a stream: takes the next actions of its connection and writes them until the socket is full.

use std::{io, sync::Arc};

use bytes::Bytes;

use super::{Reading, Stream};
use crate::{
    access_log::AccessEntry,
    broker::Broker,
    delivery::{
        connection::{Backlog, LogRead},
        events,
        next_action::{Action, next_action, ping},
        reactor::{read_scheduler::ReadScheduler, socket_io::write},
    },
    log::ReadError,
    message::Seq,
    outbox::{CloseReason, StreamKey},
    registry::WriterCounters,
};

/// The last chunk of a body (RFC 9112, section 7.1).
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// Frames that are written by one call at most.
const AT_ONCE: usize = 16;

/// The outcome of driving a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriveOutcome {
    /// It waits for messages, for the log, or for the socket.
    Waits,
    /// The server closed it, and everything is written.
    Ended,
    /// The socket is broken.
    Broken,
}

/// What the thread provides to drive a stream.
pub struct DriveContext<'a> {
    pub broker: &'a Broker,
    pub reads: &'a mut ReadScheduler,
    /// Counts the bytes that are written.
    pub counters: &'a WriterCounters,
    /// A reusable list of buffers, empty before and after.
    pub pieces: &'a mut Vec<Bytes>,
}

fn count(bytes: usize, counters: &WriterCounters, access: Option<&Arc<AccessEntry>>) {
    counters.bytes.add(bytes as u64);
    if let Some(access) = access {
        access.add_bytes(bytes as u64);
    }
}

impl<S: io::Read + io::Write> Stream<S> {
    /// Writes the head of the response and the first events, then everything that is ready.
    pub fn begin(
        &mut self,
        opening: Bytes,
        key: StreamKey,
        context: &mut DriveContext<'_>,
    ) -> DriveOutcome {
        context.pieces.push(opening);
        self.go_on(key, context)
    }

    /// Writes until nothing is ready or the socket is full.
    pub fn drive(&mut self, key: StreamKey, context: &mut DriveContext<'_>) -> DriveOutcome {
        if let Some(pending) = &mut self.pending
            && !pending.rest.is_empty()
        {
            // First the remaining bytes: nothing more is fetched while the socket is full.
            let access = self.connection.registration().access();
            let count = |bytes| count(bytes, context.counters, access);
            match write(&mut self.socket, &mut pending.rest, count) {
                Ok(true) => {}
                Ok(false) => return DriveOutcome::Waits,
                Err(_) => return DriveOutcome::Broken,
            }
            let (given, ends) = (pending.direct, pending.reason.is_some());
            self.record_written(given);
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
                self.release_pending();
                return DriveOutcome::Waits;
            }
            let access = self.connection.registration().access();
            let count = |bytes| count(bytes, context.counters, access);
            match write(&mut self.socket, context.pieces, count) {
                Ok(true) => self.record_written(given),
                Ok(false) => {
                    let pending = self.pending.get_or_insert_default();
                    pending.rest = context.pieces.drain(..).collect();
                    pending.direct = given;
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

    /// Releases the state that is only needed while something is pending.
    fn release_pending(&mut self) {
        let pending = self.pending.as_ref();
        if pending.is_some_and(|pending| pending.reading.is_none()) {
            self.pending = None;
        }
    }

    /// The next bytes to write, if some are ready.
    fn next(
        &mut self,
        key: StreamKey,
        context: &mut DriveContext<'_>,
        given: &mut Seq,
    ) -> Option<Bytes> {
        let event = self.pending.as_mut().and_then(|it| it.event.take());
        if let Some(event) = event {
            return Some(event.chunk().clone());
        }
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
                    // Logged where it happened.
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

    /// The result of this read, if it has arrived.
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

    /// Gives the connection a page, and reads the next one meanwhile.
    fn take_in(&mut self, backlog: Backlog, key: StreamKey, reads: &mut ReadScheduler) {
        self.connection.replayed(backlog);
        if let Some(next) = self.connection.next_read() {
            self.read(next, key, reads);
        }
    }

    fn end(&mut self, reason: CloseReason) -> Bytes {
        self.pending.get_or_insert_default().reason = Some(reason);
        let frame = events::closing(reason, self.encoding());
        [&frame.chunk()[..], LAST_CHUNK].concat().into()
    }
}
