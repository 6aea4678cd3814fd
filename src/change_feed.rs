//! Changes since the last batch, bounded.

use std::{hash::Hash, mem, time::Duration};

use indexmap::IndexMap;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// The maximum number of changes in a batch. Above it, it is better to load the whole list again.
const MAX_CHANGES: usize = 1_000;

/// Collects changes by key with the newest value, in the order of the first change.
pub struct ChangeFeed<K, V> {
    inner: Mutex<Inner<K, V>>,
    changed_notify: Notify,
}

struct Inner<K, V> {
    changed: IndexMap<K, V>,
    overflowed: bool,
}

/// A batch of changes.
#[derive(Clone, Debug)]
pub enum Changed<K, V> {
    /// The changed keys with their newest values.
    These(IndexMap<K, V>),
    /// More changes than the maximum.
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
            changed_notify: Notify::default(),
        }
    }
}

impl<K: Eq + Hash, V> ChangeFeed<K, V> {
    /// Records a change.
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
        self.changed_notify.notify_one();
    }

    /// Records more changes than there is room for.
    pub(crate) fn note_too_many(&self) {
        *self.inner.lock() = Inner {
            overflowed: true,
            ..Inner::default()
        };
        self.changed_notify.notify_one();
    }

    /// Waits for the first change since the last call, then for `time`, and returns all changes until then.
    pub async fn next_batch(&self, time: Duration) -> Changed<K, V> {
        self.changed_notify.notified().await;
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
