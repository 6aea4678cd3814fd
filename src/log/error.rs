//! Errors of the log, and their consequences.

use std::{io, path::PathBuf};

use rusqlite::ffi::ErrorCode;

use crate::{
    job::Refused,
    log::{codes::NOT_SENT, kept_size::KeptSize},
    message::Seq,
};

/// Advice for the operator of a server with a damaged log.
pub const WHAT_TO_DO: &str =
    "stop the server and run `tidings check`; then restore a backup, or go on without what is lost";

/// Why a log can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has locked the folder.
    #[error(
        "{0} is in use by another process: one Tidings per data folder, so stop the other one or give this one its own --data-dir"
    )]
    InUse(PathBuf),
    /// The folder or a file in it can't be created or opened.
    #[error("{path}: {source}")]
    Folder {
        /// The path of the folder or file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The file was written by a newer Tidings.
    #[error(
        "{path} has version {found} and this Tidings knows versions up to {known}: start the newer Tidings that wrote it"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that this program supports.
        known: i64,
    },
    /// The file belongs to a cluster, and the server was started without one.
    #[error("{0} belongs to a cluster: start this node with --cluster, or use another --data-dir")]
    OfCluster(PathBuf),
    /// The file belongs to a single server, and the server was started in a cluster.
    #[error(
        "{0} belongs to a single server: run `tidings cluster import` to begin a cluster with its messages, or use another --data-dir"
    )]
    OfSingleServer(PathBuf),
    /// The file belongs to another cluster.
    #[error(
        "{path} belongs to the cluster with the log {found}, and the stream has the log {expected}: use another --data-dir, or another --cluster-name"
    )]
    OfOtherCluster {
        /// The file.
        path: PathBuf,
        /// The id of its log.
        found: String,
        /// The id of the log of the stream.
        expected: String,
    },
    /// A new file needs the id of the stream.
    #[error("the stream of the cluster is not known yet, and {0} is new")]
    StreamUnknown(PathBuf),
    /// The file is not a log.
    #[error("{0} is not a log of Tidings: move it away or use another --data-dir")]
    Foreign(PathBuf),
    /// SQLite could not open the file or migrate it.
    #[error("{path}: {source}{}", what_to_do(source))]
    Database {
        /// The file.
        path: PathBuf,
        /// The error of SQLite.
        source: rusqlite::Error,
    },
    /// The writer thread could not be started.
    #[error("the log's writer can not be started: {0}")]
    Thread(io::Error),
}

/// Why a message was not stored. It is not in the log, except after [`AppendError::Failed`] and
/// [`AppendError::Unavailable`], where that is unknown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The idempotency key was used before with different content.
    #[error("this idempotency key belongs to another push{}", of(*seq))]
    KeyReused {
        /// The message that was stored with this key. Zero: one that is scheduled.
        seq: Seq,
    },
    /// As many topics have a state as may, or their states have as many bytes.
    #[error(
        "no more topics may have a state: at most {} (max_states), with {} bytes (a quarter of max_log_mb)",
        .0.messages, .0.bytes
    )]
    TooManyStates(KeptSize),
    /// The disk is full. Appends succeed again when there is free space.
    #[error("the disk is full")]
    Full,
    /// Another program holds the write lock of the file. Appends succeed again when it is released.
    #[error("the log's file is locked by another program")]
    Locked,
    /// A part of the file that this append needs is damaged.
    #[error("a part of the log that this needs is damaged")]
    Damaged,
    /// The log has failed for good.
    #[error("the log has failed")]
    Failed,
    /// The stream of the cluster could not be reached in time. The message may have been stored.
    #[error(
        "the stream of the cluster can't be reached: the message may have been kept, so send it again with the same idempotency key"
    )]
    Unavailable,
    /// It is larger than a record of the cluster's stream may be.
    #[error("it is larger than a record of the cluster may be, which is {max} bytes")]
    TooLarge {
        /// The maximum size of a record in bytes.
        max: usize,
    },
    /// The log is being closed.
    #[error("the log is closed")]
    Closed,
}

/// Why a command to a job was not executed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobCommandError {
    /// The state of the job does not allow it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The log refused or failed.
    #[error(transparent)]
    Log(#[from] AppendError),
}

/// Why a read failed.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// An error of SQLite.
    #[error("the log can not be read: {0}")]
    Database(#[from] rusqlite::Error),
    /// The file contains a value that Tidings never writes.
    #[error("the log holds something invalid: {0}")]
    Invalid(String),
    /// The log was closed or has failed.
    #[error("the log is closed")]
    Closed,
    /// The task that was reading ended without a result.
    #[error("the read of the log was interrupted: {0}")]
    Interrupted(String),
}

impl ReadError {
    /// Whether a part of the file is damaged. The rest can still be read.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Database(error) => is_damage(error),
            Self::Invalid(_) => true,
            Self::Closed | Self::Interrupted(_) => false,
        }
    }
}

/// The position of another push, for the end of the error text.
fn of(seq: Seq) -> String {
    match seq {
        NOT_SENT => ", which is scheduled".to_owned(),
        seq => format!(", {seq}"),
    }
}

/// Advice for the end of the error text.
fn what_to_do(error: &rusqlite::Error) -> String {
    match is_damage(error) {
        true => format!(" (the log is damaged: {WHAT_TO_DO})"),
        false => String::new(),
    }
}

/// The result of a change that matters less than what it belongs to: damage does not make it fail.
pub(super) fn unless_damaged(result: rusqlite::Result<()>) -> rusqlite::Result<()> {
    match result {
        Err(error) if is_damage(&error) => Ok(()),
        result => result,
    }
}

/// Whether a read error means that a part of the file is damaged: the disk can't read it, its structure is wrong, or it
/// contains values that are never written.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::{Error, ffi};
    match error {
        Error::SqliteFailure(error, _) => {
            matches!(
                error.code,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase
            ) || matches!(
                error.extended_code,
                ffi::SQLITE_IOERR_READ | ffi::SQLITE_IOERR_SHORT_READ | ffi::SQLITE_IOERR_CORRUPTFS
            )
        }
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::Utf8Error(..)
        | Error::QueryReturnedNoRows => true,
        _ => false,
    }
}

/// The consequence of a write error.
#[derive(Debug)]
pub(super) enum StoreError {
    /// The disk is full. Nothing was written.
    Full,
    /// Another program is writing. Nothing was written.
    Locked,
    /// A part of the file that the write needs is damaged. Nothing was written.
    Damaged(String),
    /// The state of the file is unknown.
    Fatal(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error() {
            Some(e) if e.code == ErrorCode::DiskFull => Self::Full,
            // SQLite extends the shared index of the write-ahead log before it uses it. An error there also means a
            // full disk.
            Some(e) if e.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE => Self::Full,
            // A file that can't be made shorter stays as it is.
            Some(e) if e.extended_code == rusqlite::ffi::SQLITE_IOERR_TRUNCATE => Self::Full,
            Some(e) if matches!(e.code, ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Locked
            }
            _ if is_damage(&error) => Self::Damaged(error.to_string()),
            Some(e) => Self::Fatal(format!("{error} (SQLite error {})", e.extended_code)),
            None => Self::Fatal(error.to_string()),
        }
    }
}

impl From<ReadError> for StoreError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Database(error) => error.into(),
            ReadError::Invalid(why) => Self::Damaged(why),
            error => Self::Fatal(error.to_string()),
        }
    }
}

impl StoreError {
    /// Why a step can't be done now, for people.
    pub fn reason(&self) -> String {
        match self {
            Self::Full => "the disk is full".to_owned(),
            Self::Locked => "the log's file is locked by another program".to_owned(),
            Self::Damaged(why) => format!("the log is damaged: {why}"),
            Self::Fatal(why) => why.clone(),
        }
    }
}

impl From<&StoreError> for AppendError {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Full => Self::Full,
            StoreError::Locked => Self::Locked,
            StoreError::Damaged(_) => Self::Damaged,
            StoreError::Fatal(_) => Self::Failed,
        }
    }
}

/// The log cannot continue, and why.
pub(super) struct Fatal(pub String);

/// Passes errors that end with their transaction. An error after which the state of the file is unknown ends the log.
pub(super) fn fatal_only<T: Default>(result: Result<T, StoreError>) -> Result<T, Fatal> {
    match result {
        Ok(value) => Ok(value),
        Err(StoreError::Fatal(reason)) => Err(Fatal(reason)),
        Err(StoreError::Full | StoreError::Locked | StoreError::Damaged(_)) => Ok(T::default()),
    }
}
