//! What has changed since somebody last looked. Bounded, whatever the rush.

use std::{hash::Hash, mem, time::Duration};

use indexmap::IndexMap;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// Above so many changes it is better to load the list again than to be told each.
const MAX_CHANGES: usize = 1_000;

/// Collects what has changed, by its key and as it is now, in the order in which it first did.
pub struct ChangeFeed<K, V> {
    inner: Mutex<Inner<K, V>>,
    noted: Notify,
}

struct Inner<K, V> {
    changed: IndexMap<K, V>,
    overflowed: bool,
}

/// What changed.
#[derive(Clone, Debug)]
pub enum Changed<K, V> {
    /// These.
    These(IndexMap<K, V>),
    /// More than is worth telling.
    TooMany,
}

impl<K, V> Default for Inner<K, V> {
    fn default() -> Self {
        Self {
            changed: IndexMap::default(),
            overflowed: false,
        }
    }
}

impl<K, V> Default for ChangeFeed<K, V> {
    fn default() -> Self {
        Self {
            inner: Mutex::default(),
            noted: Notify::default(),
        }
    }
}

impl<K: Eq + Hash, V> ChangeFeed<K, V> {
    /// Notes that something is another than before.
    pub(crate) fn note(&self, key: K, value: V) {
        let mut inner = self.inner.lock();
        if inner.overflowed {
            return;
        }
        inner.changed.insert(key, value);
        if inner.changed.len() > MAX_CHANGES {
            *inner = Inner {
                overflowed: true,
                ..Inner::default()
            };
        }
        drop(inner);
        self.noted.notify_one();
    }

    /// Waits until something has changed since the last call, and says what has by `time` later.
    pub async fn next_batch(&self, time: Duration) -> Changed<K, V> {
        self.noted.notified().await;
        tokio::time::sleep(time).await;
        self.take()
    }

    fn take(&self) -> Changed<K, V> {
        let inner = mem::take(&mut *self.inner.lock());
        match inner.overflowed {
            true => Changed::TooMany,
            false => Changed::These(inner.changed),
        }
    }
}
