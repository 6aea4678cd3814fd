//! The queue of all streams that one delivery thread writes: each message once, with its recipients.
//!
//! Fan-out does its work per thread, not per connection, and an idle connection costs nothing here.

use std::{
    collections::{HashMap, VecDeque},
    mem,
    sync::Arc,
};

use parking_lot::Mutex;

use super::{CloseReason, Delivery};
use crate::message::Seq;

/// The capacity of the queue in bytes: frames and lists of recipients.
const CAPACITY: usize = 16 << 20;

/// The key of a stream in its delivery thread: a generational index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamKey {
    /// The index of its slot.
    pub index: u32,
    /// Distinguishes the streams that have used this slot.
    pub generation: u32,
}

/// The recipients of a delivery among the streams of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipients {
    /// All streams except observers.
    Everyone,
    /// One stream.
    One(StreamKey),
    /// Several streams.
    Many(Box<[StreamKey]>),
}

/// Wakes a thread that waits for its queue.
pub trait Wake: Send + Sync {
    /// Wakes it. Must be quick.
    fn wake(&self);

    /// Writes the new messages in place of the thread, if it waits and they are few; else wakes it. Takes about as long
    /// as a write to a socket. For callers that hold no lock.
    fn write_or_wake(&self) {
        self.wake();
    }
}

/// A message to more streams than this is written by the thread, so that its publisher does not wait.
const FEW: usize = 8;

/// The next message of a [`ThreadQueue`] for whoever writes few messages.
#[derive(Debug)]
pub enum Next {
    /// Write this.
    Delivery(Delivery, Recipients),
    /// The queue is empty.
    Nothing,
    /// There is more to do than to write to few streams.
    Much,
}

/// See the module documentation.
pub struct ThreadQueue {
    inner: Mutex<Inner>,
    /// The positions of streams that are not up to date: usually few.
    positions: Mutex<HashMap<StreamKey, Seq>>,
    waker: Arc<dyn Wake>,
    capacity: usize,
}

#[derive(Default)]
struct Inner {
    deliveries: VecDeque<(Delivery, Recipients)>,
    bytes: usize,
    /// The recipients of what did not fit.
    overflow: Overflow,
    closes: Vec<(StreamKey, CloseReason)>,
}

/// The content of a [`ThreadQueue`] at one moment.
#[derive(Debug, Default)]
pub struct Drained {
    /// Messages, in order.
    pub deliveries: VecDeque<(Delivery, Recipients)>,
    /// Streams for which messages did not fit after these, with the number of ephemeral messages that they lost.
    pub behind: Vec<(Recipients, u64)>,
    /// Streams to close, and why.
    pub closes: Vec<(StreamKey, CloseReason)>,
}

/// The streams for which messages did not fit, each once, with the ephemeral messages that they lost.
#[derive(Debug, Default)]
struct Overflow {
    everyone: Option<u64>,
    some: HashMap<StreamKey, u64>,
}

impl ThreadQueue {
    /// An empty queue that wakes its thread by this waker.
    pub fn new(waker: Arc<dyn Wake>) -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::default(),
            positions: Mutex::default(),
            waker,
            capacity: CAPACITY,
        })
    }

    /// Adds a delivery. If it does not fit, its recipients are behind. Never blocks. The thread has to be woken after
    /// it: see [`Self::waker`].
    pub fn put(&self, delivery: Delivery, recipients: Recipients) {
        self.inner.lock().put(delivery, recipients, self.capacity);
    }

    /// What wakes the thread, after [`Self::put`].
    pub fn waker(&self) -> &dyn Wake {
        &*self.waker
    }

    /// Takes the first message, if it is for few streams and nothing but messages is in the queue.
    pub fn next_of_few(&self) -> Next {
        let mut inner = self.inner.lock();
        if !inner.closes.is_empty() || inner.overflow.is_some() {
            return Next::Much;
        }
        match inner.deliveries.front() {
            None => Next::Nothing,
            Some((_, Recipients::Everyone)) => Next::Much,
            Some((_, Recipients::Many(keys))) if keys.len() > FEW => Next::Much,
            Some(_) => inner.pop().map_or(Next::Nothing, |(delivery, recipients)| {
                Next::Delivery(delivery, recipients)
            }),
        }
    }

    /// Closes a stream when the thread reads the queue next.
    pub fn close(&self, key: StreamKey, reason: CloseReason) {
        self.inner.lock().closes.push((key, reason));
        self.waker.wake();
    }

    /// Takes everything. From this moment on the queue collects again, so a read of the log *after* this call misses
    /// nothing for streams that are behind.
    pub fn take(&self) -> Drained {
        let inner = mem::take(&mut *self.inner.lock());
        let everyone = inner.overflow.everyone;
        let everyone = everyone.map(|lost| (Recipients::Everyone, lost));
        let some = inner.overflow.some.into_iter();
        let some = some.map(|(key, lost)| (Recipients::One(key), lost));
        Drained {
            deliveries: inner.deliveries,
            behind: everyone.into_iter().chain(some).collect(),
            closes: inner.closes,
        }
    }

    /// Whether the queue is empty.
    pub fn is_empty(&self) -> bool {
        let inner = self.inner.lock();
        // There is no overflow without deliveries.
        inner.deliveries.is_empty() && inner.closes.is_empty()
    }

    /// The number of waiting messages, their bytes, and the number of streams that are not up to date.
    pub fn depth(&self) -> (u64, u64, u64) {
        let behind = self.positions.lock().len() as u64;
        let inner = self.inner.lock();
        (inner.deliveries.len() as u64, inner.bytes as u64, behind)
    }

    /// Records the position of a stream that is not up to date; none: it is.
    pub fn set_position(&self, key: StreamKey, position: Option<Seq>) {
        let mut positions = self.positions.lock();
        match position {
            Some(position) => drop(positions.insert(key, position)),
            None => drop(positions.remove(&key)),
        }
        if positions.is_empty() {
            *positions = HashMap::new();
        }
    }

    /// The position of a stream, if it is not up to date.
    pub fn position(&self, key: StreamKey) -> Option<Seq> {
        self.positions.lock().get(&key).copied()
    }
}

impl Inner {
    fn put(&mut self, delivery: Delivery, recipients: Recipients, capacity: usize) {
        let bytes = size_of_entry(&delivery, &recipients);
        let fits = self.deliveries.is_empty() || self.bytes + bytes <= capacity;
        // After an overflow nothing is added until the queue is drained: a later message would hide the missing ones
        // from a stream that is behind.
        if fits && !self.overflow.is_some() {
            self.bytes += bytes;
            self.deliveries.push_back((delivery, recipients));
        } else {
            let lost = u64::from(matches!(delivery, Delivery::Ephemeral(_)));
            self.overflow.add(recipients, lost);
        }
    }

    fn pop(&mut self) -> Option<(Delivery, Recipients)> {
        let (delivery, recipients) = self.deliveries.pop_front()?;
        self.bytes -= size_of_entry(&delivery, &recipients);
        Some((delivery, recipients))
    }
}

fn size_of_entry(delivery: &Delivery, recipients: &Recipients) -> usize {
    let list = match recipients {
        Recipients::Many(keys) => size_of_val(&**keys),
        Recipients::Everyone | Recipients::One(_) => 0,
    };
    delivery.size() + list + size_of::<(Delivery, Recipients)>()
}

impl Overflow {
    fn is_some(&self) -> bool {
        self.everyone.is_some() || !self.some.is_empty()
    }

    fn add(&mut self, recipients: Recipients, lost: u64) {
        let mut one = |key| *self.some.entry(key).or_default() += lost;
        match recipients {
            Recipients::Everyone => *self.everyone.get_or_insert_default() += lost,
            Recipients::One(key) => one(key),
            Recipients::Many(keys) => keys.iter().copied().for_each(one),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::FrameWriter;

    struct NoWake;

    impl Wake for NoWake {
        fn wake(&self) {}
    }

    fn ephemeral() -> Delivery {
        Delivery::Ephemeral(Arc::new(FrameWriter::new().data("x").finish().into()))
    }

    fn key(index: u32) -> StreamKey {
        StreamKey {
            index,
            generation: 1,
        }
    }

    #[test]
    fn recipients_of_dropped_messages_are_behind_and_get_the_queued_ones_first() {
        let queue = ThreadQueue {
            inner: Mutex::default(),
            positions: Mutex::default(),
            waker: Arc::new(NoWake),
            capacity: 1,
        };
        queue.put(ephemeral(), Recipients::One(key(1)));
        queue.put(ephemeral(), Recipients::Many([key(1), key(2)].into()));
        queue.put(ephemeral(), Recipients::One(key(2)));
        queue.put(ephemeral(), Recipients::Everyone);
        let mut drained = queue.take();
        assert_eq!(drained.deliveries.len(), 1);
        drained
            .behind
            .sort_by_key(|(recipients, _)| match recipients {
                Recipients::One(key) => key.index,
                _ => 0,
            });
        let behind = [
            (Recipients::Everyone, 1),
            (Recipients::One(key(1)), 1),
            (Recipients::One(key(2)), 2),
        ];
        assert_eq!(drained.behind, behind);
        assert!(queue.is_empty());
        queue.put(ephemeral(), Recipients::Everyone);
        assert_eq!(queue.take().deliveries.len(), 1, "there is room again");
    }
}
