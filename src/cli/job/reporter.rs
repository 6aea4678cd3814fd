//! Tells the server what the command says: a few times a second at most, and now and then something even when
//! there is nothing, so that silence is not taken for death.

use std::{sync::Arc, time::Duration};

use app::{
    api::{ApiError, Client},
    wire::{JobInfo, JobReport, JobRequest, Problem},
};
use tokio::{sync::Notify, time::Instant};

use super::backlog::{Backlog, Batch};
use crate::cli::problem::describe;

/// Between two reports.
const PACE: Duration = Duration::from_millis(300);
/// The longest without a report: so late is it known that the job is to stop.
const BEAT: Duration = Duration::from_secs(2);
/// Between two tries while the server does not answer.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));
/// Lines in one report: what a server takes.
const LINES: usize = 1_000;
/// Their bytes: well below what a server takes as one body.
const BYTES: usize = 64 << 10;

/// See the module's description.
pub struct Reporter {
    api: Client,
    request: JobRequest,
    /// None: the server could not be asked to begin it yet.
    job: Option<String>,
    backlog: Arc<Backlog>,
    cancelled: Arc<Notify>,
    /// What is to be told next. It stays the same until it is known to have arrived.
    batch: Batch,
    /// The number in the log that its first line gets.
    line: u64,
    bytes: usize,
    /// Tries that have failed, one after the other.
    failures: u32,
}

/// Why a report was not taken.
enum Trouble {
    /// The server may take it later.
    Later(String),
    /// It will take no more of this job.
    Over(String),
    /// It has another count of the lines than we.
    OutOfStep,
    /// It is too much at once.
    TooLarge,
    /// It does not take this, and may take other.
    Refused(String),
}

impl Reporter {
    /// Tells what is in the backlog, of a job that was begun or is to be. `cancelled` is told when somebody
    /// wants the command to stop.
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
            bytes: BYTES,
        }
    }

    /// Tells everything up to the end. False: the server will not know how it ended.
    pub async fn run(mut self) -> bool {
        let third = Duration::from_secs(self.request.timeout.unwrap_or(60)) / 3;
        let mut next_beat = Instant::now();
        loop {
            if self.failures == 0 && self.is_empty() {
                tokio::select! {
                    () = self.backlog.news() => self.gather().await,
                    () = tokio::time::sleep_until(next_beat) => {}
                }
            }
            self.refill();
            let last = self.batch.outcome.is_some();
            match self.tell().await {
                Ok(()) if last => return true,
                Ok(()) => self.answered(),
                Err(Trouble::Over(why)) => {
                    eprintln!("tidings: {why}; the command goes on, but nobody is told");
                    return false;
                }
                Err(trouble) => self.bear(trouble).await,
            }
            next_beat = Instant::now() + BEAT.min(third);
        }
    }

    /// Lets more come together, unless it was the end.
    async fn gather(&self) {
        let deadline = Instant::now() + PACE;
        while !self.backlog.is_finished() {
            tokio::select! {
                () = self.backlog.news() => {}
                () = tokio::time::sleep_until(deadline) => return,
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.batch.lines.is_empty() && self.batch.outcome.is_none()
    }

    /// Takes more to tell, once what was to be told has arrived; how far it is may always be newer.
    fn refill(&mut self) {
        if self.is_empty() {
            let before = self.batch.progress;
            self.batch = self.backlog.batch(LINES, self.bytes);
            self.batch.progress = self.batch.progress.or(before);
        }
    }

    async fn tell(&mut self) -> Result<(), Trouble> {
        let id = match self.job.clone() {
            Some(id) => id,
            None => self.begin().await?,
        };
        let told = self.batch.lines.len() as u64;
        let report = JobReport {
            step: self.batch.progress.map(|(step, _)| step),
            total: self.batch.progress.map(|(_, total)| total),
            message: (told > 0).then(|| self.batch.lines.join("\n") + "\n"),
            line: (told > 0).then_some(self.line),
            state: self.batch.outcome.as_ref().map(|outcome| outcome.state),
        };
        let job = self.api.report_job(&id, &report).await.map_err(trouble)?;
        self.line += told;
        self.batch = Batch::default();
        if job.cancel_requested {
            self.cancelled.notify_one();
        }
        Ok(())
    }

    async fn begin(&mut self) -> Result<String, Trouble> {
        let job = self.api.begin_job(&self.request).await.map_err(trouble)?;
        announce(&self.api, &job);
        self.job = Some(job.id.clone());
        Ok(job.id)
    }

    fn answered(&mut self) {
        if std::mem::take(&mut self.failures) > 0 {
            eprintln!("tidings: the server answers again, and has been told");
        }
    }

    async fn bear(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::OutOfStep => self.count_again().await,
            Trouble::TooLarge if self.batch.lines.len() > 1 => {
                self.bytes = (self.bytes / 2).max(1);
                let half = self.batch.lines.len() / 2;
                // What is left out now goes with the next.
                let rest = self.batch.lines.split_off(half);
                self.backlog.give_back(rest);
                self.batch.outcome = None;
            }
            Trouble::TooLarge => self.drop_batch("it is too large"),
            Trouble::Refused(why) => self.drop_batch(&why),
            Trouble::Later(why) => {
                if self.failures == 0 {
                    eprintln!(
                        "tidings: {why}; the command goes on, and what it says is kept to be told later"
                    );
                }
                let wait = RETRY.0 * (1 << self.failures.min(5));
                self.failures += 1;
                tokio::time::sleep(wait.min(RETRY.1)).await;
            }
            Trouble::Over(_) => {}
        }
    }

    fn drop_batch(&mut self, why: &str) {
        eprintln!("tidings: the server does not take what the command said: {why}");
        let outcome = self.batch.outcome.take();
        self.batch = Batch {
            outcome,
            ..Batch::default()
        };
    }

    /// The server was put back to an older copy, or somebody else writes into the same log.
    async fn count_again(&mut self) {
        let Some(id) = &self.job else { return };
        match self.api.job(id).await {
            Ok(job) => self.line = job.log.last + 1,
            Err(_) => tokio::time::sleep(RETRY.0).await,
        }
    }
}

/// Says where one may look on.
pub fn announce(api: &Client, job: &JobInfo) {
    eprintln!("tidings: job {}: {}", job.id, api.job_page(&job.id));
}

/// Whether trying again later may help.
pub fn is_passing(error: &ApiError) -> bool {
    match error {
        ApiError::Transport(_) => true,
        ApiError::Problem(problem) => problem.status >= 500 || matches!(problem.status, 408 | 429),
        // What stands between may answer with a page of its own while the server is away.
        ApiError::Decode(_) => true,
    }
}

fn trouble(error: ApiError) -> Trouble {
    let why = error.to_string();
    if is_passing(&error) {
        return Trouble::Later(why);
    }
    match &error {
        ApiError::Problem(problem) => trouble_of(problem),
        _ => Trouble::Later(why),
    }
}

fn trouble_of(problem: &Problem) -> Trouble {
    let why = describe(problem);
    match (problem.code.as_str(), problem.field.as_deref()) {
        ("job_ended" | "job_unknown" | "unauthorized" | "forbidden", _) => Trouble::Over(why),
        ("message_too_large", _) => Trouble::TooLarge,
        ("invalid_field", Some("line")) => Trouble::OutOfStep,
        _ => Trouble::Refused(why),
    }
}
