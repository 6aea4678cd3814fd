//! Pulls records out of the stream, in order and without a hole. The ordered consumers of the client library are not
//! used: they stand still for many seconds after a server was stopped, and have skipped records.

use std::time::Duration;

use async_nats::{
    Message, StatusCode, Subscriber,
    jetstream::{
        self,
        consumer::{AckPolicy, DeliverPolicy, pull},
    },
};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};

use super::{connection::Connection, continuity::millis};
use crate::log::StreamRecord;

/// How often the server says that there is nothing to send.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// Time without a word from the server after which the consumer counts as gone.
const SILENCE: Duration = Duration::from_millis(1500);

/// Time after which a request for records ends, and the next one is made.
const EXPIRES: Duration = Duration::from_secs(10);

/// Time after which the server deletes a consumer that nobody asks.
const INACTIVE: Duration = Duration::from_secs(10);

/// Records of one request. With the bytes below, it bounds what waits in memory.
const MAX_RECORDS: usize = 1000;

/// Bytes of one request. A record that is larger than this would never come.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// A consumer of the stream that has no state of its own: when it fails, another one is made.
pub struct Pull {
    connection: Connection,
    messages: Subscriber,
    /// Where requests for records go.
    requests: String,
    inbox: String,
    request: Bytes,
    /// Records that the server may still send for the current request.
    open: usize,
    /// The last record that came.
    last: u64,
    /// An error that came after records that were good.
    failed: Option<PullError>,
}

impl Pull {
    /// Begins after the record `last` of the stream `stream`.
    pub async fn open(connection: &Connection, stream: &str, last: u64) -> Result<Self, PullError> {
        let config = pull::Config {
            deliver_policy: DeliverPolicy::ByStartSequence {
                start_sequence: last + 1,
            },
            ack_policy: AckPolicy::None,
            memory_storage: true,
            num_replicas: 1,
            inactive_threshold: INACTIVE,
            ..pull::Config::default()
        };
        let made = connection
            .jetstream
            .create_consumer_on_stream(config, stream);
        let consumer = made.await.map_err(|error| {
            PullError::Failed(format!("JetStream has not made a consumer: {error}"))
        })?;
        let name = &consumer.cached_info().name;
        let inbox = connection.client.new_inbox();
        let subscribed = connection.client.subscribe(inbox.clone()).await;
        let bytes = MAX_BYTES.max(2 * connection.client.max_payload());
        let request = format!(
            r#"{{"batch":{MAX_RECORDS},"max_bytes":{bytes},"expires":{},"idle_heartbeat":{}}}"#,
            EXPIRES.as_nanos(),
            HEARTBEAT.as_nanos()
        );
        let mut pull = Self {
            connection: connection.clone(),
            messages: subscribed.map_err(|error| PullError::Failed(error.to_string()))?,
            requests: format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}"),
            inbox,
            request: Bytes::from(request),
            open: 0,
            last,
            failed: None,
        };
        pull.ask().await?;
        Ok(pull)
    }

    async fn ask(&mut self) -> Result<(), PullError> {
        let (subject, inbox) = (self.requests.clone(), self.inbox.clone());
        let client = &self.connection.client;
        let sent = client.publish_with_reply(subject, inbox, self.request.clone());
        sent.await
            .map_err(|error| PullError::Failed(error.to_string()))?;
        self.open = MAX_RECORDS;
        Ok(())
    }

    /// The next records: all that have arrived. Waits for the first of them, but returns an empty list when the server
    /// says that there is none.
    pub async fn next(&mut self) -> Result<Vec<StreamRecord>, PullError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let first = tokio::time::timeout(SILENCE, self.messages.next()).await;
        let mut message = first.map_err(|_| PullError::Silence)?;
        let (mut records, mut bytes) = (Vec::new(), 0);
        loop {
            let arrived = message.ok_or_else(|| PullError::Failed("closed".to_owned()));
            match self.take(&arrived?) {
                Ok(Some(record)) => {
                    bytes += record.payload.len();
                    records.push(record);
                }
                Ok(None) => {}
                Err(error) if records.is_empty() => return Err(error),
                // What came before is good.
                Err(error) => {
                    self.failed = Some(error);
                    return Ok(records);
                }
            }
            if self.open == 0 {
                self.ask().await?;
            }
            if records.len() >= MAX_RECORDS || bytes >= MAX_BYTES {
                return Ok(records);
            }
            message = match self.messages.next().now_or_never() {
                Some(next) => next,
                None => return Ok(records),
            };
        }
    }

    /// A record, or None for a word of the server about the request.
    fn take(&mut self, message: &Message) -> Result<Option<StreamRecord>, PullError> {
        match message.status {
            None | Some(StatusCode::OK) => self.record(message).map(Some),
            Some(StatusCode::IDLE_HEARTBEAT) => Ok(None),
            Some(status) => {
                let text = message.description.clone().unwrap_or_default();
                let is_over = status == StatusCode::TIMEOUT
                    || text.contains("Exceeds MaxBytes")
                    || text.contains("Batch Completed");
                match is_over {
                    true => {
                        self.open = 0;
                        Ok(None)
                    }
                    false => Err(PullError::Failed(format!("{status} {text}"))),
                }
            }
        }
    }

    fn record(&mut self, message: &Message) -> Result<StreamRecord, PullError> {
        let message = jetstream::Message {
            message: message.clone(),
            context: self.connection.jetstream.clone(),
        };
        let info = message.info();
        let info = info.map_err(|error| PullError::Failed(error.to_string()))?;
        let (place, at) = (info.stream_sequence, info.published.unix_timestamp_nanos());
        if place != self.last + 1 {
            let missing = self.last + 1;
            return Err(PullError::Hole {
                missing,
                found: place,
            });
        }
        self.last = place;
        self.open = self.open.saturating_sub(1);
        Ok(StreamRecord {
            place,
            at: millis(at),
            payload: message.message.payload,
        })
    }
}

/// Why a consumer is of no use any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PullError {
    /// The server was silent.
    #[error("the server has sent neither records nor heartbeats for 1.5 seconds")]
    Silence,
    /// A record is missing.
    #[error("record {missing} is missing: record {found} came instead")]
    Hole {
        /// The record that should have come.
        missing: u64,
        /// The record that came.
        found: u64,
    },
    /// Something else.
    #[error("{0}")]
    Failed(String),
}
