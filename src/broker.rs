//! Takes a push, puts it in the log, and hands what comes out of the log to the registry.
//!
//! This is the only way to a connection: what stands in the log is delivered when it comes out of
//! the log's tail, so live delivery and replay can't disagree about order.

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

/// Time between two looks at how far messages have come.
const COUNT_INTERVAL: Duration = Duration::from_millis(500);

/// A push, parsed: what is to be sent, and how.
#[derive(Clone, Debug)]
pub struct Push {
    /// What is to be sent, and to whom.
    pub draft: Draft,
    /// Makes it safe to send it again.
    pub key: Option<IdempotencyKey>,
    /// Whether it is to be refused when it would reach nobody now.
    pub require_online: bool,
    /// The job that is to follow it. Not for what is ephemeral, which leaves no receipts.
    pub tracked: Option<TrackedPush>,
}

/// What became of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Its place in the log; none when it was ephemeral.
    pub cursor: Option<Cursor>,
    /// How many connections it was handed to; 0 when the same push had been accepted before.
    pub connections: u64,
    /// Whether it waits in the log for those who are not there: true of all that is logged, since a
    /// client of a topic also finds it there when it comes back with its cursor.
    pub queued: bool,
    /// The job that follows it.
    pub job: Option<JobId>,
}

/// Why a push was not accepted. Nothing of it was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// It was to reach somebody now, and there is nobody.
    #[error("nobody whom this is for is connected, and the push asked for that")]
    NobodyOnline,
    /// The log did not take it.
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
    /// Opens the log and delivers from it to `registry`. `fatal` is called, once, when the log has failed
    /// for good: the process must end then.
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

    /// Accepts a message. When this returns it is durable, and was handed to everyone who is connected.
    pub async fn publish(&self, push: Push) -> Result<Published, PublishError> {
        let began = Instant::now();
        let published = match self.prepare(push)? {
            Prepared::Sent(published) => published,
            Prepared::ForLog(entry) => self.published(self.log.append(entry).await?),
        };
        self.latency.count(began.elapsed(), 1);
        Ok(published)
    }

    /// Accepts several, in their order and in one commit; each gets an answer of its own.
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

    /// Publishes what the server says of itself: ephemeral, and counted nowhere.
    pub fn announce(&self, draft: &Draft) {
        self.registry.announce(&draft.audience, &ephemeral(draft));
    }

    /// Takes a message back, and tells those who have it. None: there is no such message.
    pub async fn recall(&self, seq: Seq) -> Result<Option<Recalled>, AppendError> {
        let recalled = self.log.recall(seq).await?;
        self.receipt_tracking.recalled(seq);
        Ok(recalled)
    }

    /// Counts from now on how far a message to these clients comes; until what is returned is dropped.
    pub fn track_receipts(&self, seq: Seq, clients: &[ClientId]) -> Arc<ReceiptTracker> {
        self.receipt_tracking.track(seq, clients)
    }

    /// Waits until something that is followed has come further since the last call.
    pub async fn receipts_changed(&self) {
        self.receipt_tracking.moved().await;
    }

    /// Whether an outbox still holds this message to a topic or to everyone. What was written of it before
    /// this says no, the log has been told.
    pub fn is_in_flight(&self, seq: Seq) -> bool {
        self.delivery_counts.is_in_flight(seq)
    }

    /// Notes that a client's page has seen everything up to a place.
    pub fn acknowledge(&self, client_id: &ClientId, seq: Seq) {
        self.log.note_acked(client_id, seq);
        self.receipt_tracking
            .note(client_id, seq, Receipt::Acknowledged);
        self.receipts_moved(client_id);
    }

    /// Notes that everything for this client up to a place has arrived at one of its connections.
    pub fn confirm_sent(&self, client_id: &ClientId, seq: Seq) {
        self.log.note_sent(client_id, seq);
        self.receipt_tracking.note(client_id, seq, Receipt::Sent);
        self.receipts_moved(client_id);
    }

    /// Notes that a connection has just ended, and why.
    pub fn disconnected(&self, client_id: &ClientId, reason: &str) {
        self.log.note_seen(client_id, Some(reason));
    }

    fn receipts_moved(&self, client_id: &ClientId) {
        if self.registry.is_observed() {
            self.activity.receipts_moved(client_id);
        }
    }

    /// Writes down, every now and then, how far the messages to topics and to everyone have come.
    pub async fn record_delivery_counts(self: Arc<Self>) -> Infallible {
        loop {
            tokio::time::sleep(COUNT_INTERVAL).await;
            self.delivery_counts
                .drain(|seq, connections| self.log.note_delivered(seq, connections));
        }
    }

    /// The log, for who asks it questions. What is to be delivered does not come from here.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// A place of this log as the client sees it.
    pub fn cursor(&self, seq: Seq) -> Cursor {
        Cursor {
            epoch: self.log.epoch().clone(),
            seq,
        }
    }

    /// Who is connected.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// What happens to messages, for those who watch.
    pub fn activity(&self) -> &ActivityFeed {
        &self.activity
    }

    /// How long pushes took since somebody last asked.
    pub fn take_latencies(&self) -> LatencySnapshot {
        self.latency.take()
    }

    /// Messages accepted since the start.
    pub fn messages(&self) -> u64 {
        self.messages.load(Ordering::Relaxed)
    }

    /// Decides what can be decided before the log, and sends what skips it.
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

/// A push on its way.
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
