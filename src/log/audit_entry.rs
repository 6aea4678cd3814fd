//! Entries of the audit trail: who did what, from where, to whom, and with which outcome. They have no contents of
//! messages and no secrets.

use std::{borrow::Cow, net::IpAddr, sync::Arc};

use crate::{
    job::JobId,
    log::saved_item::SavedKind,
    message::{Audience, ClientId, Seq, Topic},
};

/// The action of a push.
pub const PUSH: &str = "push";

/// The outcome of what was done.
pub const OK: &str = "ok";

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AuditCaller {
    /// The id.
    pub id: Box<str>,
    /// The name that it had then, for people.
    pub name: Box<str>,
}

/// Who did something, and from where.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AuditSource {
    /// Who. None: somebody who has not shown who they are.
    pub caller: Option<Arc<AuditCaller>>,
    /// The address. None: a Unix socket.
    pub address: Option<IpAddr>,
}

/// What something was done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditTarget {
    /// Clients, a topic, or everyone.
    Audience(Audience),
    /// The API key with this id.
    Key(Box<str>),
    /// The stream token with this id.
    Token(Box<str>),
    /// The person with this id.
    Person(Box<str>),
    /// The webhook with this id.
    Hook(Box<str>),
    /// The saved list or template with this id.
    Saved(SavedKind, Box<str>),
}

/// An entry to be written. The log adds its number and the time.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Who, and from where.
    pub source: AuditSource,
    /// What was done, such as `push` or `key.create`.
    pub action: Cow<'static, str>,
    /// To what.
    pub target: Option<AuditTarget>,
    /// The code of the error. None: it was done.
    pub error: Option<Cow<'static, str>>,
    /// The message that it is about.
    pub message: Option<Seq>,
    /// The job that it is about.
    pub job: Option<JobId>,
    /// How many requests it stands for.
    pub count: u64,
}

impl AuditEntry {
    /// An entry of something that was done, to nothing.
    pub fn new(source: AuditSource, action: impl Into<Cow<'static, str>>) -> Self {
        Self {
            source,
            action: action.into(),
            target: None,
            error: None,
            message: None,
            job: None,
            count: 1,
        }
    }
}

/// Entries to be written, and counts to be added to entries that are written already.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuditChange {
    /// New entries, in order.
    pub entries: Vec<AuditEntry>,
    /// Numbers of entries, and how many requests more each stands for.
    pub counts: Vec<(u64, u64)>,
}

impl AuditChange {
    /// Whether an entry is about a webhook. Older nodes do not know these.
    pub(super) fn has_hook(&self) -> bool {
        let is_hook = |entry: &AuditEntry| matches!(entry.target, Some(AuditTarget::Hook(_)));
        self.entries.iter().any(is_hook)
    }

    /// Whether an entry is about a saved list or template. Older nodes do not know these.
    pub(super) fn has_saved(&self) -> bool {
        let is_saved = |entry: &AuditEntry| matches!(entry.target, Some(AuditTarget::Saved(..)));
        self.entries.iter().any(is_saved)
    }

    /// The approximate size in bytes.
    pub(super) fn weight(&self) -> usize {
        let clients = |entry: &AuditEntry| match &entry.target {
            Some(AuditTarget::Audience(audience)) => audience.named().len(),
            _ => 1,
        };
        let entries = self.entries.iter().map(|entry| 128 + 32 * clients(entry));
        entries.sum::<usize>() + 16 * self.counts.len()
    }
}

/// An entry that was written.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRecord {
    /// Its number. Entries are numbered in order.
    pub number: u64,
    /// When it was written, in milliseconds since 1970.
    pub at: u64,
    /// The entry. Of a list of clients only the first ten are here.
    pub entry: AuditEntry,
    /// The number of clients, if it is about several.
    pub clients: Option<u64>,
    /// The time of the last request that it stands for, if there are several.
    pub last_at: Option<u64>,
}

/// Conditions on entries. A condition that is none matches every entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// The id or the name of the caller.
    pub caller: Option<String>,
    /// The action.
    pub action: Option<String>,
    /// About this client, alone or with others.
    pub client: Option<ClientId>,
    /// About this topic.
    pub topic: Option<Topic>,
    /// With this outcome: [`OK`], or the code of an error.
    pub outcome: Option<String>,
    /// At this time or later, in milliseconds since 1970. Assumes that times follow the order of the entries.
    pub since: Option<u64>,
    /// At this time or earlier, in milliseconds since 1970. Assumes the same.
    pub until: Option<u64>,
}

/// A page of the audit trail.
#[derive(Clone, Debug, Default)]
pub struct AuditPage {
    /// The entries, newest first.
    pub records: Vec<AuditRecord>,
    /// Continue before this entry. None if this is the last page. A page can be empty and still have a next page.
    pub next: Option<u64>,
}
