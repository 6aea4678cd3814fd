//! What the commands `tidings cluster` do with the stream. They run without a server.

use std::time::Duration;

use async_nats::jetstream::{response::Response, stream::Info};
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    connection::Connection,
    heartbeat::Heartbeat,
    server_needs::ServerNeeds,
    start::{self, StartError},
    stream::{self, NewStream, Recovery, StreamError, StreamSpec},
    subjects::Subjects,
    sync_check::SyncReport,
};
use crate::config::ClusterSettings;

/// Time in which the servers must answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(200);

/// Time in which a node that runs is heard: two heartbeats, and some more.
const LISTEN: Duration = Duration::from_millis(2500);

/// The largest push that the servers are checked for: the default of `--max-message-bytes`.
const MESSAGE_BYTES: usize = 256 * 1024;

/// The first record of the stream of an imported log. Record 1 stands for what was in the log before: a node that does not
/// have it copies the log of one that has.
const FIRST_AFTER_IMPORT: u64 = 2;

/// How far the records of a new stream are from those of a lost one. So no place is given twice, although other nodes may
/// have more records of the lost stream than the one that goes on.
const LEAP: u64 = 1_000_000;

/// A connection for one command.
pub struct Admin {
    connection: Connection,
    settings: ClusterSettings,
    spec: StreamSpec,
    needs: ServerNeeds,
}

/// The stream after a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreparedStream {
    /// Its name.
    pub name: String,
    /// Whether it was there before.
    pub was_there: bool,
    /// The id of the log.
    pub log_id: String,
    /// The NATS servers that keep a copy.
    pub replicas: usize,
    /// The place before its first record: what a log has that continues with the stream.
    pub before_first: u64,
    /// Servers that write to the disk before they confirm.
    pub safe_servers: Vec<String>,
    /// What could lose messages, in plain words.
    pub weaknesses: Vec<String>,
}

#[derive(Deserialize)]
struct Deleted {}

impl Admin {
    /// Connects to the NATS servers.
    pub async fn connect(settings: &ClusterSettings) -> Result<Self, StartError> {
        let connection = Connection::open(settings, "command").await?;
        let end = Instant::now() + PATIENCE;
        while !connection.is_up() {
            if Instant::now() >= end {
                let why = connection.last_error();
                let why = why.unwrap_or_else(|| "no NATS server answers".to_owned());
                return Err(StartError::Stream(why));
            }
            sleep(PAUSE / 4).await;
        }
        Ok(Self {
            connection,
            settings: settings.clone(),
            spec: StreamSpec {
                subjects: Subjects::new(&settings.name),
                replicas: usize::from(settings.replicas),
            },
            needs: ServerNeeds::new(MESSAGE_BYTES),
        })
    }

    /// Makes the stream of a new cluster, if there is none.
    pub async fn create(&self) -> Result<PreparedStream, StartError> {
        self.ensure(&NewStream::of(&start::new_log_id())).await
    }

    /// Makes the stream for the log of a single server. `log_id` is its id. The stream must be new.
    pub async fn import(&self, log_id: &str) -> Result<PreparedStream, StartError> {
        let new = NewStream {
            first: FIRST_AFTER_IMPORT,
            ..NewStream::of(log_id)
        };
        let prepared = self.ensure(&new).await?;
        let info = self.read().await?;
        let state = info.as_ref().map(|info| &info.state);
        let is_new = state.is_some_and(|state| {
            state.last_sequence + 1 == FIRST_AFTER_IMPORT
                && state.first_sequence == FIRST_AFTER_IMPORT
        });
        if prepared.log_id != log_id || !is_new {
            return Err(StartError::Stream(format!(
                "the stream {} is in use by another cluster, or was made by `tidings cluster create` or by a node that was started first. Use another --cluster-name, or delete the stream if no message in it is needed",
                prepared.name
            )));
        }
        Ok(prepared)
    }

    /// Makes a new stream for a cluster whose stream was lost or put back to an older copy. `log_id` is its log, and
    /// `applied` the last record that the node has which goes on. A stream that is there is only deleted if `delete` says
    /// so.
    pub async fn recover(
        &self,
        log_id: &str,
        applied: u64,
        delete: bool,
    ) -> Result<PreparedStream, StartError> {
        let able = self.able_node().await?;
        if let Some(node) = able {
            return Err(StartError::Stream(format!(
                "the node {node} follows the stream, so there is nothing to recover"
            )));
        }
        let recovery = Recovery {
            after: applied,
            first: applied + LEAP + 1,
        };
        let new = NewStream {
            first: recovery.first,
            recovery: Some(recovery),
            ..NewStream::of(log_id)
        };
        if let Some(info) = self.read().await?
            && Recovery::of(&info) != Some(recovery)
        {
            if !delete {
                let (first, last) = (info.state.first_sequence, info.state.last_sequence);
                return Err(StartError::Stream(format!(
                    "there is a stream {} with the records {first} to {last}. If it can't be used any more, add --delete-stream to delete it",
                    info.config.name
                )));
            }
            self.delete(&info.config.name).await?;
        }
        self.ensure(&new).await
    }

    /// Finds or makes the stream, and checks its settings and its servers.
    async fn ensure(&self, new: &NewStream) -> Result<PreparedStream, StartError> {
        let was_there = self.read().await?.is_some();
        let info = self
            .retry(async || {
                self.needs.check(&self.connection)?;
                stream::ensure(&self.connection, &self.spec, new).await
            })
            .await?;
        let sync = start::check_sync(&self.settings, &info).await?;
        Ok(prepared(info, was_there, &sync))
    }

    async fn read(&self) -> Result<Option<Info>, StartError> {
        self.retry(async || stream::read(&self.connection, &self.spec).await)
            .await
    }

    async fn delete(&self, name: &str) -> Result<(), StartError> {
        self.retry(async || {
            let subject = format!("STREAM.DELETE.{name}");
            let answer = self.connection.patient.request(subject, &json!({})).await;
            match answer {
                Ok(Response::Ok(Deleted {})) => Ok(()),
                Ok(Response::Err { error }) => Err(StreamError::Wrong(error.to_string())),
                Err(error) => Err(StreamError::Unreachable(error.to_string())),
            }
        })
        .await
    }

    async fn retry<T>(
        &self,
        ask: impl AsyncFn() -> Result<T, StreamError>,
    ) -> Result<T, StartError> {
        let end = Instant::now() + PATIENCE;
        loop {
            match ask().await {
                Ok(answer) => return Ok(answer),
                Err(StreamError::Unreachable(_)) if Instant::now() < end => sleep(PAUSE).await,
                Err(StreamError::Unreachable(why) | StreamError::Wrong(why)) => {
                    return Err(StartError::Stream(why));
                }
            }
        }
    }

    /// A node that follows the stream now.
    async fn able_node(&self) -> Result<Option<String>, StartError> {
        let client = &self.connection.client;
        let heard = client.subscribe(self.spec.subjects.heartbeats()).await;
        let mut heard = heard.map_err(|error| StartError::Stream(error.to_string()))?;
        let end = Instant::now() + LISTEN;
        while let Ok(Some(message)) = timeout_at(end, heard.next()).await {
            if let Some(beat) = Heartbeat::decode(&message.payload).filter(|beat| beat.able) {
                return Ok(Some(beat.node));
            }
        }
        Ok(None)
    }
}

fn prepared(info: Info, was_there: bool, sync: &SyncReport) -> PreparedStream {
    let few = stream::few_copies(&info);
    PreparedStream {
        log_id: stream::log_id(&info).unwrap_or_default().to_owned(),
        replicas: info.config.num_replicas,
        before_first: info.state.first_sequence.saturating_sub(1),
        safe_servers: sync.safe.clone(),
        weaknesses: few.into_iter().chain(sync.weaknesses()).collect(),
        name: info.config.name,
        was_there,
    }
}
