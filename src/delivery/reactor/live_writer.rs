//! Writes live messages to the streams of a thread.

use std::{
    cell::OnceCell,
    collections::VecDeque,
    io,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};

use super::{
    stream::{Stream, WriteOutcome},
    streams::Streams,
};
use crate::{
    message::{Encoding, Frame, Seq},
    outbox::{Delivery, QueueLimits, Recipients, StreamKey},
    registry::WriterCounters,
};

/// How long a thread writes before it handles socket events again.
const TIME_SLICE: Duration = Duration::from_millis(10);

/// The maximum bytes of consecutive messages to everyone that are written together.
const COALESCED_BYTES: usize = 32 << 10;

/// The messages that a thread has taken from its queue and not written yet.
pub struct LiveWriter {
    deliveries: VecDeque<(Delivery, Recipients)>,
    limits: QueueLimits,
    counters: Arc<WriterCounters>,
    /// Bytes that sockets took, since they were last added to the counters.
    taken: u64,
    /// Streams whose socket is full, since this list was last taken.
    pub stalled: Vec<StreamKey>,
    /// Indexes of streams whose socket is broken, since this list was last taken.
    pub broken: Vec<u32>,
}

/// Consecutive messages to everyone, in one buffer.
struct Coalesced<'a> {
    deliveries: &'a [Delivery],
    fields: Bytes,
    /// Made for the first stream that gets envelopes.
    envelopes: OnceCell<Bytes>,
    mercure: OnceCell<Bytes>,
    /// The positions of the first and the last of them that are in the log.
    range: Option<(Seq, Seq)>,
}

impl LiveWriter {
    /// A writer without messages. `limits` apply to the overflow queue of each stream.
    /// What is written is counted in `counters`.
    pub fn new(limits: QueueLimits, counters: Arc<WriterCounters>) -> Self {
        Self {
            deliveries: VecDeque::new(),
            limits,
            counters,
            taken: 0,
            stalled: Vec::new(),
            broken: Vec::new(),
        }
    }

    /// Whether all messages have been written or queued.
    pub fn is_done(&self) -> bool {
        self.deliveries.is_empty()
    }

    /// Sets the messages to write next.
    pub fn load(&mut self, deliveries: VecDeque<(Delivery, Recipients)>) {
        self.deliveries = deliveries;
    }

    /// Adds a message to write after those.
    pub fn add(&mut self, delivery: Delivery, recipients: Recipients) {
        self.deliveries.push_back((delivery, recipients));
    }

    /// Writes messages for at most [`TIME_SLICE`]. Returns whether all are done.
    pub fn run<S: io::Read + io::Write>(&mut self, streams: &mut Streams<S>) -> bool {
        let began = Instant::now();
        while let Some((delivery, recipients)) = self.deliveries.pop_front() {
            let now = match recipients {
                Recipients::Everyone => {
                    let deliveries = self.coalesce(delivery);
                    match deliveries.as_slice() {
                        [only] => self.write_to_everyone(streams, only),
                        several => self.write_coalesced(streams, &Coalesced::new(several)),
                    }
                    self.note_lag(&deliveries)
                }
                Recipients::One(key) => self.write_to(streams, delivery, &[key]),
                Recipients::Many(keys) => self.write_to(streams, delivery, &keys),
            };
            if now - began > TIME_SLICE {
                break;
            }
        }
        self.counters.bytes.add(std::mem::take(&mut self.taken));
        self.is_done()
    }

    /// Counts how long messages took that were just written. Returns the time.
    fn note_lag(&self, deliveries: &[Delivery]) -> Instant {
        let now = Instant::now();
        for delivery in deliveries {
            self.counters.lag.observe(delivery.age(now), 1);
        }
        now
    }

    /// A message to everyone and the messages to everyone that follow directly.
    fn coalesce(&mut self, first: Delivery) -> Vec<Delivery> {
        let mut size = first.size();
        let mut deliveries = vec![first];
        while let Some((next, Recipients::Everyone)) = self.deliveries.front()
            && size + next.size() <= COALESCED_BYTES
        {
            size += next.size();
            deliveries.extend(self.deliveries.pop_front().map(|(next, _)| next));
        }
        deliveries
    }

    fn write_to_everyone<S: io::Read + io::Write>(
        &mut self,
        streams: &mut Streams<S>,
        delivery: &Delivery,
    ) {
        let mut written = 0;
        streams.each(|key, stream| written += self.write_to_stream(key, stream, delivery));
        count(delivery, written);
    }

    fn write_coalesced<S: io::Read + io::Write>(
        &mut self,
        streams: &mut Streams<S>,
        coalesced: &Coalesced<'_>,
    ) {
        let mut written = 0;
        streams.each(|key, stream| {
            let bytes = coalesced.bytes(stream.encoding());
            let all = coalesced.deliveries.len();
            match stream.deliver_coalesced(bytes, all, coalesced.range, &mut self.taken) {
                Some(outcome) => written += self.record(key, outcome),
                None => {
                    for delivery in coalesced.deliveries {
                        count(delivery, self.write_to_stream(key, stream, delivery));
                    }
                }
            }
        });
        coalesced
            .deliveries
            .iter()
            .for_each(|delivery| count(delivery, written));
    }

    fn write_to<S: io::Read + io::Write>(
        &mut self,
        streams: &mut Streams<S>,
        delivery: Delivery,
        keys: &[StreamKey],
    ) -> Instant {
        let mut written = 0;
        for key in keys {
            if let Some(stream) = streams.stream(*key) {
                written += self.write_to_stream(*key, stream, &delivery);
            }
        }
        count(&delivery, written);
        self.note_lag(&[delivery])
    }

    fn write_to_stream<S: io::Read + io::Write>(
        &mut self,
        key: StreamKey,
        stream: &mut Stream<S>,
        delivery: &Delivery,
    ) -> u64 {
        let outcome = stream.deliver(delivery, self.limits, &mut self.taken);
        self.record(key, outcome)
    }

    /// Records streams that need attention. Returns the number of connections that the message was written to: 0 or
    /// 1.
    fn record(&mut self, key: StreamKey, outcome: WriteOutcome) -> u64 {
        match outcome {
            WriteOutcome::Written => return 1,
            WriteOutcome::Stalled => {
                self.stalled.push(key);
                return 1;
            }
            WriteOutcome::Broken => self.broken.push(key.index),
            WriteOutcome::Queued | WriteOutcome::Duplicate => {}
        }
        0
    }
}

/// Counts connections that a message was written to.
fn count(delivery: &Delivery, written: u64) {
    if let Delivery::Logged(logged) = delivery
        && written > 0
    {
        logged.written.fetch_add(written, Ordering::AcqRel);
    }
}

impl<'a> Coalesced<'a> {
    fn new(deliveries: &'a [Delivery]) -> Self {
        let mut range = None;
        for delivery in deliveries {
            if let Delivery::Logged(logged) = delivery {
                let first = range.map_or(logged.seq, |(first, _)| first);
                range = Some((first, logged.seq));
            }
        }
        Self {
            deliveries,
            fields: concat(deliveries, Encoding::Fields),
            envelopes: OnceCell::new(),
            mercure: OnceCell::new(),
            range,
        }
    }

    fn bytes(&self, encoding: Encoding) -> &Bytes {
        match encoding {
            Encoding::Fields => &self.fields,
            Encoding::Envelope => self
                .envelopes
                .get_or_init(|| concat(self.deliveries, encoding)),
            Encoding::Mercure { .. } => self
                .mercure
                .get_or_init(|| concat(self.deliveries, encoding)),
        }
    }
}

fn concat(deliveries: &[Delivery], encoding: Encoding) -> Bytes {
    let frames = deliveries.iter().map(|delivery| delivery.frame(encoding));
    let mut bytes = BytesMut::with_capacity(frames.clone().map(Frame::size).sum());
    frames.for_each(|frame| bytes.extend_from_slice(frame.chunk()));
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, io::Read, io::Write, rc::Rc};

    use super::*;
    use crate::{
        delivery::reactor::SimulatedThread,
        message::{Audience, ClientId, Data, Draft, EncodedMessage, FrameWriter},
        outbox::LoggedFrame,
    };

    /// A socket that takes a limited number of bytes and keeps them.
    #[derive(Clone, Default)]
    struct Socket(Rc<RefCell<(usize, Vec<u8>)>>);

    impl Socket {
        fn with_capacity(room: usize) -> Self {
            Self(Rc::new(RefCell::new((room, Vec::new()))))
        }

        fn text(&self) -> String {
            String::from_utf8(self.0.borrow().1.clone()).expect("UTF-8")
        }
    }

    impl Read for Socket {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::WouldBlock.into())
        }
    }

    impl Write for Socket {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut inner = self.0.borrow_mut();
            let taken = bytes.len().min(inner.0);
            inner.0 -= taken;
            inner.1.extend_from_slice(&bytes[..taken]);
            match taken {
                0 => Err(io::ErrorKind::WouldBlock.into()),
                _ => Ok(taken),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    type Bed = SimulatedThread<Socket>;

    fn connect(bed: &mut Bed, client_id: &str, socket: &Socket) -> StreamKey {
        let client_id = ClientId::parse(client_id).expect("an id");
        bed.connect(client_id, [].into(), socket.clone())
            .expect("room")
    }

    fn push(bed: &Bed, audience: &Audience, seq: Seq) -> Arc<LoggedFrame> {
        let logged = LoggedFrame::new(seq, frame(seq).into(), audience.is_direct());
        bed.fan_out(audience, &Delivery::Logged(Arc::clone(&logged)));
        logged
    }

    fn frame(seq: Seq) -> Frame {
        FrameWriter::new().data(&format!("<{seq}>")).finish()
    }

    fn numbers(text: &str) -> Vec<&str> {
        text.split('<')
            .skip(1)
            .filter_map(|rest| rest.split('>').next())
            .collect()
    }

    fn to(client_id: &str) -> Audience {
        Audience::Client(ClientId::parse(client_id).expect("an id"))
    }

    #[test]
    fn consecutive_messages_to_everyone_are_written_together_and_in_order() {
        let mut bed = Bed::default();
        let (a, b) = (
            Socket::with_capacity(1 << 20),
            Socket::with_capacity(1 << 20),
        );
        connect(&mut bed, "a", &a);
        connect(&mut bed, "b", &b);
        let first = push(&bed, &Audience::Everyone, 1);
        push(&bed, &to("a"), 2);
        push(&bed, &Audience::Everyone, 3);
        let last = push(&bed, &Audience::Everyone, 4);
        bed.deliver();
        assert_eq!(numbers(&a.text()), ["1", "2", "3", "4"]);
        assert_eq!(numbers(&b.text()), ["1", "3", "4"]);
        for logged in [first, last] {
            assert_eq!(logged.written.load(Ordering::Acquire), 2);
        }
    }

    #[test]
    fn batches_are_written_in_the_encoding_of_each_stream() {
        let mut bed = Bed::default();
        let (a, b) = (
            Socket::with_capacity(1 << 20),
            Socket::with_capacity(1 << 20),
        );
        connect(&mut bed, "a", &a);
        let client_id = ClientId::parse("b").expect("an id");
        bed.connect_with(Encoding::Envelope, client_id, [].into(), b.clone())
            .expect("room");
        for text in ["<1>", "<2>"] {
            let draft = Draft {
                audience: Audience::Everyone,
                event: None,
                data: Data::Text(text.into()),
                ttl: Some(Duration::ZERO),
                update: None,
                handling: None,
            };
            let message = Arc::new(EncodedMessage::ephemeral(&draft));
            bed.fan_out(&draft.audience, &Delivery::Ephemeral(message));
        }
        bed.deliver();
        assert_eq!(a.text(), "b\r\ndata: <1>\n\n\r\nb\r\ndata: <2>\n\n\r\n");
        assert_eq!(numbers(&b.text()), ["1", "2"]);
        assert_eq!(b.text().matches("{\"event\":\"message\"").count(), 2);
    }

    #[test]
    fn a_stream_gets_no_message_of_a_batch_twice() {
        let mut bed = Bed::default();
        let socket = Socket::with_capacity(1 << 20);
        connect(&mut bed, "a", &socket);
        push(&bed, &Audience::Everyone, 5);
        bed.deliver();
        for seq in [4, 5, 6] {
            push(&bed, &Audience::Everyone, seq);
        }
        bed.deliver();
        assert_eq!(numbers(&socket.text()), ["5", "6"]);
    }

    #[test]
    fn a_full_socket_delays_no_other_and_its_frames_stay_whole() {
        let mut bed = Bed::default();
        let (slow, quick) = (Socket::with_capacity(7), Socket::with_capacity(1 << 20));
        let key = connect(&mut bed, "slow", &slow);
        connect(&mut bed, "quick", &quick);
        for seq in 1..=3 {
            push(&bed, &Audience::Everyone, seq);
            bed.deliver();
        }
        assert_eq!(bed.writer.stalled, [key]);
        assert_eq!(numbers(&quick.text()), ["1", "2", "3"]);
        let begun = String::from_utf8(frame(1).chunk()[..7].to_vec());
        assert_eq!(
            slow.text(),
            begun.expect("UTF-8"),
            "a frame is not torn by another"
        );
        let stream = bed.streams.stream(key).expect("still there");
        assert_eq!(stream.behind(), Some(1));
    }

    #[test]
    fn a_stream_that_reuses_an_index_gets_nothing_of_its_predecessor() {
        let mut bed = Bed::default();
        let (gone, new) = (
            Socket::with_capacity(1 << 20),
            Socket::with_capacity(1 << 20),
        );
        let key = connect(&mut bed, "gone", &gone);
        push(&bed, &to("gone"), 1);
        bed.streams.remove(key.index);
        let next = connect(&mut bed, "new", &new);
        assert_eq!(next.index, key.index);
        bed.deliver();
        assert_eq!(new.text(), "");
    }
}
