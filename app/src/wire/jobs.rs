//! Jobs: one operation, told step by step, with an end.

use serde::{Deserialize, Serialize};

use super::Receipts;

/// The body of `POST /api/jobs`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct JobRequest {
    /// What it is, for people: 1 to 200 characters.
    pub title: String,
    /// How many steps it has, where that is known: `total` of the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// Seconds for which the worker may be silent before the job fails: 1 to 86400; 300 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
}

/// The body of `PATCH /api/jobs/{id}`: what is new. With nothing in it, it is a sign of life.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct JobReport {
    /// Steps that are behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u64>,
    /// Steps that there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// For the log: each of its lines is one there, and the last is the job's `message`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The number in the log that the first of these lines gets, where the worker counts them itself: what the log
    /// has already is not taken twice, so a report whose answer was lost can be sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// How it ends; `running` while it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<JobState>,
}

/// Where a job is. All but `running` are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// On its way.
    Running,
    /// It did what it was to do.
    Done,
    /// It did not.
    Failed,
    /// It was given up.
    Cancelled,
}

impl JobState {
    /// Every state, with its name on the wire.
    pub const ALL: [(Self, &str); 4] = [
        (Self::Running, "running"),
        (Self::Done, "done"),
        (Self::Failed, "failed"),
        (Self::Cancelled, "cancelled"),
    ];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        let named = Self::ALL.iter().find(|(state, _)| *state == self);
        named.map_or("", |(_, name)| name)
    }

    /// Whether nothing comes after it.
    pub fn is_final(self) -> bool {
        self != Self::Running
    }
}

/// Why a job ended, where it was the server that ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobReason {
    /// The worker was silent for longer than `timeout`.
    Timeout,
    /// The time to live of the push that it follows was over before everybody had it.
    Expired,
    /// Retention let go of the push that it follows.
    Pruned,
    /// The push that it follows was taken back.
    Recalled,
}

/// A job as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct JobInfo {
    /// A UUID. Whoever has it may look on: there is no list but for admins.
    pub id: String,
    /// What it is.
    pub title: String,
    /// Where it is.
    pub state: JobState,
    /// Why it ended, where it was the server that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<JobReason>,
    /// Steps that are behind it.
    pub step: u64,
    /// Steps that there are, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// The newest line of its log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Somebody asked it to stop; whether and when it does is up to its worker.
    pub cancel_requested: bool,
    /// Seconds for which its worker may be silent; none: it has no worker, the server itself reports on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// When it was made, in milliseconds since 1970.
    pub created_at: u64,
    /// When it last changed, in milliseconds since 1970. Each change has a later one than that before it, so of two
    /// accounts of one job the newer is known.
    pub updated_at: u64,
    /// When it ended, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<u64>,
    /// What is in its log.
    pub log: JobLogExtent,
    /// The cursor of the push that it follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<String>,
    /// How that push fares: `audience` is what was planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Receipts>,
}

/// Which lines a log has. They are numbered from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct JobLogExtent {
    /// The oldest that is kept; after `last`: none is. Beyond 100,000 the oldest go.
    pub first: u64,
    /// The newest; 0: there never was one.
    pub last: u64,
}

/// One line of a job's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct JobLine {
    /// Its number, from 1.
    pub line: u64,
    /// When it was reported, in milliseconds since 1970.
    pub at: u64,
    /// What it says.
    pub text: String,
}

/// What `GET /api/jobs/{id}/log` answers: one page, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct JobLogPage {
    /// The lines of this page.
    pub lines: Vec<JobLine>,
    /// Which lines the log has: what is before `first` was let go.
    pub log: JobLogExtent,
    /// What `after` must be for the next page, or `before` where that was asked; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// What `GET /api/jobs` answers: one page, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct JobsPage {
    /// The jobs of this page.
    pub jobs: Vec<JobInfo>,
    /// What `before` must be for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// On a job's stream: its state as it is now, a [`JobInfo`].
pub const EVENT_STATE: &str = "state";
/// On a job's stream: lines of its log, a list of [`JobLine`] in order, at most 100.
pub const EVENT_LOG: &str = "log";
/// On a job's stream: its final state, a [`JobInfo`]. Nothing comes after it.
pub const EVENT_END: &str = "end";
