//! What is done before a node takes part in a cluster: the stream is found or made, and its servers are checked.

use std::time::Duration;

use async_nats::jetstream::stream::Info;
use tokio::time::Instant;

use super::{
    connection::{ConnectError, Connection},
    server_needs::ServerNeeds,
    stream::{self, NewStream, StreamError, StreamSpec},
    sync_check::{self, SyncReport},
};
use crate::{config::ClusterSettings, log::AppliedRecord};

/// Time in which a node without a log must find the stream. It cannot do anything without it.
const PATIENCE_OF_NEW_NODE: Duration = Duration::from_secs(60);

/// Time in which a node with a log should find the stream. Then it begins with what it has.
const PATIENCE: Duration = Duration::from_secs(5);

/// Time between two attempts.
const PAUSE: Duration = Duration::from_millis(200);

/// The log that a file of this node contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownLog {
    /// Its permanent id.
    pub id: String,
    /// The last record of the stream in it. Its place is 0 if it has not followed a stream yet.
    pub applied: AppliedRecord,
}

/// Finds the stream. Makes it if there is none and this node has not followed one before. None if the stream cannot be
/// used now, and the node has a log that it can serve until then.
pub async fn find_stream(
    connection: &Connection,
    spec: &StreamSpec,
    needs: ServerNeeds,
    known: Option<&KnownLog>,
) -> Result<Option<Info>, StartError> {
    let patience = known.map_or(PATIENCE_OF_NEW_NODE, |_| PATIENCE);
    let end = Instant::now() + patience;
    let mut told = false;
    loop {
        let why = match try_to_find(connection, spec, needs, known).await {
            Ok(info) => return Ok(info),
            Err(StreamError::Wrong(why)) => return Err(StartError::Stream(why)),
            Err(StreamError::Unreachable(why)) => why,
        };
        if Instant::now() >= end {
            return match known {
                Some(_) => Ok(None),
                None => Err(StartError::NoStream(why)),
            };
        }
        if !told && Instant::now() + patience > end + Duration::from_secs(2) {
            tracing::warn!("waiting for the stream of the cluster: {why}");
            told = true;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn try_to_find(
    connection: &Connection,
    spec: &StreamSpec,
    needs: ServerNeeds,
    known: Option<&KnownLog>,
) -> Result<Option<Info>, StreamError> {
    if !connection.is_up() {
        let why = connection.last_error();
        let why = why.unwrap_or_else(|| "no NATS server answers".to_owned());
        return Err(StreamError::Unreachable(why));
    }
    needs.check(connection)?;
    match known {
        // A stream that was followed and is gone is not made again in silence: what it had would be missing.
        Some(log) if log.applied.place > 0 => stream::read(connection, spec).await,
        Some(log) => ensure(connection, spec, &log.id).await,
        None => ensure(connection, spec, &new_log_id()).await,
    }
}

async fn ensure(
    connection: &Connection,
    spec: &StreamSpec,
    log_id: &str,
) -> Result<Option<Info>, StreamError> {
    let info = stream::ensure(connection, spec, &NewStream::of(log_id)).await?;
    // A stream that names no log is of no use.
    stream::log_id(&info)?;
    Ok(Some(info))
}

/// 16 random hexadecimal digits.
pub fn new_log_id() -> String {
    let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
    format!("{:016x}", high ^ low.rotate_left(32))
}

/// Checks that the servers of the stream write before they confirm, unless the settings allow the opposite.
pub async fn check_sync(settings: &ClusterSettings, info: &Info) -> Result<SyncReport, StartError> {
    let report = sync_check::ask(&settings.monitors, info).await;
    if settings.allow_weak_sync {
        return Ok(report);
    }
    if !report.weak.is_empty() {
        return Err(StartError::WeakSync(report.weak.join(", ")));
    }
    // One server that is down must not keep a node from starting. What is not known is a weakness then.
    match report.safe.is_empty() {
        true => Err(StartError::UnknownSync(report.silent.join("; "))),
        false => Ok(report),
    }
}

/// Why a node does not take part in a cluster.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The connection cannot be set up.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The stream, or a server, is not as it must be.
    #[error("{0}")]
    Stream(String),
    /// There is no stream, and the node has nothing that it could serve without it.
    #[error(
        "no stream of the cluster was found within 60 seconds: {0}. Check --cluster and that the NATS servers are running"
    )]
    NoStream(String),
    /// Servers confirm records before they are on their disks.
    #[error(
        "these NATS servers confirm a message before it is on their disks: {0}. Set `sync_interval: always` in their jetstream configuration, or accept the loss of accepted messages in a power failure with --cluster-allow-weak-sync"
    )]
    WeakSync(String),
    /// It cannot be known whether servers confirm records before they are on their disks.
    #[error(
        "it is not known whether the NATS servers write a message to the disk before they confirm it, because a client of NATS cannot ask for that. Name their HTTP monitoring addresses with --cluster-monitor, or set --cluster-allow-weak-sync. {0}"
    )]
    UnknownSync(String),
    /// A new node needs the log of another one.
    #[error(
        "this node is new, and the stream does not have the earlier messages any more: they must be copied from another node, but {0}. Start a node that has them first"
    )]
    NoCopy(String),
    /// Another process has the name of this node.
    #[error("{0}")]
    NameTaken(String),
}
