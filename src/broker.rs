//! Publishes messages: into the log, and from the log tail to the registry.
//!
//! This is the only way to a connection. Messages of the log are delivered when they come out of its tail, so live
//! delivery and replay cannot disagree about the order.

mod activity;
mod delivery_counts;
mod latency;
mod publish;
pub mod recall;
mod receipt_tracking;
mod tail;

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

pub use activity::{Activity, ActivityFeed, PushedMessage};
use delivery_counts::DeliveryCounts;
use latency::LatencyHistogram;
pub use latency::LatencySnapshot;
pub use publish::{PublishError, Published, Push};
use receipt_tracking::ReceiptTracking;
pub use receipt_tracking::{ReceiptTracker, TrackedReceipts};
use tail::Tail;

use crate::{
    log::{AppendError, IdempotencyKey, Log, LogOptions, OpenError, Recalled},
    message::{ClientId, Cursor, Epoch, Message, Receipt, Seq},
    registry::Registry,
};

/// How often delivery counts are written to the log.
const COUNT_INTERVAL: Duration = Duration::from_millis(500);

/// See the module documentation.
pub struct Broker {
    log: Log,
    registry: Arc<Registry>,
    activity: Arc<ActivityFeed>,
    delivery_counts: Arc<DeliveryCounts>,
    latency: LatencyHistogram,
    receipt_tracking: ReceiptTracking,
    messages: AtomicU64,
}

impl Broker {
    /// Opens the log and delivers from it to `registry`. `fatal` is called once when the log has failed for good: the
    /// process has to end then.
    pub fn open(
        options: LogOptions,
        registry: Arc<Registry>,
        fatal: impl FnOnce(String) + Send + 'static,
    ) -> Result<Arc<Self>, OpenError> {
        let activity = Arc::new(ActivityFeed::default());
        let delivery_counts = Arc::new(DeliveryCounts::default());
        let tail = Tail {
            registry: Arc::clone(&registry),
            activity: Arc::clone(&activity),
            delivery_counts: Arc::clone(&delivery_counts),
        };
        let tail = move |epoch: &Epoch, messages: &[Arc<Message>]| tail.deliver(epoch, messages);
        let log = Log::open(options, tail, fatal)?;
        registry.start_at(log.head());
        Ok(Arc::new(Self {
            log,
            registry,
            activity,
            delivery_counts,
            latency: LatencyHistogram::default(),
            receipt_tracking: ReceiptTracking::default(),
            messages: AtomicU64::new(0),
        }))
    }

    /// Recalls a message, and informs the connected recipients with `event: recall`. False: there is no such message,
    /// or it was recalled before.
    pub async fn recall(&self, seq: Seq) -> Result<bool, AppendError> {
        self.recall_and_release_key(seq, None).await
    }

    /// Recalls a message, and releases its idempotency key.
    async fn recall_and_release_key(
        &self,
        seq: Seq,
        key: Option<IdempotencyKey>,
    ) -> Result<bool, AppendError> {
        let recalled = self.log.recall_and_release_key(seq, key).await?;
        self.receipt_tracking.recalled(seq);
        let Some(Recalled { audience }) = recalled else {
            return Ok(false);
        };
        self.announce(&recall::draft(audience, &self.cursor(seq)));
        Ok(true)
    }

    /// Tracks the receipts of a message to these clients until the tracker is dropped.
    pub fn track_receipts(&self, seq: Seq, clients: &[ClientId]) -> Arc<ReceiptTracker> {
        self.receipt_tracking.track(seq, clients)
    }

    /// Waits until receipts of a tracked message have changed since the last call.
    pub async fn receipts_changed(&self) {
        self.receipt_tracking.changed().await;
    }

    /// Whether a queue still holds this message to a topic or to everyone. When this returns false, all its
    /// deliveries have been written to the log.
    pub fn is_in_flight(&self, seq: Seq) -> bool {
        self.delivery_counts.is_in_flight(seq)
    }

    /// Records that a page of the client has acknowledged everything up to a position.
    pub fn acknowledge(&self, client_id: &ClientId, seq: Seq) {
        self.log.note_acked(client_id, seq);
        self.receipt_tracking
            .note(client_id, seq, Receipt::Acknowledged);
        self.receipts_moved(client_id);
    }

    /// Records that delivery to the client is confirmed up to a position.
    pub fn confirm_sent(&self, client_id: &ClientId, seq: Seq) {
        self.log.note_sent(client_id, seq);
        self.receipt_tracking.note(client_id, seq, Receipt::Sent);
        self.receipts_moved(client_id);
    }

    /// Records that a connection has ended, and why.
    pub fn disconnected(&self, client_id: &ClientId, reason: &str) {
        self.log.note_seen(client_id, Some(reason));
    }

    fn receipts_moved(&self, client_id: &ClientId) {
        if self.registry.is_observed() {
            self.activity.receipts_moved(client_id);
        }
    }

    /// Writes delivery counts of messages to topics and to everyone to the log, periodically.
    pub async fn record_delivery_counts(self: Arc<Self>) -> Infallible {
        loop {
            tokio::time::sleep(COUNT_INTERVAL).await;
            self.delivery_counts
                .drain(|seq, connections| self.log.note_delivered(seq, connections));
        }
    }

    /// The log, for queries.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The cursor of a position of this log.
    pub fn cursor(&self, seq: Seq) -> Cursor {
        self.log.cursor(seq)
    }

    /// The connections.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Pushed messages and changed receipts, for observers.
    pub fn activity(&self) -> &ActivityFeed {
        &self.activity
    }

    /// The latencies of pushes since the last call.
    pub fn take_latencies(&self) -> LatencySnapshot {
        self.latency.take()
    }

    /// Messages accepted since the start.
    pub fn messages(&self) -> u64 {
        self.messages.load(Ordering::Relaxed)
    }
}
