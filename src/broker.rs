//! Publishes messages: into the log, and from the log tail to the registry.
//!
//! This is the only way to a connection. Messages of the log are delivered when they come out of its tail, so live
//! delivery and replay cannot disagree about the order.

mod activity;
mod audit_trail;
mod auditing;
mod busiest;
mod delivery_counts;
mod join;
mod latency;
mod later;
mod nodes;
mod publish;
mod push_counts;
pub mod recall;
mod receipt_tracking;
mod tail;

use std::{
    convert::Infallible,
    future::Future,
    sync::{Arc, OnceLock},
    time::Duration,
};

pub use activity::{Activity, ActivityFeed, PushedMessage};
use audit_trail::AuditTrail;
pub use busiest::{Busiest, Tally};
use delivery_counts::DeliveryCounts;
use latency::LatencyHistogram;
pub use latency::LatencySnapshot;
use nodes::recipients::Recipients;
pub use nodes::{Behind, Nodes};
pub use publish::{Later, PublishError, Published, Push};
use push_counts::PushCounts;
use receipt_tracking::ReceiptTracking;
pub use receipt_tracking::{ReceiptTracker, TrackedReceipts};
use tail::Tail;

use crate::{
    cluster::Cluster,
    job::JobId,
    log::{AppendError, IdempotencyKey, Log, LogOptions, OpenError, Openings, Recalled},
    message::{Audience, ClientId, Cursor, Message, Receipt, Seq},
    metrics::HistogramSnapshot,
    outbox::CloseReason,
    registry::{Count, Registry, StreamToken},
};

/// How often delivery counts are written to the log.
const COUNT_INTERVAL: Duration = Duration::from_millis(500);

/// See the module documentation.
pub struct Broker {
    log: Arc<Log>,
    registry: Arc<Registry>,
    activity: Arc<ActivityFeed>,
    audit: AuditTrail,
    busiest: Arc<Busiest>,
    delivery_counts: Arc<DeliveryCounts>,
    latency: LatencyHistogram,
    receipt_tracking: Arc<ReceiptTracking>,
    pushes: PushCounts,
    /// None without a cluster.
    nodes: Option<Nodes>,
    on_report: OnceLock<OnReport>,
}

/// Called when a worker has reported at another node.
type OnReport = Box<dyn Fn(JobId) + Send + Sync>;

impl Broker {
    /// Whether a token of this client was revoked.
    pub fn is_revoked(&self, client_id: &ClientId, token: &StreamToken) -> bool {
        let (id, issued_at) = (token.id.as_deref(), token.issued_at);
        self.log.is_revoked(client_id, id, issued_at)
    }

    /// Opens the log and delivers from it to `registry`. `cluster` is what the log has its records from, if there is one.
    /// `fatal` is called once when the log has failed for good: the process has to end then.
    pub fn open(
        options: LogOptions,
        registry: Arc<Registry>,
        cluster: Option<Arc<Cluster>>,
        fatal: impl FnOnce(String) + Send + 'static,
    ) -> Result<Arc<Self>, OpenError> {
        let activity = Arc::new(ActivityFeed::default());
        let busiest = Arc::new(Busiest::default());
        let delivery_counts = Arc::new(DeliveryCounts::default());
        let receipt_tracking = Arc::new(ReceiptTracking::default());
        let tail = Tail {
            registry: Arc::clone(&registry),
            activity: Arc::clone(&activity),
            busiest: Arc::clone(&busiest),
            delivery_counts: Arc::clone(&delivery_counts),
            receipt_tracking: Arc::clone(&receipt_tracking),
        };
        let tail =
            move |openings: &Openings, messages: &[Arc<Message>]| tail.deliver(openings, messages);
        let log = Arc::new(Log::open(options, tail, fatal)?);
        registry.start_at(log.head());
        Ok(Arc::new(Self {
            log,
            registry,
            activity,
            audit: AuditTrail::default(),
            busiest,
            delivery_counts,
            latency: LatencyHistogram::default(),
            receipt_tracking,
            pushes: PushCounts::default(),
            nodes: cluster.map(Nodes::new),
            on_report: OnceLock::new(),
        }))
    }

    /// Sets the function that is called when a worker has reported at another node. Call it once.
    pub fn on_report(&self, report: impl Fn(JobId) + Send + Sync + 'static) {
        let first = self.on_report.set(Box::new(report)).is_ok();
        debug_assert!(first, "jobs are opened once");
    }

    /// The other nodes of the cluster. None without one.
    pub fn nodes(&self) -> Option<&Nodes> {
        self.nodes.as_ref()
    }

    /// Why this node is not in step with its cluster. None if it is, and without a cluster.
    pub fn not_in_step(&self) -> Option<String> {
        let cluster = self.nodes.as_ref()?.cluster();
        if let Some(why) = cluster.not_ready().or_else(|| self.log.obstacle()) {
            return Some(why);
        }
        (!self.log.is_in_step()).then(|| "the records of this node do not come back yet".to_owned())
    }

    /// Looks for what is asked for by its id. If it is not here, this node catches up with the stream of its cluster, and
    /// looks again: another node may have accepted it a moment ago. Fails if that is not possible now.
    pub async fn find<T, E, F>(&self, look: impl Fn() -> F) -> Result<Option<T>, E>
    where
        E: From<Behind>,
        F: Future<Output = Result<Option<T>, E>>,
    {
        let found = look().await?;
        match &self.nodes {
            Some(nodes) if found.is_none() => {
                nodes.catch_up().await?;
                look().await
            }
            _ => Ok(found),
        }
    }

    /// Whether this node decides on what only one node of the cluster should decide. Always without a cluster.
    pub fn is_janitor(&self) -> bool {
        let nodes = self.nodes.as_ref();
        nodes.is_none_or(|nodes| nodes.cluster().is_janitor())
    }

    /// The recipients that a message would have now, at all nodes.
    pub async fn count(&self, audience: &Audience) -> Count {
        let Some(nodes) = &self.nodes else {
            return self.registry.count(audience);
        };
        let here = Recipients::here(&self.registry, audience);
        nodes.count(audience, here).await
    }

    /// The numbers of clients and connections now, at all nodes.
    pub async fn size(&self) -> Count {
        match &self.nodes {
            None => self.registry.size(),
            Some(_) => self.count(&Audience::Everyone).await,
        }
    }

    /// Closes every connection of a client, at all nodes. Returns their number.
    pub async fn disconnect(&self, client_id: &ClientId) -> u64 {
        let here = self.disconnect_here(client_id);
        match &self.nodes {
            None => here,
            Some(nodes) => here + nodes.disconnect(client_id).await,
        }
    }

    fn disconnect_here(&self, client_id: &ClientId) -> u64 {
        self.registry
            .disconnect(client_id, CloseReason::Disconnected)
    }

    /// Writes all pending updates of clients to the log, at all nodes.
    pub async fn write_positions(&self) -> Result<(), AppendError> {
        match &self.nodes {
            None => self.log.write_positions().await,
            Some(nodes) => {
                let (own, ()) = tokio::join!(self.log.write_positions(), nodes.write_positions());
                own
            }
        }
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
        if let Some(nodes) = &self.nodes {
            // Whoever has received it keeps its receipt.
            nodes.write_positions().await;
        }
        let recalled = self.log.recall_and_release_key(seq, key).await?;
        if self.nodes.is_some() {
            // The event of the stream does the rest, at every node.
            return Ok(recalled.is_some());
        }
        let Some(recalled) = recalled else {
            self.receipt_tracking.recalled(seq);
            return Ok(false);
        };
        self.tell_recalled(seq, &recalled);
        Ok(true)
    }

    /// Passes on that a message was recalled, to those who are told at this node.
    fn tell_recalled(&self, seq: Seq, recalled: &Recalled) {
        self.receipt_tracking.recalled(seq);
        self.announce(&recall::draft(recalled, &self.cursor(seq)));
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

    /// The topics and clients with most deliveries at this node.
    pub fn busiest(&self) -> &Busiest {
        &self.busiest
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
        self.pushes.total()
    }

    /// The same, by audience (`client`, `clients`, `topic`, `everyone`) and kind (`durable`, `ephemeral`).
    pub fn pushes(&self) -> impl Iterator<Item = ([&'static str; 2], u64)> {
        self.pushes.each()
    }

    /// The latencies of all pushes since the start.
    pub fn latencies(&self) -> HistogramSnapshot {
        self.latency.all()
    }
}
