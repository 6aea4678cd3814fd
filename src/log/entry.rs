//! What is given to the log, and what it answers.

use sha2::{Digest as _, Sha256};

use crate::{
    job::{JobId, TrackedPush},
    message::{Audience, Data, Draft, Seq},
};

/// A name that a publisher gives to one push, so that it may send it again without fear: 1 to 255 bytes,
/// no control characters. Remembered for 24 hours.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(Box<str>);

impl IdempotencyKey {
    /// The longest there may be, in bytes.
    pub const MAX_LEN: usize = 255;

    /// Checks a key that came from outside.
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
    /// Nothing was given.
    #[error("an idempotency key must not be empty")]
    Empty,
    /// Over [`IdempotencyKey::MAX_LEN`].
    #[error("an idempotency key has at most 255 bytes")]
    TooLong,
    /// Line ends and their like.
    #[error("an idempotency key must not contain control characters")]
    Control,
}

/// What tells two pushes apart that came with the same key.
pub(super) type Digest = [u8; 16];

/// A draft on its way into the log.
#[derive(Clone, Debug)]
pub struct Entry {
    pub(super) draft: Draft,
    pub(super) key: Option<Box<(IdempotencyKey, Digest)>>,
    pub(super) given: Option<Given>,
    pub(super) tracked: Option<Box<TrackedPush>>,
}

/// A position that somebody else has given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given {
    pub seq: Seq,
    pub at: u64,
}

impl Entry {
    /// A draft that gets the next position.
    pub fn new(draft: Draft) -> Self {
        debug_assert!(!draft.is_ephemeral(), "an ephemeral message skips the log");
        Self {
            draft,
            key: None,
            given: None,
            tracked: None,
        }
    }

    /// The same with a key: it is kept once, however often it comes.
    #[must_use]
    pub fn with_key(mut self, key: IdempotencyKey) -> Self {
        // Here, not in the writer: hashing is work that publishers can do side by side.
        let digest = digest(&self.draft);
        self.key = Some(Box::new((key, digest)));
        self
    }

    /// The same with a job that follows it, kept in the same commit.
    #[must_use]
    pub fn tracked_by(mut self, tracked: TrackedPush) -> Self {
        self.tracked = Some(Box::new(tracked));
        self
    }

    /// The same at a position that an outside engine has given, accepted there at `at` (milliseconds since
    /// 1970). Positions may be left out. A position that is not after the newest counts as had: a duplicate.
    #[must_use]
    pub fn at(mut self, seq: Seq, at: u64) -> Self {
        self.given = Some(Given { seq, at });
        self
    }

    /// About how many bytes it holds, for the bounds of queue and commit.
    pub(super) fn weight(&self) -> usize {
        let audience = match &self.draft.audience {
            Audience::Clients(ids) => ids.len() * 32,
            _ => 64,
        };
        self.draft.data.as_str().len() + audience
    }
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The position of the message.
    pub seq: Seq,
    /// How many connections it was handed to, as the tail said. A duplicate is not handed on again: 0.
    pub connections: u64,
    /// It was there before, and this push was the same once more.
    pub duplicate: bool,
    /// The job that follows it; of a duplicate, the first push's.
    pub job: Option<JobId>,
}

fn digest(draft: &Draft) -> Digest {
    let mut hash = Sha256::new();
    // Each part with its length, so that no two drafts run together into the same bytes.
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
    let mut digest = Digest::default();
    digest.copy_from_slice(&hash.finalize()[..16]);
    digest
}
