//! What a commit changes, as data.
//!
//! The writer works in two steps. It decides what to change, and puts that into a [`ChangeSet`] (`writer/decide.rs`).
//! Then it applies the change set to the file (`writer/apply.rs`). What the second step does depends only on the file
//! and on the change set: not on a clock, on what is in memory, or on where a transaction ends. So logs that apply the
//! same change sets have the same content.
//!
//! In a cluster every change of what all nodes share is a change set. A single log does maintenance directly, because it
//! may then look at its clock, at the size of its file, and at positions that are not in the file.

use crate::{
    job::{JobCommand, JobId},
    log::{
        api_key::KeyChange,
        audit_entry::AuditChange,
        entry::{Entry, IdempotencyKey},
        hook::HookChange,
        person::PersonChange,
        positions::{ClientPosition, DeliveryCounts, PendingUpdate},
        saved_item::SavedChange,
        schedule::ScheduleChange,
        session::SessionChange,
    },
    message::{ClientId, Seq},
};

/// Changes that are applied together, in order.
#[derive(Clone, Debug, Default)]
pub(in crate::log) struct ChangeSet {
    /// The time of all changes, in milliseconds since 1970.
    pub at: u64,
    pub changes: Vec<Change>,
}

/// One change. Each has a result of its own.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::log) enum Change {
    /// Store a message, unless its idempotency key is in use.
    Append(Entry),
    /// Change a job, if the command is allowed in its state.
    Job(JobCommand),
    /// End the delivery of a message, and delete its data.
    Recall(Recall),
    /// Move the positions of clients forward, and add to delivery counts.
    Positions(PositionUpdates),
    /// Expire some of the messages whose time to live was over at this time (milliseconds since 1970).
    Expire(u64),
    /// Remove messages. With a position, they are the oldest of all, and messages up to there may be missing.
    Prune(Vec<Seq>, Option<Seq>),
    /// Remove a job that has ended, or the oldest of its log lines if it has many.
    PruneJob(JobId),
    /// Open or close a session.
    Session(SessionChange),
    /// Change API keys.
    Key(KeyChange),
    /// Revoke stream tokens.
    Token(TokenChange),
    /// Write entries of the audit trail.
    Audit(AuditChange),
    /// Remove entries of the audit trail up to this one.
    PruneAudit(u64),
    /// Change people.
    Person(PersonChange),
    /// Change what is to be pushed later, or push what is due.
    Schedule(ScheduleChange),
    /// Change webhooks, write what they are told of, or note what was delivered.
    Hook(HookChange),
    /// End what waits in the inbox of a client.
    ClearInbox(ClearedInbox),
    /// Change saved lists and templates.
    Saved(SavedChange),
}

/// Stream tokens are revoked: those of a client, if they were issued before.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::log) struct TokenChange {
    pub tokens: RevokedTokens,
    /// When none of them is valid any more, in milliseconds since 1970.
    pub ends_at: u64,
}

/// Stream tokens that are revoked together.
#[derive(Clone, Debug, PartialEq)]
pub enum RevokedTokens {
    /// Those with this id (`jti`).
    WithId(String),
    /// Those of this client (`sub`) that were issued up to now.
    OfClient(ClientId),
}

/// An inbox that is cleared.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::log) struct ClearedInbox {
    pub client: ClientId,
    /// Up to this position.
    pub until: Seq,
}

/// The recall of a message.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::log) struct Recall {
    pub seq: Seq,
    /// The key to release, so that another push can use it.
    pub key: Option<IdempotencyKey>,
    /// The positions of its clients, as far as they are not in the file: whoever has received the message keeps its
    /// receipt.
    pub positions: Vec<(ClientId, ClientPosition)>,
}

/// Updates of clients, and counts to add to the delivery counts of messages.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::log) struct PositionUpdates {
    pub clients: Vec<(ClientId, PendingUpdate)>,
    pub counts: Vec<(Seq, DeliveryCounts)>,
}

impl Change {
    /// Whether the rows of all changes before it must be in the file when it is applied.
    pub fn needs_rows(&self) -> bool {
        match self {
            Self::Append(entry) => entry.draft.handling.is_some(),
            Self::Job(_) => false,
            _ => true,
        }
    }

    /// The approximate size in bytes.
    pub fn weight(&self) -> usize {
        match self {
            Self::Append(entry) => entry.weight(),
            Self::Job(command) => command.weight(),
            Self::Recall(recall) => 64 + 64 * recall.positions.len(),
            Self::Positions(updates) => 64 * (updates.clients.len() + updates.counts.len()),
            Self::Expire(_) | Self::PruneJob(_) | Self::PruneAudit(_) => 32,
            Self::ClearInbox(_) => 160,
            Self::Session(session) => session.weight(),
            Self::Key(change) => change.weight(),
            Self::Token(_) => 320,
            Self::Audit(change) => change.weight(),
            Self::Person(change) => change.weight(),
            Self::Schedule(change) => change.weight(),
            Self::Hook(change) => change.weight(),
            Self::Saved(change) => change.weight(),
            Self::Prune(positions, _) => 9 * positions.len(),
        }
    }
}
