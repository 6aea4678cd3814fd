//! Who came and went since somebody last looked.

use indexmap::IndexSet;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::message::ClientId;

/// Above so many changed clients it is cheaper to load the list again than to be told each.
const MOST: usize = 1_000;

/// Collects the names of clients whose connections changed. Bounded, whatever the rush.
#[derive(Default)]
pub struct Changes {
    inner: Mutex<Inner>,
    noted: Notify,
}

#[derive(Default)]
struct Inner {
    changed: IndexSet<ClientId>,
    overflowed: bool,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// These clients.
    Clients(Vec<ClientId>),
    /// More than is worth telling.
    TooMany,
}

impl Changes {
    pub(super) fn note(&self, client_id: &ClientId) {
        let mut inner = self.inner.lock();
        if inner.overflowed {
            return;
        }
        if inner.changed.len() < MOST {
            inner.changed.insert(client_id.clone());
        } else {
            inner.overflowed = true;
            inner.changed = IndexSet::new();
        }
        drop(inner);
        self.noted.notify_one();
    }

    /// Waits until something has changed since the last call.
    pub async fn noted(&self) {
        self.noted.notified().await;
    }

    /// What changed since the last call.
    pub fn take(&self) -> Changed {
        let mut inner = self.inner.lock();
        let changed = std::mem::take(&mut inner.changed);
        match std::mem::take(&mut inner.overflowed) {
            true => Changed::TooMany,
            false => Changed::Clients(changed.into_iter().collect()),
        }
    }
}
