//! The id of a job, its state, and the lines of its log.

use std::{fmt, sync::Arc};

use uuid::Uuid;

/// The id of a job: a random UUID. Whoever knows it may view the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JobId(Uuid);

impl JobId {
    /// A new random id.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// Parses an id of 36 characters with hyphens. None if it is not a job id.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::parse_str(text)
            .ok()
            .filter(|_| text.len() == 36)
            .map(Self)
    }

    /// The 16 bytes of the id.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.into_bytes()
    }

    /// The id with these bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The 32 digits without hyphens.
    pub fn digits(self) -> String {
        self.0.simple().to_string()
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The state of a job. All but [`State::Running`] are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is running.
    Running,
    /// It succeeded.
    Done,
    /// It failed.
    Failed,
    /// It was cancelled.
    Cancelled,
}

impl State {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    /// Whether it is final.
    pub fn is_final(self) -> bool {
        self != Self::Running
    }
}

/// Why the server ended a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The worker timed out.
    Timeout,
    /// The time to live of the tracked message ended before all recipients had it.
    Expired,
    /// Retention removed the tracked message.
    Pruned,
    /// The tracked message was recalled.
    Recalled,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 4] = [Self::Timeout, Self::Expired, Self::Pruned, Self::Recalled];
}

/// The numbers of the lines that a log has, starting at 1. It is empty if `first` is after `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The oldest line.
    pub first: u64,
    /// The newest line. 0 if there never was one.
    pub last: u64,
}

impl Extent {
    /// The maximum number of lines in the log of one job. The oldest are removed.
    pub const MAX_LINES: u64 = 100_000;

    /// No lines.
    pub const NONE: Self = Self { first: 1, last: 0 };

    pub(super) fn grown(self, lines: usize) -> Self {
        let last = self.last + lines as u64;
        Self {
            first: self.first.max((last + 1).saturating_sub(Self::MAX_LINES)),
            last,
        }
    }
}

/// One line of the log of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number, starting at 1.
    pub number: u64,
    /// When it was reported, in milliseconds since 1970.
    pub at: u64,
    /// The text.
    pub text: Arc<str>,
}
