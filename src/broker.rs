//! Publishes messages: into the log, and from the log tail to the registry.
//!
//! This is the only way to a connection. Messages of the log are delivered when they come out of its tail, so live
//! delivery and replay cannot disagree about the order.

mod activity;
mod delivery_counts;
mod latency;
mod receipt_tracking;
mod tail;

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

pub use activity::{Activity, ActivityFeed, PushedMessage};
use delivery_counts::DeliveryCounts;
use latency::LatencyHistogram;
pub use latency::LatencySnapshot;
use receipt_tracking::ReceiptTracking;
pub use receipt_tracking::{ReceiptTracker, TrackedReceipts};
use tail::Tail;

use crate::{
    job::{JobId, TrackedPush},
    log::{AppendError, Appended, Entry, IdempotencyKey, Log, LogOptions, OpenError, Recalled},
    message::{ClientId, Cursor, Draft, Epoch, FrameWriter, Message, Receipt, Seq},
    outbox::Delivery,
    registry::Registry,
};

/// How often delivery counts are written to the log.
const COUNT_INTERVAL: Duration = Duration::from_millis(500);

/// A parsed push.
#[derive(Clone, Debug)]
pub struct Push {
    /// The message and its audience.
    pub draft: Draft,
    /// The idempotency key.
    pub key: Option<IdempotencyKey>,
    /// Whether to refuse the push when no recipient is connected.
    pub require_online: bool,
    /// The job that tracks it. Not for ephemeral messages, which have no receipts.
    pub tracked: Option<TrackedPush>,
}

/// The outcome of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The position in the log; none for an ephemeral message.
    pub cursor: Option<Cursor>,
    /// How many connections it was handed to; 0 for a duplicate of an earlier push.
    pub connections: u64,
    /// Whether it is kept in the log for clients that are offline. True of every message in the log: subscribers of a
    /// topic find it there when they reconnect with a cursor.
    pub queued: bool,
    /// The job that tracks it.
    pub job: Option<JobId>,
}

/// Why a push was refused. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The push required a connected recipient, and there is none.
    #[error("nobody whom this is for is connected, and the push asked for that")]
    NobodyOnline,
    /// The log refused or failed.
    #[error(transparent)]
    Log(#[from] AppendError),
}

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

    /// Publishes a message. When this returns, it is durable and was handed to all connected recipients.
    pub async fn publish(&self, push: Push) -> Result<Published, PublishError> {
        let began = Instant::now();
        let published = match self.prepare(push)? {
            Prepared::Sent(published) => published,
            Prepared::ForLog(entry) => self.published(self.log.append(entry).await?),
        };
        self.latency.count(began.elapsed(), 1);
        Ok(published)
    }

    /// Publishes several messages, in order and in one commit. Each has its own outcome.
    pub async fn publish_batch(&self, pushes: Vec<Push>) -> Vec<Result<Published, PublishError>> {
        let (began, count) = (Instant::now(), pushes.len() as u64);
        let (mut answers, mut entries) = (Vec::with_capacity(pushes.len()), Vec::new());
        for push in pushes {
            match self.prepare(push) {
                Ok(Prepared::Sent(published)) => answers.push(Some(Ok(published))),
                Ok(Prepared::ForLog(entry)) => {
                    entries.push(entry);
                    answers.push(None);
                }
                Err(error) => answers.push(Some(Err(error))),
            }
        }
        let mut appended = self.log.append_batch(entries).await.into_iter();
        self.latency.count(began.elapsed(), count);
        let mut from_log = || match appended.next() {
            Some(Ok(appended)) => Ok(self.published(appended)),
            Some(Err(error)) => Err(error.into()),
            None => Err(AppendError::Failed.into()),
        };
        answers
            .into_iter()
            .map(|answer| answer.unwrap_or_else(&mut from_log))
            .collect()
    }

    /// Publishes a message of the server itself: ephemeral and not counted.
    pub fn announce(&self, draft: &Draft) {
        self.registry.announce(&draft.audience, &ephemeral(draft));
    }

    /// Recalls a message and informs its recipients. None: there is no such message.
    pub async fn recall(&self, seq: Seq) -> Result<Option<Recalled>, AppendError> {
        let recalled = self.log.recall(seq).await?;
        self.receipt_tracking.recalled(seq);
        Ok(recalled)
    }

    /// Tracks the receipts of a message to these clients until the tracker is dropped.
    pub fn track_receipts(&self, seq: Seq, clients: &[ClientId]) -> Arc<ReceiptTracker> {
        self.receipt_tracking.track(seq, clients)
    }

    /// Waits until receipts of a tracked message have changed since the last call.
    pub async fn receipts_changed(&self) {
        self.receipt_tracking.changed().await;
    }

    /// Whether a queue still holds this message to a topic or to everyone. When this returns false, all its deliveries
    /// have been written to the log.
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
        Cursor {
            epoch: self.log.epoch().clone(),
            seq,
        }
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

    /// Checks what can be checked before the log, and sends ephemeral messages.
    fn prepare(&self, push: Push) -> Result<Prepared, PublishError> {
        if push.require_online && self.registry.count(&push.draft.audience).connections == 0 {
            return Err(PublishError::NobodyOnline);
        }
        if push.draft.is_ephemeral() {
            self.messages.fetch_add(1, Ordering::Relaxed);
            let connections = self
                .registry
                .fan_out(&push.draft.audience, &ephemeral(&push.draft));
            return Ok(Prepared::Sent(Published {
                cursor: None,
                connections,
                queued: false,
                job: None,
            }));
        }
        let mut entry = Entry::new(push.draft);
        if let Some(key) = push.key {
            entry = entry.with_key(key);
        }
        if let Some(tracked) = push.tracked {
            entry = entry.tracked_by(tracked);
        }
        Ok(Prepared::ForLog(entry))
    }

    fn published(&self, appended: Appended) -> Published {
        self.messages
            .fetch_add(u64::from(!appended.duplicate), Ordering::Relaxed);
        Published {
            cursor: Some(self.cursor(appended.seq)),
            connections: appended.connections,
            queued: true,
            job: appended.job,
        }
    }
}

/// A push that was sent, or has to go into the log.
enum Prepared {
    Sent(Published),
    ForLog(Entry),
}

fn ephemeral(draft: &Draft) -> Delivery {
    let writer = FrameWriter::new()
        .event(draft.event.as_ref())
        .audience(&draft.audience);
    Delivery::Ephemeral(writer.data(draft.data.as_str()).finish())
}
