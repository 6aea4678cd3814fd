//! The stream of records: what it must be like, how it is made, and what JetStream says about it.

use std::{collections::HashMap, time::Duration};

use async_nats::jetstream::{
    self,
    context::RequestErrorKind,
    response::Response,
    stream::{Config, DiscardPolicy, Info, PersistenceMode, RetentionPolicy, StorageType},
};

use super::{connection::Connection, subjects::Subjects};

/// The key of the log's id in the metadata of the stream.
const LOG_ID: &str = "tidings_log_id";

/// The key of the version of the records in the metadata of the stream.
const FORMAT: &str = "tidings_format";

/// The key of a [`Recovery`] in the metadata of the stream.
const RECOVERY: &str = "tidings_recovery";

/// The version of the records that this program writes and reads.
const OUR_FORMAT: &str = "1";

/// Time in which the stream knows the ids of records, to store each only once. Twice as long as a node publishes one.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(120);

/// JetStream's numbers of errors.
mod code {
    pub const UNAVAILABLE: u64 = 10008;
    pub const NOT_ENABLED_FOR_ACCOUNT: u64 = 10039;
    pub const NO_REPLICAS_ALONE: u64 = 10074;
    pub const NOT_ENABLED: u64 = 10076;
    pub const NO_PEERS: u64 = 10005;
    pub const NOT_FOUND: u64 = 10059;
    pub const NAME_IN_USE: u64 = 10058;
}

/// What the settings ask of the stream.
#[derive(Clone, Debug)]
pub struct StreamSpec {
    /// Its names.
    pub subjects: Subjects,
    /// The servers that keep a copy: 1, 3 or 5.
    pub replicas: usize,
}

impl StreamSpec {
    fn config(&self, new: &NewStream) -> Config {
        let recovery = new.recovery.map(|recovery| recovery.text());
        let metadata = [
            Some((LOG_ID, new.log_id.clone())),
            Some((FORMAT, OUR_FORMAT.to_owned())),
            recovery.map(|text| (RECOVERY, text)),
        ];
        let metadata = metadata.into_iter().flatten();
        let metadata: HashMap<_, _> = metadata
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
        Config {
            first_sequence: (new.first > 1).then_some(new.first),
            name: self.subjects.stream(),
            subjects: vec![self.subjects.records()],
            description: Some("Records of Tidings. Do not delete or purge it by hand.".to_owned()),
            storage: StorageType::File,
            num_replicas: self.replicas,
            retention: RetentionPolicy::Limits,
            discard: DiscardPolicy::New,
            max_messages: -1,
            max_messages_per_subject: -1,
            max_bytes: -1,
            max_message_size: -1,
            max_consumers: -1,
            allow_direct: true,
            duplicate_window: DUPLICATE_WINDOW,
            metadata,
            ..Config::default()
        }
    }

    /// Checks that the stream keeps every record until this program deletes it, and on enough disks. A server that is
    /// too old ignores what it does not know, so the stream is read again after it was made.
    pub fn check(&self, config: &Config) -> Result<(), StreamError> {
        let name = &config.name;
        let faults = [
            (
                config.subjects != [self.subjects.records()],
                "has other subjects",
            ),
            (
                config.retention != RetentionPolicy::Limits,
                "deletes records that were read",
            ),
            (config.storage != StorageType::File, "is in memory"),
            (config.discard != DiscardPolicy::New, "discards old records"),
            (config.max_messages > 0, "has a limit on messages"),
            (
                config.max_messages_per_subject > 0,
                "has a limit on messages of a subject",
            ),
            (
                config.max_message_size > 0,
                "has a limit on the size of messages",
            ),
            (
                !config.max_age.is_zero(),
                "has a limit on the age of messages",
            ),
            (
                config.duplicate_window < DUPLICATE_WINDOW,
                "knows the ids of records for less than 120 seconds",
            ),
            (!config.allow_direct, "does not allow direct reads"),
            (config.no_ack, "does not confirm records"),
            (config.sealed, "is sealed"),
            (
                config.mirror.is_some() || config.sources.is_some(),
                "copies another stream",
            ),
            (
                config.persist_mode == Some(PersistenceMode::Async),
                "confirms records before they are written",
            ),
        ];
        if let Some((_, fault)) = faults.iter().find(|(wrong, _)| *wrong) {
            return Err(StreamError::Wrong(format!(
                "the stream {name} {fault}, so records could get lost. Change it with `nats stream edit {name}`, or use another --cluster-name"
            )));
        }
        if config.num_replicas < self.replicas {
            return Err(StreamError::Wrong(format!(
                "the stream {name} has {} replicas, but --cluster-replicas is {}. Run `nats stream edit {name} --replicas {}`",
                config.num_replicas, self.replicas, self.replicas
            )));
        }
        match config.metadata.get(FORMAT).map(String::as_str) {
            Some(OUR_FORMAT) => Ok(()),
            Some(other) => Err(StreamError::Wrong(format!(
                "the records of the stream {name} have format {other}, but this version of Tidings reads format {OUR_FORMAT}. Start the newer version"
            ))),
            None => Err(StreamError::Wrong(format!(
                "the stream {name} was not made by Tidings. Use another --cluster-name"
            ))),
        }
    }
}

/// A stream that is to be made.
#[derive(Clone, Debug)]
pub struct NewStream {
    /// The id of the log.
    pub log_id: String,
    /// The place of its first record.
    pub first: u64,
    /// What it replaces.
    pub recovery: Option<Recovery>,
}

impl NewStream {
    /// The stream of a new log.
    pub fn of(log_id: &str) -> Self {
        Self {
            log_id: log_id.to_owned(),
            first: 1,
            recovery: None,
        }
    }
}

/// A stream that replaces one that was lost. Its records are far behind those of the lost one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The last record of the lost stream that the log has which goes on.
    pub after: u64,
    /// The first record of the new stream.
    pub first: u64,
}

impl Recovery {
    fn text(self) -> String {
        format!("{}-{}", self.after, self.first)
    }

    /// The recovery that has made this stream.
    pub fn of(info: &Info) -> Option<Self> {
        let text = info.config.metadata.get(RECOVERY)?;
        let (after, first) = text.split_once('-')?;
        Some(Self {
            after: after.parse().ok()?,
            first: first.parse().ok()?,
        })
    }

    /// Whether a log with the records up to this place has some that are not in the log which goes on.
    pub fn excludes(self, place: u64) -> bool {
        self.after < place && place + 1 < self.first
    }
}

/// The id of the log in the metadata of the stream.
pub fn log_id(info: &Info) -> Result<&str, StreamError> {
    let id = info.config.metadata.get(LOG_ID).map(String::as_str);
    id.filter(|id| !id.is_empty()).ok_or_else(|| {
        let name = &info.config.name;
        StreamError::Wrong(format!(
            "the stream {name} names no log in its metadata. Use another --cluster-name"
        ))
    })
}

/// Reads what JetStream says about the stream. None if there is no such stream.
pub async fn read(connection: &Connection, spec: &StreamSpec) -> Result<Option<Info>, StreamError> {
    let subject = format!("STREAM.INFO.{}", spec.subjects.stream());
    let response = connection.jetstream.request(subject, &()).await;
    match response.map_err(|error| unreachable(error.kind(), &error))? {
        Response::Ok(info) => Ok(Some(info)),
        Response::Err { error } if error.error_code().0 == code::NOT_FOUND => Ok(None),
        Response::Err { error } => Err(refused(&error, spec)),
    }
}

/// Reads the stream, and makes it if there is none. When several nodes do this at
/// once, the stream of one of them is there in the end, and all of them read its id.
pub async fn ensure(
    connection: &Connection,
    spec: &StreamSpec,
    new: &NewStream,
) -> Result<Info, StreamError> {
    if let Some(info) = read(connection, spec).await? {
        spec.check(&info.config)?;
        return Ok(info);
    }
    let subject = format!("STREAM.CREATE.{}", spec.subjects.stream());
    let response = connection.patient.request(subject, &spec.config(new)).await;
    let response: Response<Info> = response.map_err(|error| unreachable(error.kind(), &error))?;
    match response {
        Response::Ok(_) => tracing::info!(stream = spec.subjects.stream(), "made the stream"),
        Response::Err { error } if error.error_code().0 == code::NAME_IN_USE => {}
        Response::Err { error } => return Err(refused(&error, spec)),
    }
    match read(connection, spec).await? {
        Some(info) => spec.check(&info.config).map(|()| info),
        None => Err(StreamError::Unreachable(
            "the stream was made and is not there yet".to_owned(),
        )),
    }
}

fn unreachable(kind: RequestErrorKind, error: &dyn std::fmt::Display) -> StreamError {
    StreamError::Unreachable(match kind {
        RequestErrorKind::NoResponders => "JetStream does not answer: it is not enabled on the NATS servers, or they have no leader at the moment".to_owned(),
        RequestErrorKind::TimedOut => "JetStream has not answered in time: the servers of the stream have no leader at the moment, or the user may not use $JS.API.STREAM.INFO".to_owned(),
        _ => format!("JetStream cannot be asked: {error}"),
    })
}

fn refused(error: &jetstream::Error, spec: &StreamSpec) -> StreamError {
    let name = spec.subjects.stream();
    match error.error_code().0 {
        code::UNAVAILABLE => StreamError::Unreachable(format!("JetStream: {error}")),
        // Servers that have just started do not know of each other for some seconds.
        code::NO_PEERS if error.to_string().contains("offline") => StreamError::Unreachable(
            format!("the stream {name} cannot be made while NATS servers are down: {error}"),
        ),
        code::NOT_ENABLED | code::NOT_ENABLED_FOR_ACCOUNT => StreamError::Wrong(format!(
            "JetStream is not enabled ({error}). Add `jetstream {{ sync_interval: always }}` to the configuration of the NATS servers, or enable it for the account"
        )),
        code::NO_REPLICAS_ALONE | code::NO_PEERS => StreamError::Wrong(format!(
            "the stream {name} cannot be made with {} replicas: {error}. Run as many NATS servers as a cluster, or set --cluster-replicas 1",
            spec.replicas
        )),
        _ => StreamError::Wrong(format!("JetStream refuses the stream {name}: {error}")),
    }
}

/// Why the stream cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// It cannot be reached now. It is tried again.
    #[error("{0}")]
    Unreachable(String),
    /// It is not as it must be. Somebody has to change it.
    #[error("{0}")]
    Wrong(String),
}

/// What can be lost because the stream has fewer than three copies, in plain words. None if it has enough.
pub fn few_copies(info: &Info) -> Option<String> {
    let copies = info.config.num_replicas;
    (copies < 3).then(|| {
        format!(
            "only {copies} NATS server keeps the messages: they are lost with its disk, and no push is accepted while it is down. Use 3 servers and --cluster-replicas 3"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(description: &str) -> StreamError {
        let json = format!(r#"{{"code":400,"err_code":10005,"description":"{description}"}}"#);
        let error = serde_json::from_str(&json).expect("an error");
        let spec = StreamSpec {
            subjects: Subjects::new("test"),
            replicas: 3,
        };
        refused(&error, &spec)
    }

    #[test]
    fn a_stream_that_cannot_be_made_while_a_server_is_down_is_tried_again() {
        let down = refusal("no suitable peers for placement, peer offline");
        assert!(matches!(down, StreamError::Unreachable(_)), "{down:?}");
        let few = refusal("no suitable peers for placement");
        assert!(matches!(few, StreamError::Wrong(_)), "{few:?}");
    }
}
