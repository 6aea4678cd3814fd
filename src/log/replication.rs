//! The connection of a log to a stream of records that several logs follow.
//!
//! In a cluster each node has a log of its own. What a node wants to change is published to one stream, as a record.
//! Every node applies the records of the stream to its log, in their order. So all logs have the same content, and reads
//! are local. This module is the boundary to the stream: the log knows neither its protocol nor an async runtime.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;

/// How a log takes part in a cluster.
#[derive(Clone)]
pub struct Replication {
    /// The permanent id of the log that the nodes share: hexadecimal digits. None if the stream is not known yet. Then
    /// the file must belong to a cluster already.
    pub log_id: Option<String>,
    /// Publishes the records of this node.
    pub publisher: Arc<dyn RecordPublisher>,
    /// The maximum size of a record in bytes.
    pub max_record: usize,
    /// How long a change may take to come back from the stream before it is answered with
    /// [`AppendError::Unavailable`](crate::log::AppendError::Unavailable). The election of a leader of the stream takes 4
    /// to 9 seconds.
    pub patience: Duration,
}

/// Publishes the records of this node.
pub trait RecordPublisher: Send + Sync {
    /// Publishes a record, and returns at once. The log calls it on its writer's thread, for one record at a time: the
    /// next one only after this one came out of the stream ([`Log::follow`](crate::log::Log::follow)) or was given up
    /// ([`Log::give_up`](crate::log::Log::give_up)). `number` counts the records of this process from 1.
    fn publish(&self, number: u64, payload: Bytes);

    /// Whether this node decides on maintenance for all nodes: what expires and what is pruned. At most one node should
    /// say so, but several do no harm.
    fn is_janitor(&self) -> bool;

    /// Says that the log needs no records up to this position in the stream any more.
    fn release(&self, place: u64);

    /// Identifies this process in its records: random, never 0.
    fn boot(&self) -> u64;
}

/// A record as it came out of the stream.
#[derive(Clone, Debug)]
pub struct StreamRecord {
    /// Its position in the stream. It grows by one from record to record.
    pub place: u64,
    /// The time at which the stream has stored it, in milliseconds since 1970.
    pub at: u64,
    /// What the log has published.
    pub payload: Bytes,
}

/// The newest record of the stream that a log has applied. It is in the file, in the same commit as the changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AppliedRecord {
    /// Its position in the stream. 0 if no record was applied yet.
    pub place: u64,
    /// Its time in the stream.
    pub at: u64,
}

impl fmt::Debug for Replication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replication")
            .field("log_id", &self.log_id)
            .finish_non_exhaustive()
    }
}
