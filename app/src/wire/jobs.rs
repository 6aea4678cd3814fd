//! Jobs: the progress of one operation.

use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::values;
use super::{PushRequest, Receipts, number};

/// The body of `POST /api/jobs`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct JobRequest {
    /// The title, for people: 1 to 200 characters.
    #[cfg_attr(feature = "ssr", schema(value_type = values::JobTitle))]
    pub title: String,
    /// The number of steps, if it is known: `total` of the job.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "number::whole"
    )]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::PositiveNumber>))]
    pub steps: Option<u64>,
    /// Seconds after which a job fails if its worker does not report: 1 to 86400; 300 by default.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "number::whole"
    )]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::JobTimeout>))]
    pub timeout: Option<u64>,
    /// The push that tries the job again, if it fails or is cancelled: at most 65536 bytes. It is pushed by
    /// `POST /api/jobs/{id}/retry`, with the permissions of who asks for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Box<PushRequest>>,
}

/// The body of `PATCH /api/jobs/{id}`: what has changed. An empty report only resets the timeout.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct JobReport {
    /// Completed steps.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "number::whole"
    )]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::Number>))]
    pub step: Option<u64>,
    /// All steps.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "number::whole"
    )]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::PositiveNumber>))]
    pub total: Option<u64>,
    /// Text for the log. Each of its lines becomes a line of the log, and the last one the job's `message`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::JobLines>))]
    pub message: Option<String>,
    /// The number of the first of these lines in the log, if the worker counts lines itself. Lines that the log already
    /// has are skipped, so a report whose answer was lost can be sent again.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "number::whole"
    )]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::PositiveNumber>))]
    pub line: Option<u64>,
    /// The final state; `running` while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<JobState>,
    /// The push that tries the job again, in place of the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Box<PushRequest>>,
}

/// The state of a job. All but `running` are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It is running.
    Running,
    /// It succeeded.
    Done,
    /// It failed.
    Failed,
    /// It was cancelled.
    Cancelled,
}

impl JobState {
    /// All states, with their names in JSON.
    pub const ALL: [(Self, &str); 4] = [
        (Self::Running, "running"),
        (Self::Done, "done"),
        (Self::Failed, "failed"),
        (Self::Cancelled, "cancelled"),
    ];

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        let named = Self::ALL.iter().find(|(state, _)| *state == self);
        named.map_or("", |(_, name)| name)
    }

    /// Whether the state is final.
    pub fn is_final(self) -> bool {
        self != Self::Running
    }
}

/// Why the server ended a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobReason {
    /// The worker did not report for longer than `timeout`.
    Timeout,
    /// The tracked push expired before all recipients received it.
    Expired,
    /// The tracked push was deleted by retention.
    Pruned,
    /// The tracked push was recalled.
    Recalled,
}

/// The state of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct JobInfo {
    /// A UUID. Anyone who has it can view the job; only admins can list jobs.
    #[cfg_attr(feature = "ssr", schema(value_type = values::JobId))]
    pub id: String,
    /// The title.
    pub title: String,
    /// The state.
    pub state: JobState,
    /// Why the server ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<JobReason>,
    /// Completed steps.
    pub step: u64,
    /// All steps, if the number is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// The newest line of its log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whether cancellation was requested. Its worker decides whether and when it stops.
    pub cancel_requested: bool,
    /// Seconds after which it fails if its worker does not report; none: the server itself reports on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// When it was created, in milliseconds since 1970.
    pub created_at: u64,
    /// When it last changed, in milliseconds since 1970. It increases with each change, so that the newer of two
    /// versions is known.
    pub updated_at: u64,
    /// When it ended, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<u64>,
    /// The range of its log.
    pub log: JobLogExtent,
    /// The cursor of the tracked push.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::Cursor>))]
    pub push: Option<String>,
    /// The delivery of the tracked push; `audience` is the planned number of recipients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Receipts>,
    /// Whether its worker has said how it is tried again, which is possible when it has failed or was cancelled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retry: bool,
}

#[cfg(test)]
impl JobInfo {
    /// A job of which nothing is known yet.
    pub(crate) fn blank() -> Self {
        Self {
            id: String::new(),
            title: String::new(),
            state: JobState::Running,
            reason: None,
            step: 0,
            total: None,
            message: None,
            cancel_requested: false,
            timeout: None,
            created_at: 0,
            updated_at: 0,
            ended_at: None,
            log: JobLogExtent::default(),
            push: None,
            delivery: None,
            retry: false,
        }
    }
}

/// The range of lines of a log. Lines are numbered from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct JobLogExtent {
    /// The oldest kept line; greater than `last`: none. At most 100,000 lines are kept.
    pub first: u64,
    /// The newest line; 0: there was none.
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
    /// The text.
    pub text: String,
}

/// What `GET /api/jobs/{id}/log` answers: one page, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct JobLogPage {
    /// The lines of this page.
    pub lines: Vec<JobLine>,
    /// The range of the log. Lines before `first` were deleted.
    pub log: JobLogExtent,
    /// The value of `after` for the next page, or of `before` if that was used; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// What `GET /api/jobs` answers: one page, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct JobsPage {
    /// The jobs of this page.
    pub jobs: Vec<JobInfo>,
    /// The value of `before` for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What `DELETE /api/jobs` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ClearedJobs {
    /// The number of jobs that were removed.
    pub removed: u64,
    /// Whether there are more, because one request removes 1,000 at most.
    pub more: bool,
}

/// What `GET /api/jobs/stats` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct JobStats {
    /// How many jobs are in each state.
    pub counts: JobCounts,
    /// The minutes of the last hour, oldest first. The last one is not over yet.
    pub minutes: Vec<JobMinute>,
    /// How long the jobs took that ended in the last hour: one entry for each final state that there is.
    pub durations: Vec<JobDurations>,
    /// Whether more than 10,000 jobs ended in the last hour, and only the newest are counted.
    pub partial: bool,
}

/// How many jobs are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct JobCounts {
    /// They are running.
    pub running: u64,
    /// They succeeded.
    pub done: u64,
    /// They failed.
    pub failed: u64,
    /// They were cancelled.
    pub cancelled: u64,
}

/// The jobs that ended within one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct JobMinute {
    /// When it began, in milliseconds since 1970.
    pub at: u64,
    /// The number of jobs that ended.
    pub ended: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// The median of their durations, in milliseconds; none: no job ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median: Option<u64>,
    /// The 95th percentile of their durations, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95: Option<u64>,
}

/// How long jobs took that ended in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct JobDurations {
    /// The state.
    pub state: JobState,
    /// The number of jobs.
    pub jobs: u64,
    /// The median of their durations, in milliseconds.
    pub median: u64,
    /// The 95th percentile of their durations, in milliseconds.
    pub p95: u64,
}

/// On a job's stream: its current state, a [`JobInfo`].
pub const EVENT_STATE: &str = "state";
/// On a job's stream: lines of its log, a list of [`JobLine`] in order, at most 100.
pub const EVENT_LOG: &str = "log";
/// On a job's stream: its final state, a [`JobInfo`]. Nothing comes after it.
pub const EVENT_END: &str = "end";
