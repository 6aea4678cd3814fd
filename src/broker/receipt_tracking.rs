//! Receipts of tracked messages to clients by name, counted as they change, so that no one has to query the log again
//! and again.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;

use crate::message::{ClientId, Receipt, Receipts, Seq};

/// All tracked messages.
#[derive(Default)]
pub(super) struct ReceiptTracking {
    trackers: RwLock<Vec<Weak<ReceiptTracker>>>,
    changed: Notify,
}

/// One tracked message, for as long as this is held.
pub struct ReceiptTracker {
    seq: Seq,
    inner: Mutex<Inner>,
}

struct Inner {
    clients: HashMap<ClientId, Receipt>,
    state: TrackedReceipts,
}

/// The state of a tracked message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrackedReceipts {
    /// The numbers of receipts.
    pub receipts: Receipts,
    /// Whether it was recalled.
    pub recalled: bool,
}

impl ReceiptTracking {
    pub(super) fn track(&self, seq: Seq, clients: &[ClientId]) -> Arc<ReceiptTracker> {
        let waiting = clients.len() as u64;
        let receipts = Receipts {
            audience: waiting,
            waiting,
            ..Receipts::default()
        };
        let state = TrackedReceipts {
            receipts,
            recalled: false,
        };
        let clients = clients.iter().map(|id| (id.clone(), Receipt::Queued));
        let inner = Mutex::new(Inner {
            clients: clients.collect(),
            state,
        });
        let tracker = Arc::new(ReceiptTracker { seq, inner });
        let mut all = self.trackers.write();
        all.retain(|tracker| tracker.strong_count() > 0);
        all.push(Arc::downgrade(&tracker));
        tracker
    }

    /// Records a receipt of a client for everything up to a position.
    pub(super) fn note(&self, client: &ClientId, seq: Seq, receipt: Receipt) {
        self.each(|tracker| tracker.seq <= seq && tracker.note(client, receipt));
    }

    pub(super) fn recalled(&self, seq: Seq) {
        self.each(|tracker| {
            let mine = tracker.seq == seq;
            tracker.inner.lock().state.recalled |= mine;
            mine
        });
    }

    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Applies a change to all trackers, and notifies if one of them has changed.
    fn each(&self, mut change: impl FnMut(&ReceiptTracker) -> bool) {
        let all = self.trackers.read();
        let mut changed = false;
        for tracker in all.iter().filter_map(Weak::upgrade) {
            changed |= change(&tracker);
        }
        drop(all);
        if changed {
            self.changed.notify_one();
        }
    }
}

impl ReceiptTracker {
    /// The position of the message.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// The state now.
    pub fn state(&self) -> TrackedReceipts {
        self.inner.lock().state
    }

    /// Records a receipt that was read from the log. The further one counts. True: it changed something.
    pub fn note(&self, client: &ClientId, receipt: Receipt) -> bool {
        let mut guard = self.inner.lock();
        let Inner { clients, state } = &mut *guard;
        let Some(known) = clients.get_mut(client) else {
            return false;
        };
        let receipts = &mut state.receipts;
        match (*known, receipt) {
            (Receipt::Queued, Receipt::Sent) => {
                receipts.waiting -= 1;
                receipts.sent += 1;
            }
            (Receipt::Queued, Receipt::Acknowledged) => {
                receipts.waiting -= 1;
                receipts.acknowledged += 1;
            }
            (Receipt::Sent, Receipt::Acknowledged) => {
                receipts.sent -= 1;
                receipts.acknowledged += 1;
            }
            _ => return false,
        }
        *known = receipt;
        true
    }
}
