//! Counts the connections that messages to topics and to everyone were written to.

use std::sync::{Arc, atomic::Ordering};

use parking_lot::Mutex;

use crate::{message::Seq, outbox::LoggedFrame};

/// The messages that are still in a queue.
#[derive(Default)]
pub(super) struct DeliveryCounts(Mutex<Vec<Arc<LoggedFrame>>>);

impl DeliveryCounts {
    /// Adds a message.
    pub(super) fn add(&self, logged: Arc<LoggedFrame>) {
        self.0.lock().push(logged);
    }

    /// Whether a message is still in a queue.
    pub(super) fn is_in_flight(&self, seq: Seq) -> bool {
        self.0.lock().iter().any(|logged| logged.seq == seq)
    }

    /// Reports the counts since the last call, and drops messages that no queue holds any more.
    pub(super) fn drain(&self, mut tell: impl FnMut(Seq, u64)) {
        self.0.lock().retain(|logged| {
            // Check the holders first: a holder counts before it drops the message.
            let held = Arc::strong_count(logged) > 1;
            match logged.written.swap(0, Ordering::AcqRel) {
                0 => {}
                written => tell(logged.seq, written),
            }
            held
        });
    }
}
