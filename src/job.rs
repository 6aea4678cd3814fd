//! What a job is: one operation, told step by step by whoever does it, with an end.
//!
//! Only the words, and what may become of a job. Nothing here knows where jobs are kept or who looks on.

mod command;
mod report;

pub use command::{Conclusion, JobCommand, NewJob, Refused, TrackedPush};
pub use report::{InvalidLines, InvalidTitle, Lines, MAX_NUMBER, Report, Title};

use std::{fmt, sync::Arc, time::Duration};

use uuid::Uuid;

use crate::message::{Receipts, Seq};

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

    fn grown(self, lines: usize) -> Self {
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

/// A job as it is at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its name.
    pub id: JobId,
    /// What it is, for people.
    pub title: Arc<str>,
    /// Where it is.
    pub state: State,
    /// Why the server ended it.
    pub reason: Option<Reason>,
    /// Steps that are behind it.
    pub step: u64,
    /// Steps that there are, where that is known.
    pub total: Option<u64>,
    /// The newest line of its log.
    pub message: Option<Arc<str>>,
    /// Somebody asked it to stop.
    pub cancel_requested: bool,
    /// How long its worker may be silent; none: it has none, it follows a push.
    pub timeout: Option<Duration>,
    /// When it was made, in milliseconds since 1970.
    pub created_at: u64,
    /// When it changed, in milliseconds since 1970: later with each change, whatever the clock does.
    pub updated_at: u64,
    /// When it ended, in milliseconds since 1970.
    pub ended_at: Option<u64>,
    /// What is in its log.
    pub log: Extent,
    /// The message that it follows.
    pub push: Option<Seq>,
    /// How that message fares.
    pub delivery: Option<Receipts>,
}

impl Job {
    /// A job that begins now.
    pub fn begun(new: &NewJob, now: u64) -> Self {
        Self {
            id: new.id,
            title: Arc::clone(new.title.text()),
            state: State::Running,
            reason: None,
            step: 0,
            total: new.total,
            message: None,
            cancel_requested: false,
            timeout: Some(new.timeout),
            created_at: now,
            updated_at: now,
            ended_at: None,
            log: Extent::NONE,
            push: None,
            delivery: None,
        }
    }

    /// A job that follows a message from now on, which is for so many clients by name.
    pub fn following(tracked: &TrackedPush, push: Seq, planned: u64, now: u64) -> Self {
        let new = NewJob {
            id: tracked.id,
            title: tracked.title.clone(),
            total: None,
            timeout: Duration::ZERO,
        };
        Self {
            timeout: None,
            push: Some(push),
            ..Self::begun(&new, now)
        }
        .faring(Receipts {
            audience: planned,
            waiting: planned,
            ..Receipts::default()
        })
    }

    /// The same with these receipts of the message that it follows.
    #[must_use]
    pub fn faring(mut self, delivery: Receipts) -> Self {
        self.step = delivery.sent + delivery.acknowledged;
        // Nobody at all is no measure of anything.
        self.total = Some(delivery.audience).filter(|total| *total > 0);
        self.delivery = Some(delivery);
        self
    }

    /// The same, changed now.
    #[must_use]
    pub fn touched(mut self, now: u64) -> Self {
        self.updated_at = now.max(self.updated_at + 1);
        self
    }

    fn ended(mut self, state: State, now: u64) -> Self {
        self.state = state;
        self = self.touched(now);
        self.ended_at = Some(self.updated_at);
        self
    }
}
