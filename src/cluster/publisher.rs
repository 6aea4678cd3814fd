//! Publishes the records of this node to the stream.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_nats::jetstream::{context::PublishErrorKind, message::PublishMessage};
use bytes::Bytes;
use tokio::{sync::mpsc, time::Instant};

use super::{
    connection::{Connection, FIRST_ANSWERS},
    identity::Identity,
    reach::Reach,
    stream_log::StreamLog,
};
use crate::log::RecordPublisher;

/// Time for which a record is published again and again. The stream knows the ids of records for twice as long. Later
/// it would store the record a second time.
const PATIENCE: Duration = Duration::from_secs(60);

/// The pauses between two attempts that failed at once, such as while the stream has no leader.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(20),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
];

/// A record that is to be published, with its number.
type Numbered = (u64, Bytes);

/// Takes the records of the log. They are published by a task, which runs [`Publishing::run`].
pub struct Publisher {
    boot: u64,
    janitor: Arc<AtomicBool>,
    records: mpsc::UnboundedSender<Numbered>,
    /// The newest record that the log does not need any more.
    released: AtomicU64,
}

impl Publisher {
    /// The newest record that the log does not need any more. 0 if it needs all.
    pub fn released(&self) -> u64 {
        self.released.load(Ordering::Relaxed)
    }

    /// A publisher, and what its task needs. `janitor` says whether this node decides on maintenance for all nodes.
    pub fn new(
        connection: Connection,
        identity: Arc<Identity>,
        subject: String,
        janitor: Arc<AtomicBool>,
        reach: Arc<Reach>,
    ) -> (Self, Publishing) {
        // Unbounded, but the log publishes one record at a time.
        let (sender, receiver) = mpsc::unbounded_channel();
        let publisher = Self {
            boot: identity.boot,
            janitor,
            records: sender,
            released: AtomicU64::new(0),
        };
        let publishing = Publishing {
            connection,
            identity,
            subject,
            reach,
            records: receiver,
        };
        (publisher, publishing)
    }
}

impl RecordPublisher for Publisher {
    fn publish(&self, number: u64, payload: Bytes) {
        // The task ends before the log only in a shutdown. The log does not wait for this record then.
        let _ = self.records.send((number, payload));
    }

    fn is_janitor(&self) -> bool {
        self.janitor.load(Ordering::Relaxed)
    }

    fn release(&self, place: u64) {
        self.released.fetch_max(place, Ordering::Relaxed);
    }

    fn boot(&self) -> u64 {
        self.boot
    }
}

/// What is needed to publish the records.
pub struct Publishing {
    connection: Connection,
    identity: Arc<Identity>,
    subject: String,
    reach: Arc<Reach>,
    records: mpsc::UnboundedReceiver<Numbered>,
}

impl Publishing {
    /// Publishes records until the log is dropped.
    pub async fn run(mut self, log: Weak<dyn StreamLog>) {
        let mut next = self.records.recv().await;
        while let Some((number, payload)) = next {
            self.reach.set_waiting(true);
            // A next record means that this one has come out of the stream, although its confirmation was lost.
            let (stored, newer) = tokio::select! {
                stored = publish(&self.connection, &self.subject, self.identity.record_id(number), payload) => (stored, None),
                newer = self.records.recv() => (true, newer),
            };
            self.reach.set_waiting(false);
            let Some(log) = log.upgrade() else { return };
            match stored {
                true => self.reach.note_stored(),
                false => log.give_up(number),
            }
            drop(log);
            next = match newer {
                Some(newer) => Some(newer),
                None => self.records.recv().await,
            };
        }
    }
}

/// Publishes a record until the stream confirms it, always with the same id, so that it is stored once. False if it is
/// not known whether the stream has it.
async fn publish(connection: &Connection, subject: &str, id: String, payload: Bytes) -> bool {
    let end = Instant::now() + PATIENCE;
    let mut pauses = PAUSES.iter();
    // An attempt too many does no harm.
    let mut quick = FIRST_ANSWERS
        .map(|limit| connection.with_limit(limit))
        .into_iter();
    let mut warned = false;
    while Instant::now() < end {
        // Without a connection, the client would keep the record and send it when a connection is made. That may be
        // after the stream has forgotten the id.
        if connection.is_up() {
            let jetstream = quick.next().unwrap_or_else(|| connection.clone()).jetstream;
            let message = PublishMessage::build()
                .payload(payload.clone())
                .message_id(&id);
            let sent = jetstream.send_publish(subject.to_owned(), message);
            let confirmed = async { sent.await?.await };
            let error = match confirmed.await {
                Ok(_) => return true,
                Err(error) => error,
            };
            tracing::debug!(id, %error, "a record was not confirmed");
            if error.kind() == PublishErrorKind::MaxPayloadExceeded {
                tracing::error!(
                    bytes = payload.len(),
                    "a record is larger than the max_payload of the NATS servers: raise it there, or lower --max-message-bytes"
                );
                return false;
            }
            if !warned && Instant::now() + PATIENCE > end + Duration::from_secs(2) {
                tracing::warn!(id, %error, "a record has not been confirmed for 2 seconds; it is published again");
                warned = true;
            }
        }
        let pause = pauses.next().or(PAUSES.last()).copied();
        tokio::time::sleep(pause.unwrap_or_default()).await;
    }
    tracing::error!(
        id,
        "a record was not confirmed for 60 seconds; it may or may not be in the stream"
    );
    false
}
