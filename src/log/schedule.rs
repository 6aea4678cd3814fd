//! Messages that are to be pushed later: what is stored, and what can be changed.

use std::{fmt, time::Duration};

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    log::{
        entry::{Digest, Entry},
        kept_size::KeptSize,
        options::milliseconds,
    },
    message::{Draft, Seq},
};

/// The id of a scheduled message: a random UUID. It stays the same when the message is sent, which then has a position too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScheduleId(Uuid);

impl ScheduleId {
    /// A new random id.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// Parses an id of 36 characters with hyphens. None if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Uuid::parse_str(text).ok();
        id.filter(|_| text.len() == 36).map(Self)
    }

    /// The 16 bytes of the id.
    pub(super) fn to_bytes(self) -> [u8; 16] {
        self.0.into_bytes()
    }

    /// The id with these bytes.
    pub(super) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl fmt::Display for ScheduleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// When a message is to be pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At this time, in milliseconds since 1970. If it has passed, at once.
    At(u64),
    /// After this time.
    In(Duration),
}

impl When {
    /// The time, in milliseconds since 1970, if it is `now`.
    pub fn due_at(self, now: u64) -> u64 {
        match self {
            Self::At(at) => at,
            Self::In(delay) => now.saturating_add(milliseconds(delay)),
        }
    }

    /// The digest of a push with this time. So a push at another time is another push, but one with a delay that is sent again is
    /// not.
    fn digest(self, of_draft: &Digest) -> Digest {
        let (tag, number) = match self {
            Self::At(at) => (1u8, at),
            Self::In(delay) => (2, milliseconds(delay)),
        };
        let mut hash = Sha256::new();
        hash.update(of_draft);
        hash.update([tag]);
        hash.update(number.to_le_bytes());
        let mut digest = Digest::default();
        digest.copy_from_slice(&hash.finalize()[..16]);
        digest
    }
}

/// A message to be stored for later.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSchedule {
    pub(super) id: ScheduleId,
    pub(super) when: When,
    /// With its key, which is taken now and not when it is sent. See [`When::digest`].
    pub(super) entry: Entry,
    /// How many may wait, with this one.
    pub(super) most: KeptSize,
}

impl NewSchedule {
    /// An entry that is appended later, if no more than `most` wait with it.
    pub fn new(mut entry: Entry, when: When, most: KeptSize) -> Self {
        if let Some(key) = entry.key.as_mut() {
            key.1 = when.digest(&key.1);
        }
        Self {
            id: ScheduleId::random(),
            when,
            entry,
            most,
        }
    }
}

/// A change of what is to be pushed later.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::log) enum ScheduleChange {
    /// Store a message for later.
    Add(Box<NewSchedule>),
    /// Change its time, if it was not sent.
    Move(ScheduleId, When),
    /// Remove it, if it was not sent. Its idempotency key can be used again.
    Cancel(ScheduleId),
    /// Append some of those that are due at this time (milliseconds since 1970), in the order of their times. Whoever is first
    /// appends them: a repetition finds others, or none.
    Send(u64),
}

impl ScheduleChange {
    /// The approximate size in bytes.
    pub fn weight(&self) -> usize {
        match self {
            Self::Add(new) => 64 + new.entry.weight(),
            Self::Move(..) | Self::Cancel(_) | Self::Send(_) => 32,
        }
    }
}

/// What became of a [`ScheduleChange`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheduled {
    /// It is stored. Due at this time, in milliseconds since 1970.
    Stored(ScheduleId, u64),
    /// It was stored before, by an earlier push with the same key.
    Repeated(ScheduleId, u64),
    /// The idempotency key was used for another push.
    KeyReused,
    /// Too many wait.
    Full,
    /// It would set the state of a topic, and no more topics may have one than these.
    StatesFull(KeptSize),
    /// It was removed.
    Cancelled,
    /// There is no such message, or it was sent.
    NotWaiting,
    /// Those that were due are sent.
    Sent,
}

/// A message that is to be pushed later, or that was.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Its id.
    pub id: ScheduleId,
    /// Its place among those with the same time.
    pub number: u64,
    /// When it is due, in milliseconds since 1970.
    pub due_at: u64,
    /// When it was stored, in milliseconds since 1970.
    pub made_at: u64,
    /// What became of it.
    pub state: ScheduleState,
}

/// See [`Schedule::state`].
#[derive(Clone, Debug, PartialEq)]
pub enum ScheduleState {
    /// It waits. This is what it will be.
    Waiting(Box<Draft>),
    /// It is the message with this position.
    Sent(Seq),
}

/// The place of a schedule in the order in which they are sent: its time, and its number.
pub type SchedulePlace = (u64, u64);

impl Schedule {
    /// Its place.
    pub fn place(&self) -> SchedulePlace {
        (self.due_at, self.number)
    }
}
