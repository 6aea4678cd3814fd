//! Pushed messages and changed receipts, for observers. Bounded.
//!
//! The caller checks first whether there is an observer.

use std::sync::Arc;

use indexmap::IndexSet;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::message::{ClientId, Draft, Message};

/// The maximum number of changes. Above it, observers are told to load the list again.
const MAX_CHANGES: usize = 1_000;

/// See the module documentation.
#[derive(Default)]
pub struct ActivityFeed {
    inner: Mutex<Activity>,
    changed: Notify,
}

/// What happened since the last look.
#[derive(Default)]
pub struct Activity {
    /// Pushed messages, oldest first.
    pub pushed: Vec<PushedMessage>,
    /// Clients whose receipts have changed.
    pub receipts_moved: IndexSet<ClientId>,
    /// There were too many to list.
    pub overflowed: bool,
}

/// A pushed message.
#[derive(Clone, Debug)]
pub struct PushedMessage {
    /// The message.
    pub message: Arc<Message>,
    /// How many connections it was handed to.
    pub connections: u64,
    /// Whether it is in the log. Otherwise its position is 0.
    pub is_logged: bool,
}

impl ActivityFeed {
    /// Waits until something has happened since the last call.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// What has happened since the last call.
    pub fn take(&self) -> Activity {
        std::mem::take(&mut *self.inner.lock())
    }

    pub(super) fn pushed(&self, message: &Arc<Message>, connections: u64) {
        self.note_pushed(PushedMessage {
            message: Arc::clone(message),
            connections,
            is_logged: true,
        });
    }

    /// An ephemeral message, sent at this time, in milliseconds since 1970.
    pub(super) fn passed(&self, draft: &Draft, at: u64, connections: u64) {
        let message = Message {
            seq: 0,
            at,
            expires_at: None,
            audience: draft.audience.clone(),
            event: draft.event.clone(),
            data: draft.data.clone(),
            update: None,
            handling: None,
        };
        self.note_pushed(PushedMessage {
            message: Arc::new(message),
            connections,
            is_logged: false,
        });
    }

    fn note_pushed(&self, pushed: PushedMessage) {
        self.note(|activity| {
            activity.pushed.push(pushed);
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
        self.changed.notify_one();
    }
}
