//! What came for the streams of a thread, written to each of them.

use std::{
    collections::VecDeque,
    io,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};

use super::{
    stream::{Given, Stream},
    streams::Streams,
};
use crate::{
    message::Seq,
    outbox::{Bounds, Delivery, Slot, Whom},
};

/// How long a thread writes before it looks after its sockets again.
const PATIENCE: Duration = Duration::from_millis(10);

/// Bytes of messages that are written together when several wait for everyone.
const TOGETHER: usize = 32 << 10;

/// Messages on their way to the sockets of a thread.
pub struct Round {
    deliveries: VecDeque<(Delivery, Whom)>,
    bounds: Bounds,
    /// Streams that have stalled since somebody last asked.
    pub stalled: Vec<Slot>,
    /// Streams whose socket turned out to be broken.
    pub broken: Vec<u32>,
}

/// Messages to everyone that stand one after the other.
struct Together {
    deliveries: Vec<Delivery>,
    bytes: Bytes,
    /// The places of the first and the last that stand in the log.
    span: Option<(Seq, Seq)>,
}

impl Round {
    /// Nothing yet, for streams with these bounds.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            deliveries: VecDeque::new(),
            bounds,
            stalled: Vec::new(),
            broken: Vec::new(),
        }
    }

    /// Whether everything has been given out.
    pub fn is_over(&self) -> bool {
        self.deliveries.is_empty()
    }

    /// What is to be given out next.
    pub fn begin(&mut self, deliveries: VecDeque<(Delivery, Whom)>) {
        self.deliveries = deliveries;
    }

    /// Gives out what there is, for a while. True: everything.
    pub fn go_on<S: io::Read + io::Write>(&mut self, streams: &mut Streams<S>) -> bool {
        let began = Instant::now();
        while let Some((delivery, whom)) = self.deliveries.pop_front() {
            match whom {
                Whom::Everyone => match self.gather(delivery) {
                    Ok(delivery) => self.to_everyone(streams, &delivery),
                    Err(together) => self.all_to_everyone(streams, &together),
                },
                Whom::One(slot) => self.to_these(streams, &delivery, &[slot]),
                Whom::Some(slots) => self.to_these(streams, &delivery, &slots),
            }
            if began.elapsed() > PATIENCE {
                break;
            }
        }
        self.is_over()
    }

    /// Takes what else is for everyone and stands right behind a message, where something does.
    fn gather(&mut self, first: Delivery) -> Result<Delivery, Together> {
        let mut size = first.frame().size();
        let mut deliveries = vec![first];
        while let Some((next, Whom::Everyone)) = self.deliveries.front()
            && size + next.frame().size() <= TOGETHER
        {
            size += next.frame().size();
            deliveries.extend(self.deliveries.pop_front().map(|(next, _)| next));
        }
        match deliveries.pop() {
            Some(only) if deliveries.is_empty() => Ok(only),
            last => {
                deliveries.extend(last);
                Err(Together::new(deliveries, size))
            }
        }
    }

    fn to_everyone<S: io::Read + io::Write>(
        &mut self,
        streams: &mut Streams<S>,
        delivery: &Delivery,
    ) {
        let mut written = 0;
        streams.each(|slot, stream| written += self.give(slot, stream, delivery));
        count(delivery, written);
    }

    fn all_to_everyone<S: io::Read + io::Write>(
        &mut self,
        streams: &mut Streams<S>,
        together: &Together,
    ) {
        let mut written = 0;
        streams.each(|slot, stream| {
            match stream.deliver_together(&together.bytes, together.span) {
                Some(given) => written += self.note(slot, given),
                None => {
                    for delivery in &together.deliveries {
                        count(delivery, self.give(slot, stream, delivery));
                    }
                }
            }
        });
        together
            .deliveries
            .iter()
            .for_each(|delivery| count(delivery, written));
    }

    fn to_these<S: io::Read + io::Write>(
        &mut self,
        streams: &mut Streams<S>,
        delivery: &Delivery,
        slots: &[Slot],
    ) {
        let mut written = 0;
        for slot in slots {
            if let Some(stream) = streams.stream(*slot) {
                written += self.give(*slot, stream, delivery);
            }
        }
        count(delivery, written);
    }

    fn give<S: io::Read + io::Write>(
        &mut self,
        slot: Slot,
        stream: &mut Stream<S>,
        delivery: &Delivery,
    ) -> u64 {
        let given = stream.deliver(delivery, self.bounds);
        self.note(slot, given)
    }

    /// Remembers who is to be looked after, and says to how many it was given out: one or none.
    fn note(&mut self, slot: Slot, given: Given) -> u64 {
        match given {
            Given::Written => return 1,
            Given::Stalled => {
                self.stalled.push(slot);
                return 1;
            }
            Given::Broken => self.broken.push(slot.token),
            Given::Kept | Given::Had => {}
        }
        0
    }
}

/// Counts to how many connections a message was given out.
fn count(delivery: &Delivery, written: u64) {
    if let Delivery::Logged(logged) = delivery
        && written > 0
    {
        logged.written.fetch_add(written, Ordering::AcqRel);
    }
}

impl Together {
    fn new(deliveries: Vec<Delivery>, size: usize) -> Self {
        let mut bytes = BytesMut::with_capacity(size);
        let mut span = None;
        for delivery in &deliveries {
            bytes.extend_from_slice(delivery.frame().chunk());
            if let Delivery::Logged(logged) = delivery {
                let first = span.map_or(logged.seq, |(first, _)| first);
                span = Some((first, logged.seq));
            }
        }
        Self {
            deliveries,
            bytes: bytes.freeze(),
            span,
        }
    }
}
