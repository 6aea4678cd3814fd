//! The input and output of an append.

use sha2::{Digest as _, Sha256};

use crate::{
    job::{JobId, TrackedPush},
    log::{audit_entry::AuditSource, kept_size::KeptSize, positions::ClientPosition},
    message::{Audience, ClientId, Data, Draft, ReplaceKey, Seq, TraceParent},
};

/// Identifies a push that a publisher may send again: 1 to 255 bytes without control characters. Kept for 24 hours.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(Box<str>);

impl IdempotencyKey {
    /// The maximum length in bytes.
    pub const MAX_LEN: usize = 255;

    /// Parses a key from a request.
    pub fn parse(text: &str) -> Result<Self, InvalidIdempotencyKey> {
        if text.is_empty() {
            Err(InvalidIdempotencyKey::Empty)
        } else if text.len() > Self::MAX_LEN {
            Err(InvalidIdempotencyKey::TooLong)
        } else if text.chars().any(char::is_control) {
            Err(InvalidIdempotencyKey::Control)
        } else {
            Ok(Self(text.into()))
        }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is not an [`IdempotencyKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdempotencyKey {
    /// The text is empty.
    #[error("an idempotency key must not be empty")]
    Empty,
    /// Over [`IdempotencyKey::MAX_LEN`].
    #[error("an idempotency key has at most 255 bytes")]
    TooLong,
    /// It contains control characters.
    #[error("an idempotency key must not contain control characters")]
    Control,
}

/// A hash of a draft. Two pushes with the same key are the same push if their digests are equal.
pub(super) type Digest = [u8; 16];

/// A draft to append to the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub(super) draft: Draft,
    pub(super) key: Option<Box<(IdempotencyKey, Digest)>>,
    pub(super) assigned: Option<Box<AssignedPosition>>,
    pub(super) tracked: Option<Box<TrackedPush>>,
    pub(super) trace: Option<TraceParent>,
    pub(super) source: Option<AuditSource>,
    /// Of the clients of a message whose place it takes: the positions that are not in the file.
    pub(super) replacing: Vec<(ClientId, ClientPosition)>,
    /// How many topics may have a state, with that of this one if it sets it. None: any number.
    pub(super) most_states: Option<KeptSize>,
}

/// A position assigned by another system.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct AssignedPosition {
    pub seq: Seq,
    pub at: u64,
}

impl Entry {
    /// An entry that gets the next position.
    pub fn new(draft: Draft) -> Self {
        debug_assert!(!draft.is_ephemeral(), "an ephemeral message skips the log");
        Self {
            draft,
            key: None,
            assigned: None,
            tracked: None,
            trace: None,
            source: None,
            replacing: Vec::new(),
            most_states: None,
        }
    }

    /// Adds an idempotency key: the entry is stored once, even if it is sent again.
    #[must_use]
    pub fn with_key(mut self, key: IdempotencyKey) -> Self {
        // Hashed here and not in the writer, because publishers can hash in parallel.
        let digest = digest(&self.draft);
        self.key = Some(Box::new((key, digest)));
        self
    }

    /// Limits how many topics may have a state, if it sets one.
    #[must_use]
    pub fn with_most_states(mut self, most: Option<KeptSize>) -> Self {
        let handling = self.draft.handling.as_deref();
        self.most_states = most.filter(|_| handling.is_some_and(|handling| handling.is_state));
        self
    }

    /// What is appended when it is due. Its key and the limit of states were looked at before.
    pub(super) fn when_due(mut self) -> Self {
        self.key = None;
        self.most_states = None;
        self
    }

    /// Adds a job that tracks the push. It is created in the same commit.
    #[must_use]
    pub fn tracked_by(mut self, tracked: TrackedPush) -> Self {
        self.tracked = Some(Box::new(tracked));
        self
    }

    /// Adds where the push belongs in a distributed trace.
    #[must_use]
    pub fn traced(mut self, trace: Option<TraceParent>) -> Self {
        self.trace = trace;
        self
    }

    /// Adds who pushes it. Then it gets an entry in the audit trail, in the same commit.
    #[must_use]
    pub fn audited(mut self, source: Option<AuditSource>) -> Self {
        self.source = source;
        self
    }

    /// Sets the position and the time (`at`, milliseconds since 1970) that another system assigned. Positions may be
    /// skipped. A position that is not after the newest one counts as a duplicate.
    #[must_use]
    pub fn at(mut self, seq: Seq, at: u64) -> Self {
        self.assigned = Some(Box::new(AssignedPosition { seq, at }));
        self
    }

    /// The approximate size in bytes, for the limits of the queue and of a commit.
    pub(super) fn weight(&self) -> usize {
        let audience = match &self.draft.audience {
            Audience::Clients(ids) => ids.len() * 32,
            _ => 64,
        };
        self.draft.data.as_str().len() + audience
    }
}

/// The result of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The position of the message.
    pub seq: Seq,
    /// The number of connections that the message was sent to, as reported by the tail. 0 for a duplicate, which is not
    /// sent again.
    pub connections: u64,
    /// Whether the message was stored before, by an earlier push with the same key.
    pub duplicate: bool,
    /// The job that tracks the push. For a duplicate, the job of the first push.
    pub job: Option<JobId>,
}

fn digest(draft: &Draft) -> Digest {
    let mut hash = Sha256::new();
    // Each field is prefixed with its tag and length, so that different drafts never hash the same bytes.
    let mut part = |tag: u8, bytes: &[u8]| {
        hash.update([tag]);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    match &draft.audience {
        Audience::Client(id) => part(1, id.as_str().as_bytes()),
        Audience::Clients(ids) => ids.iter().for_each(|id| part(2, id.as_str().as_bytes())),
        Audience::Topic(topic) => part(3, topic.as_str().as_bytes()),
        Audience::Everyone => part(4, b""),
    }
    if let Some(event) = &draft.event {
        part(5, event.as_str().as_bytes());
    }
    match &draft.data {
        Data::Text(text) => part(6, text.as_bytes()),
        Data::Json(text) => part(7, text.as_bytes()),
    }
    if let Some(ttl) = draft.ttl {
        part(8, &ttl.as_millis().to_le_bytes());
    }
    if let Some(handling) = draft.handling.as_deref() {
        let replace = handling.replace.as_ref().map_or("", ReplaceKey::as_str);
        part(9, replace.as_bytes());
        part(10, &[handling.urgency.code(), handling.is_state.into()]);
    }
    let mut digest = Digest::default();
    digest.copy_from_slice(&hash.finalize()[..16]);
    digest
}
