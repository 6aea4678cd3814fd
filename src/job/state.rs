//! What a job is at one moment: its id, its state and the lines of its log.

use std::{fmt, sync::Arc};

use uuid::Uuid;

/// The name of a job: a random UUID, so that whoever has it may look on and nobody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JobId(Uuid);

impl JobId {
    /// A new one.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// Reads one as it is written: 36 characters, with hyphens. None: it is not a job's name.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::parse_str(text)
            .ok()
            .filter(|_| text.len() == 36)
            .map(Self)
    }

    /// Its 32 digits without hyphens.
    pub fn digits(self) -> String {
        self.0.simple().to_string()
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a job is. All but [`State::Running`] are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// On its way.
    Running,
    /// It did what it was to do.
    Done,
    /// It did not.
    Failed,
    /// It was given up.
    Cancelled,
}

impl State {
    /// Every state there is.
    pub const ALL: [Self; 4] = [Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    /// Whether nothing comes after it.
    pub fn is_final(self) -> bool {
        self != Self::Running
    }
}

/// Why a job ended, where it was the server that ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its worker was silent for too long.
    Timeout,
    /// The time to live of its push was over before everybody had it.
    Expired,
    /// Retention let go of its push.
    Pruned,
    /// Its push was taken back.
    Recalled,
}

impl Reason {
    /// Every reason there is.
    pub const ALL: [Self; 4] = [Self::Timeout, Self::Expired, Self::Pruned, Self::Recalled];
}

/// Which lines a log has: numbers from 1. Empty where `first` is after `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The oldest that is kept.
    pub first: u64,
    /// The newest; 0: there never was one.
    pub last: u64,
}

impl Extent {
    /// The most lines that the log of one job keeps: beyond it the oldest go.
    pub const MOST: u64 = 100_000;

    /// Nothing yet.
    pub const NONE: Self = Self { first: 1, last: 0 };

    pub(super) fn grown(self, lines: usize) -> Self {
        let last = self.last + lines as u64;
        Self {
            first: self.first.max((last + 1).saturating_sub(Self::MOST)),
            last,
        }
    }
}

/// One line of a job's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub number: u64,
    /// When it was reported, in milliseconds since 1970.
    pub at: u64,
    /// What it says.
    pub text: Arc<str>,
}
