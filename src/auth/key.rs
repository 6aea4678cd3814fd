//! An API key with what it may do, and when it was last used.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;

use super::{daily_pushes::DailyPushes, limits::LimitReached, permission::Permission};
use crate::{
    log::{AuditCaller, KeyUse},
    registry::now,
    timestamp,
};

/// An API key.
#[derive(Debug)]
pub struct Key {
    /// Its id.
    pub id: Arc<str>,
    /// Its name, for people.
    pub name: String,
    /// The same for the audit trail.
    pub(super) caller: Arc<AuditCaller>,
    /// What it may do. Empty if its role is not defined any more.
    pub permissions: Vec<Permission>,
    pub(super) last_use: Arc<LastUse>,
    /// How many messages may be pushed with it on one day (UTC). None: any number.
    pub pushes_per_day: Option<u64>,
    pub(super) pushes: Arc<DailyPushes>,
}

impl Key {
    /// Counts a push, if it has a quota. Fails if that is used up.
    pub fn take_push(&self) -> Result<(), LimitReached> {
        match self.pushes_per_day {
            None => Ok(()),
            Some(per_day) => self.pushes.take(per_day, now()),
        }
    }

    /// A push that was counted was refused afterwards.
    pub fn give_push_back(&self) {
        if self.pushes_per_day.is_some() {
            self.pushes.give_back(now());
        }
    }
}

/// One text of an API key. After a rotation a key has two for a while.
#[derive(Debug)]
pub struct KeyText {
    /// The key.
    pub key: Arc<Key>,
    /// Its hash.
    pub digest: [u8; 32],
    /// Marks the streams that were opened with it. It changes when the key may do something else.
    pub number: u32,
    /// When it ends, in milliseconds since 1970.
    pub(super) ends_at: Option<u64>,
    /// Whether it was replaced by a rotation.
    pub(super) is_replaced: bool,
}

/// Why a text is none of a key that is good.
#[derive(Debug, thiserror::Error)]
pub enum BadKey {
    /// It has the form of a key, and there is none with it.
    #[error("there is no such API key: it was revoked, or belongs to another server")]
    Unknown,
    /// Its checksum is wrong.
    #[error("this is not a complete API key: it is cut off, or has a typing error")]
    Incomplete,
    /// The key has another text now, and this one ended at this time, in milliseconds since 1970.
    #[error("this text of the API key {:?} was replaced, and was good until {}", .0.key.name, timestamp::of(*.1))]
    Replaced(Arc<KeyText>, u64),
    /// The key ended at this time, in milliseconds since 1970.
    #[error("the API key {:?} expired at {}", .0.key.name, timestamp::of(*.1))]
    Expired(Arc<KeyText>, u64),
}

/// When a key was last used. Kept in memory, and written to the log from time to time.
#[derive(Debug, Default)]
pub(super) struct LastUse {
    /// In milliseconds since 1970, to the second. 0: not since the start.
    at: AtomicU64,
    from: Mutex<Option<IpAddr>>,
    /// What the log has, or will have soon.
    written: AtomicU64,
}

impl LastUse {
    /// Notes a use. Locks at most once a second.
    pub fn note(&self, now: u64, from: Option<IpAddr>) {
        let second = now - now % 1000;
        if self.at.load(Ordering::Relaxed) != second {
            *self.from.lock() = from;
            self.at.store(second, Ordering::Relaxed);
        }
    }

    /// The last use since the start.
    pub fn get(&self) -> Option<KeyUse> {
        let from = self.from.lock().map(|from| from.to_string());
        match self.at.load(Ordering::Relaxed) {
            0 => None,
            at => Some(KeyUse { at, from }),
        }
    }

    /// The last use, if it is to be written now: the previous one was written at least `every` milliseconds before.
    pub fn take(&self, every: u64) -> Option<KeyUse> {
        let last = self.get()?;
        let written = self.written.load(Ordering::Relaxed);
        (last.at >= written + every).then(|| {
            self.written.store(last.at, Ordering::Relaxed);
            last
        })
    }
}
