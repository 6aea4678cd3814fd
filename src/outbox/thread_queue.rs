//! The outbox of all connections that one thread writes: each message once, with those it is for.
//!
//! What fans out does so much work for a thread, not for a connection, and a connection that is quiet
//! costs nothing here.

use std::{
    collections::{HashMap, VecDeque},
    mem,
    sync::Arc,
};

use parking_lot::Mutex;

use super::{CloseReason, Delivery};
use crate::message::Seq;

/// What may wait for a thread, in bytes: frames, and the lists of those they are for.
const ROOM: usize = 16 << 20;

/// A connection's place in its thread. The number says whether it is still the same connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamKey {
    /// Where.
    pub index: u32,
    /// Which of those that were there.
    pub generation: u32,
}

/// Recipients a delivery is for, of the connections of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipients {
    /// All but those that only watch the server.
    Everyone,
    /// This one.
    One(StreamKey),
    /// These.
    Many(Box<[StreamKey]>),
}

/// Rung when there is something for a thread.
pub trait Wake: Send + Sync {
    /// It is called while messages fan out: it must be quick.
    fn wake(&self);
}

/// See the module's description.
pub struct ThreadQueue {
    inner: Mutex<Inner>,
    /// How far those are that have not had everything: a few.
    behind: Mutex<HashMap<StreamKey, Seq>>,
    waker: Arc<dyn Wake>,
    room: usize,
}

#[derive(Default)]
struct Inner {
    deliveries: VecDeque<(Delivery, Recipients)>,
    bytes: usize,
    /// For whom there was no room after those.
    overflow: Overflow,
    closes: Vec<(StreamKey, CloseReason)>,
}

/// What a thread takes out at a time.
#[derive(Debug, Default)]
pub struct Drained {
    /// Messages, in order.
    pub deliveries: VecDeque<(Delivery, Recipients)>,
    /// For whom there was no room after those, and how many messages they have lost that are in no log.
    pub behind: Vec<(Recipients, u64)>,
    /// Recipients to end, and why.
    pub closes: Vec<(StreamKey, CloseReason)>,
}

/// Those for whom there was no room, each once.
#[derive(Debug, Default)]
struct Overflow {
    everyone: Option<u64>,
    some: HashMap<StreamKey, u64>,
}

impl ThreadQueue {
    /// An empty one that rings this waker.
    pub fn new(waker: Arc<dyn Wake>) -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::default(),
            behind: Mutex::default(),
            waker,
            room: ROOM,
        })
    }

    /// Puts a delivery in, or notes who fell behind for want of room. Never waits.
    pub fn put(&self, delivery: Delivery, recipients: Recipients) {
        self.inner.lock().put(delivery, recipients, self.room);
        self.waker.wake();
    }

    /// Ends a connection, once its thread next looks.
    pub fn close(&self, key: StreamKey, reason: CloseReason) {
        self.inner.lock().closes.push((key, reason));
        self.waker.wake();
    }

    /// Takes everything. After this the queue collects anew, so whoever reads the log for those who are
    /// behind *after* this call misses nothing.
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

    /// Whether there is nothing to take.
    pub fn is_empty(&self) -> bool {
        let inner = self.inner.lock();
        // Nothing overflows where nothing is held.
        inner.deliveries.is_empty() && inner.closes.is_empty()
    }

    /// Notes how far a connection is that has not had everything; none: it has.
    pub fn set_position(&self, key: StreamKey, position: Option<Seq>) {
        let mut behind = self.behind.lock();
        match position {
            Some(position) => drop(behind.insert(key, position)),
            None => drop(behind.remove(&key)),
        }
        if behind.is_empty() {
            *behind = HashMap::new();
        }
    }

    /// How far a connection is, if it has not had everything.
    pub fn position(&self, key: StreamKey) -> Option<Seq> {
        self.behind.lock().get(&key).copied()
    }
}

impl Inner {
    fn put(&mut self, delivery: Delivery, recipients: Recipients, room: usize) {
        let list = match &recipients {
            Recipients::Many(keys) => size_of_val(&**keys),
            Recipients::Everyone | Recipients::One(_) => 0,
        };
        let bytes = delivery.len() + list + size_of::<(Delivery, Recipients)>();
        let fits = self.deliveries.is_empty() || self.bytes + bytes <= room;
        // Who is behind takes nothing from here before it has read the log: what came after would hide
        // what is missing.
        if fits && !self.overflow.has_happened() {
            self.bytes += bytes;
            self.deliveries.push_back((delivery, recipients));
        } else {
            let lost = u64::from(matches!(delivery, Delivery::Ephemeral(_)));
            self.overflow.add(recipients, lost);
        }
    }
}

impl Overflow {
    fn has_happened(&self) -> bool {
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
        Delivery::Ephemeral(FrameWriter::new().data("x").finish())
    }

    fn key(index: u32) -> StreamKey {
        StreamKey {
            index,
            generation: 1,
        }
    }

    #[test]
    fn who_finds_no_room_is_behind_and_what_fitted_comes_before() {
        let queue = ThreadQueue {
            inner: Mutex::default(),
            behind: Mutex::default(),
            waker: Arc::new(NoWake),
            room: 1,
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
