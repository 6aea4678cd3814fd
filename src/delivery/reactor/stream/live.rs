//! Live messages to a stream: written directly while it is idle, queued otherwise.

use std::io;

use bytes::Bytes;

use super::{Pending, Stream};
use crate::{
    message::Seq,
    outbox::{Delivery, QueueLimits},
};

/// The outcome of a live message to a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    /// The socket took all of it.
    Written,
    /// The socket took a part of it or nothing; the rest is pending.
    Stalled,
    /// It was queued behind pending bytes.
    Queued,
    /// It was delivered before.
    Duplicate,
    /// The socket is broken.
    Broken,
}

impl<S: io::Read + io::Write> Stream<S> {
    /// Writes a message, or queues it. Adds the bytes that the socket took to `taken`.
    pub fn deliver(
        &mut self,
        delivery: &Delivery,
        limits: QueueLimits,
        taken: &mut u64,
    ) -> WriteOutcome {
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
        self.note_messages(1);
        self.write_directly(delivery.frame(self.encoding()).chunk(), direct, taken)
    }

    /// Writes several messages at once; `range` has the positions of the first and the last of the log. None: they
    /// have to be delivered one by one. Adds the bytes that the socket took to `taken`.
    pub fn deliver_coalesced(
        &mut self,
        bytes: &Bytes,
        messages: usize,
        range: Option<(Seq, Seq)>,
        taken: &mut u64,
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
        self.note_messages(messages as u64);
        Some(self.write_directly(bytes, 0, taken))
    }

    /// Counts messages for the log of requests.
    fn note_messages(&self, messages: u64) {
        if let Some(access) = self.connection.registration().access() {
            access.add_events(messages);
        }
    }

    /// Writes to an idle stream and keeps what the socket does not take. `direct` is the position of a direct
    /// message, or 0.
    fn write_directly(&mut self, bytes: &Bytes, direct: Seq, total: &mut u64) -> WriteOutcome {
        let taken = loop {
            match self.socket.write(bytes) {
                Ok(0) => return WriteOutcome::Broken,
                Ok(taken) => break taken,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break 0,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return WriteOutcome::Broken,
            }
        };
        *total += taken as u64;
        if let Some(access) = self.connection.registration().access() {
            access.add_bytes(taken as u64);
        }
        let given = self.written().max(direct);
        if taken == bytes.len() {
            self.record_written(given);
            return WriteOutcome::Written;
        }
        self.pending = Some(Box::new(Pending {
            rest: vec![bytes.slice(taken..)],
            direct: given,
            ..Pending::default()
        }));
        WriteOutcome::Stalled
    }
}
