//! Sends reports about a command to the server: at most a few per second while there is output, and one from time to
//! time without output, so that the server does not mark the job as failed.

use std::{sync::Arc, time::Duration};

use app::{
    api::{ApiError, Client},
    wire::{JobInfo, JobReport, JobRequest},
};
use tokio::{sync::Notify, time::Instant};

use super::backlog::{Backlog, Batch};
use crate::cli::{problem::describe, stderr::print_note};

/// Time in which output is collected for one report.
const COLLECT_TIME: Duration = Duration::from_millis(300);
/// Longest time without a report. The answer to a report says whether the job was cancelled.
const MAX_INTERVAL: Duration = Duration::from_secs(2);
/// The first and the longest wait before the next attempt, while the server does not answer.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));
/// Most lines in one report: the limit of the server.
const MAX_LINES: usize = 1_000;
/// Most bytes of output in one report: well below the default limit of the server.
const MAX_BYTES: usize = 64 << 10;

/// Sends the backlog of one job.
pub struct Reporter {
    api: Client,
    request: JobRequest,
    /// None: the job could not be started yet, because the server does not answer.
    job: Option<String>,
    backlog: Arc<Backlog>,
    cancelled: Arc<Notify>,
    /// The next report. It stays the same until the server has accepted it.
    batch: Batch,
    /// The number of its first line in the log of the job.
    line: u64,
    max_bytes: usize,
    /// Failed attempts in a row.
    failures: u32,
}

/// Why a report was not accepted.
enum Failure {
    /// The server may accept it later.
    Temporary(String),
    /// The server accepts no more reports about this job.
    JobEnded(String),
    /// The server counts the lines of the log differently.
    WrongLine,
    /// The report is too large.
    TooLarge,
    /// The server refuses this report, but may accept others.
    Refused(String),
}

impl Reporter {
    /// A reporter for a job, which `run` starts if `job` is `None`. Notifies `cancelled` if the job is cancelled.
    pub fn new(
        api: Client,
        request: JobRequest,
        job: Option<String>,
        backlog: Arc<Backlog>,
        cancelled: Arc<Notify>,
    ) -> Self {
        Self {
            api,
            request,
            failures: u32::from(job.is_none()),
            job,
            backlog,
            cancelled,
            batch: Batch::default(),
            line: 1,
            max_bytes: MAX_BYTES,
        }
    }

    /// Sends reports until the outcome was sent. Returns false if the server will not know the outcome.
    pub async fn run(mut self) -> bool {
        let timeout = Duration::from_secs(self.request.timeout.unwrap_or(60));
        let interval = MAX_INTERVAL.min(timeout / 3);
        let mut next_report = Instant::now();
        loop {
            self.collect(next_report).await;
            let is_last = self.batch.outcome.is_some();
            match self.send().await {
                Ok(()) if is_last => return true,
                Ok(()) if self.failures > 0 => {
                    self.failures = 0;
                    print_note("the server answers again; output is sent");
                }
                Ok(()) => {}
                Err(Failure::JobEnded(why)) => {
                    let note = "the command continues, but its output is no longer sent";
                    print_note(format_args!("{why}; {note}"));
                    return false;
                }
                Err(failure) => self.recover(failure).await,
            }
            next_report = Instant::now() + interval;
        }
    }

    /// Fills the next report. Waits for output until `deadline`, unless an earlier report must be sent first.
    async fn collect(&mut self, deadline: Instant) {
        if !self.batch.lines.is_empty() || self.batch.outcome.is_some() {
            return;
        }
        if self.failures == 0 {
            let changed = tokio::time::timeout_at(deadline, self.backlog.changed()).await;
            let end = Instant::now() + COLLECT_TIME;
            let mut more = changed.is_ok();
            while more && !self.backlog.is_finished() {
                let changed = tokio::time::timeout_at(end, self.backlog.changed()).await;
                more = changed.is_ok();
            }
        }
        let unsent_progress = self.batch.progress;
        self.batch = self.backlog.take(MAX_LINES, self.max_bytes);
        self.batch.progress = self.batch.progress.or(unsent_progress);
    }

    async fn send(&mut self) -> Result<(), Failure> {
        let id = match self.job.clone() {
            Some(id) => id,
            None => {
                let job = self.api.begin_job(&self.request).await?;
                print_job(&self.api, &job);
                self.job.insert(job.id).clone()
            }
        };
        let lines = self.batch.lines.len() as u64;
        let report = JobReport {
            step: self.batch.progress.map(|(step, _)| step),
            total: self.batch.progress.map(|(_, total)| total),
            message: (lines > 0).then(|| self.batch.lines.join("\n") + "\n"),
            line: (lines > 0).then_some(self.line),
            state: self.batch.outcome.as_ref().map(|outcome| outcome.state),
            retry: None,
        };
        let job = self.api.report_job(&id, &report).await?;
        self.line += lines;
        self.batch = Batch::default();
        if job.cancel_requested {
            self.cancelled.notify_one();
        }
        Ok(())
    }

    /// Prepares the next attempt after a failure.
    async fn recover(&mut self, failure: Failure) {
        match failure {
            Failure::TooLarge if self.batch.lines.len() > 1 => {
                self.max_bytes = (self.max_bytes / 2).max(1);
                let half = self.batch.lines.len() / 2;
                self.backlog.put_back(self.batch.lines.split_off(half));
                self.batch.outcome = None;
            }
            Failure::TooLarge => self.drop_output("a line is too large"),
            Failure::Refused(why) => self.drop_output(&why),
            Failure::WrongLine => self.read_line_number().await,
            Failure::Temporary(why) => {
                if self.failures == 0 {
                    let note = "the command continues, and its output is sent later";
                    print_note(format_args!("{why}; {note}"));
                }
                let wait = RETRY.0 * (1 << self.failures.min(5));
                self.failures += 1;
                tokio::time::sleep(wait.min(RETRY.1)).await;
            }
            Failure::JobEnded(_) => {}
        }
    }

    fn drop_output(&mut self, why: &str) {
        print_note(format_args!("the server refuses output: {why}"));
        self.batch.lines.clear();
        self.batch.progress = None;
    }

    /// Happens when the server was restored from an older copy, or when another program reports about the same job.
    async fn read_line_number(&mut self) {
        let Some(id) = &self.job else { return };
        match self.api.job(id).await {
            Ok(job) => self.line = job.log.last + 1,
            Err(_) => tokio::time::sleep(RETRY.0).await,
        }
    }
}

/// Prints the id of a job, and where it can be watched.
pub fn print_job(api: &Client, job: &JobInfo) {
    print_note(format_args!("job {}: {}", job.id, api.job_page(&job.id)));
}

/// Whether a later attempt may succeed.
pub fn is_temporary(error: &ApiError) -> bool {
    match error {
        ApiError::Problem(problem) => problem.status >= 500 || matches!(problem.status, 408 | 429),
        // A proxy may answer with a page of its own while the server is away.
        ApiError::Transport(_) | ApiError::Decode(_) => true,
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        let problem = match &error {
            ApiError::Problem(problem) if !is_temporary(&error) => problem,
            _ => return Self::Temporary(error.to_string()),
        };
        let why = describe(problem);
        match (problem.code.as_str(), problem.field.as_deref()) {
            ("job_ended" | "job_unknown" | "unauthorized" | "forbidden", _) => Self::JobEnded(why),
            ("message_too_large", _) => Self::TooLarge,
            ("invalid_field" | "line_ahead", Some("line")) => Self::WrongLine,
            _ => Self::Refused(why),
        }
    }
}
