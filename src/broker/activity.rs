//! What happens to messages, for observers: what was pushed, and whose receipts have moved.
//!
//! Bounded, whatever the rush. Whoever notes something asks first whether anybody watches.

use std::sync::Arc;

use indexmap::IndexSet;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::message::{ClientId, Message};

/// Above so much it is better to load the list again than to be told each.
const MAX_CHANGES: usize = 1_000;

/// See the module documentation.
#[derive(Default)]
pub struct ActivityFeed {
    inner: Mutex<Activity>,
    noted: Notify,
}

/// What happened since somebody last looked.
#[derive(Default)]
pub struct Activity {
    /// Messages that were pushed, oldest first, each with the connections that it was handed to.
    pub pushed: Vec<PushedMessage>,
    /// Clients that have had or acknowledged something.
    pub receipts_moved: IndexSet<ClientId>,
    /// There was more.
    pub overflowed: bool,
}

/// A message that was pushed.
#[derive(Clone, Debug)]
pub struct PushedMessage {
    /// The message.
    pub message: Arc<Message>,
    /// How many connections it was handed to.
    pub connections: u64,
}

impl ActivityFeed {
    /// Waits until something has happened since the last call.
    pub async fn noted(&self) {
        self.noted.notified().await;
    }

    /// What happened since the last call.
    pub fn take(&self) -> Activity {
        std::mem::take(&mut *self.inner.lock())
    }

    pub(super) fn pushed(&self, message: &Arc<Message>, connections: u64) {
        self.note(|activity| {
            activity.pushed.push(PushedMessage {
                message: Arc::clone(message),
                connections,
            });
            activity.pushed.len()
        });
    }

    pub(super) fn receipts_moved(&self, client_id: &ClientId) {
        self.note(|activity| {
            activity.receipts_moved.insert(client_id.clone());
            activity.receipts_moved.len()
        });
    }

    fn note(&self, add: impl FnOnce(&mut Activity) -> usize) {
        let mut activity = self.inner.lock();
        if !activity.overflowed && add(&mut activity) > MAX_CHANGES {
            *activity = Activity {
                overflowed: true,
                ..Activity::default()
            };
        }
        drop(activity);
        self.noted.notify_one();
    }
}
