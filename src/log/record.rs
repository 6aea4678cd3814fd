//! A record of the stream of a cluster: changes of one node, and where they come from.
//!
//! It is CBOR (RFC 8949): arrays with fixed indices, so that fields can be added at the end. Names and numbers of the
//! changes are in `record/cbor.rs` and the files beside it. A record that cannot be read is never skipped: the log that
//! skips it would differ from the others.

mod audit_cbor;
pub(in crate::log) mod cbor;
pub(in crate::log) mod entry_cbor;
mod job_cbor;
mod key_cbor;
mod person_cbor;
mod schedule_cbor;

use crate::log::change::Change;
use crate::message::Seq;

/// The highest version of records that this program reads.
pub const VERSION: u8 = 7;

/// The version that a record with these changes is written in. Version 2 has API keys, sessions that were opened with one,
/// and revoked tokens, version 3 the audit trail and people, version 4 quotas of API keys and updates of Mercure, and
/// version 5 messages that are to be pushed later, those that are not treated as usual, and webhooks, and version 6 saved lists,
/// templates, and inboxes that are cleared, and version 7 jobs that can be tried again. Everything else stays in version 1, so that the nodes of a cluster can be replaced one after the other.
pub(in crate::log) fn version_of(changes: &[Change]) -> u8 {
    let version = |change: &Change| match change {
        Change::Job(command) if command.has_retry() => 7,
        Change::Saved(_) | Change::ClearInbox(_) => 6,
        Change::Audit(change) if change.has_saved() => 6,
        Change::Schedule(_) | Change::Hook(_) => 5,
        Change::Audit(change) if change.has_hook() => 5,
        Change::Key(change) if change.has_quota() => 4,
        Change::Append(entry) if entry.draft.handling.is_some() => 5,
        Change::Append(entry) if entry.draft.update.is_some() => 4,
        Change::Audit(_) | Change::PruneAudit(_) | Change::Person(_) => 3,
        Change::Append(entry) if entry.source.is_some() => 3,
        Change::Key(_) | Change::Token(_) => 2,
        Change::Session(session) if session.key.is_some() => 2,
        _ => 1,
    };
    changes.iter().map(version).max().unwrap_or(1)
}

/// See the module documentation.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::log) struct Record {
    /// The process that has published it.
    pub boot: u64,
    /// Counts the records of this process, from 1.
    pub number: u64,
    /// The newest record in the log of that node, when this one was decided.
    pub base: Base,
    pub changes: Vec<Change>,
}

/// A record, and the head of the log after it. It is the same in all logs, unless they differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::log) struct Base {
    /// The position of the record in the stream.
    pub place: u64,
    pub head: Seq,
}

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub(in crate::log) enum UnreadableRecord {
    #[error(
        "it has version {0}, and this Tidings reads records up to version {VERSION}: start a newer Tidings on this node"
    )]
    Newer(u8),
    #[error("it is not a record of Tidings: {0}")]
    Malformed(#[from] minicbor::decode::Error),
}
