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
pub struct Slot {
    /// Where.
    pub token: u32,
    /// Which of those that were there.
    pub number: u32,
}

/// Whom a delivery is for, of the connections of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// All but those that only watch the server.
    Everyone,
    /// This one.
    One(Slot),
    /// These.
    Some(Box<[Slot]>),
}

/// Rung when there is something for a thread.
pub trait Bell: Send + Sync {
    /// It is called while messages fan out: it must be quick.
    fn ring(&self);
}

/// See the module's description.
pub struct Trunk {
    inner: Mutex<Inner>,
    /// How far those are that have not had everything: a few.
    behind: Mutex<HashMap<Slot, Seq>>,
    bell: Arc<dyn Bell>,
    room: usize,
}

#[derive(Default)]
struct Inner {
    deliveries: VecDeque<(Delivery, Whom)>,
    bytes: usize,
    /// For whom there was no room after those.
    overflow: Overflow,
    closes: Vec<(Slot, CloseReason)>,
}

/// What a thread takes out at a time.
#[derive(Debug, Default)]
pub struct Load {
    /// Messages, in order.
    pub deliveries: VecDeque<(Delivery, Whom)>,
    /// For whom there was no room after those, and how many messages they have lost that are in no log.
    pub behind: Vec<(Whom, u64)>,
    /// Whom to end, and why.
    pub closes: Vec<(Slot, CloseReason)>,
}

/// Those for whom there was no room, each once.
#[derive(Debug, Default)]
struct Overflow {
    everyone: Option<u64>,
    some: HashMap<Slot, u64>,
}

impl Trunk {
    /// An empty one that rings this bell.
    pub fn new(bell: Arc<dyn Bell>) -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::default(),
            behind: Mutex::default(),
            bell,
            room: ROOM,
        })
    }

    /// Puts a delivery in, or notes who fell behind for want of room. Never waits.
    pub fn put(&self, delivery: Delivery, whom: Whom) {
        self.inner.lock().put(delivery, whom, self.room);
        self.bell.ring();
    }

    /// Ends a connection, once its thread next looks.
    pub fn close(&self, slot: Slot, reason: CloseReason) {
        self.inner.lock().closes.push((slot, reason));
        self.bell.ring();
    }

    /// Takes everything. After this the trunk collects anew, so whoever reads the log for those who are
    /// behind *after* this call misses nothing.
    pub fn take(&self) -> Load {
        let inner = mem::take(&mut *self.inner.lock());
        let everyone = inner.overflow.everyone;
        let everyone = everyone.map(|lost| (Whom::Everyone, lost));
        let some = inner.overflow.some.into_iter();
        let some = some.map(|(slot, lost)| (Whom::One(slot), lost));
        Load {
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
    pub fn note(&self, slot: Slot, place: Option<Seq>) {
        let mut behind = self.behind.lock();
        match place {
            Some(place) => drop(behind.insert(slot, place)),
            None => drop(behind.remove(&slot)),
        }
        if behind.is_empty() {
            *behind = HashMap::new();
        }
    }

    /// How far a connection is, if it has not had everything.
    pub fn place(&self, slot: Slot) -> Option<Seq> {
        self.behind.lock().get(&slot).copied()
    }
}

impl Inner {
    fn put(&mut self, delivery: Delivery, whom: Whom, room: usize) {
        let list = match &whom {
            Whom::Some(slots) => size_of_val(&**slots),
            Whom::Everyone | Whom::One(_) => 0,
        };
        let bytes = delivery.len() + list + size_of::<(Delivery, Whom)>();
        let fits = self.deliveries.is_empty() || self.bytes + bytes <= room;
        // Who is behind takes nothing from here before it has read the log: what came after would hide
        // what is missing.
        if fits && !self.overflow.has_happened() {
            self.bytes += bytes;
            self.deliveries.push_back((delivery, whom));
        } else {
            let lost = u64::from(matches!(delivery, Delivery::Ephemeral(_)));
            self.overflow.add(whom, lost);
        }
    }
}

impl Overflow {
    fn has_happened(&self) -> bool {
        self.everyone.is_some() || !self.some.is_empty()
    }

    fn add(&mut self, whom: Whom, lost: u64) {
        let mut one = |slot| *self.some.entry(slot).or_default() += lost;
        match whom {
            Whom::Everyone => *self.everyone.get_or_insert_default() += lost,
            Whom::One(slot) => one(slot),
            Whom::Some(slots) => slots.iter().copied().for_each(one),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::FrameWriter;

    struct Silent;

    impl Bell for Silent {
        fn ring(&self) {}
    }

    fn ephemeral() -> Delivery {
        Delivery::Ephemeral(FrameWriter::new().data("x").finish())
    }

    fn slot(token: u32) -> Slot {
        Slot { token, number: 1 }
    }

    #[test]
    fn who_finds_no_room_is_behind_and_what_fitted_comes_before() {
        let trunk = Trunk {
            inner: Mutex::default(),
            behind: Mutex::default(),
            bell: Arc::new(Silent),
            room: 1,
        };
        trunk.put(ephemeral(), Whom::One(slot(1)));
        trunk.put(ephemeral(), Whom::Some([slot(1), slot(2)].into()));
        trunk.put(ephemeral(), Whom::One(slot(2)));
        trunk.put(ephemeral(), Whom::Everyone);
        let mut load = trunk.take();
        assert_eq!(load.deliveries.len(), 1);
        load.behind.sort_by_key(|(whom, _)| match whom {
            Whom::One(slot) => slot.token,
            _ => 0,
        });
        let behind = [
            (Whom::Everyone, 1),
            (Whom::One(slot(1)), 1),
            (Whom::One(slot(2)), 2),
        ];
        assert_eq!(load.behind, behind);
        assert!(trunk.is_empty());
        trunk.put(ephemeral(), Whom::Everyone);
        assert_eq!(trunk.take().deliveries.len(), 1, "there is room again");
    }
}
