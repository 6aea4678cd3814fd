//! An API key with what it may do, and when it was last used.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;

use super::permission::Permission;
use crate::log::{AuditCaller, KeyUse};

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
