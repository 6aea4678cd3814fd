//! How many connections a message to a topic or to everyone was written to.

use std::sync::{Arc, atomic::Ordering};

use parking_lot::Mutex;

use crate::{message::Seq, outbox::LoggedFrame};

/// The messages that are still on their way somewhere.
#[derive(Default)]
pub(super) struct DeliveryCounts(Mutex<Vec<Arc<LoggedFrame>>>);

impl DeliveryCounts {
    /// Counts a message from now on.
    pub(super) fn add(&self, logged: Arc<LoggedFrame>) {
        self.0.lock().push(logged);
    }

    /// Whether a message is still on its way.
    pub(super) fn is_in_flight(&self, seq: Seq) -> bool {
        self.0.lock().iter().any(|logged| logged.seq == seq)
    }

    /// Tells what was counted since the last time, and forgets what no outbox holds any more.
    pub(super) fn drain(&self, mut tell: impl FnMut(Seq, u64)) {
        self.0.lock().retain(|logged| {
            // The holders first: whoever lets go of it after this has counted before.
            let held = Arc::strong_count(logged) > 1;
            match logged.written.swap(0, Ordering::AcqRel) {
                0 => {}
                written => tell(logged.seq, written),
            }
            held
        });
    }
}
