//! Jobs: begin, report, view, cancel.

use super::{ApiError, Client, JobsQuery, encoded, to_json};
use crate::wire::{
    ClearedJobs, JobInfo, JobLogPage, JobReport, JobRequest, JobStats, JobsPage, PushAnswer,
};

/// Which lines of a job's log to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogRange {
    /// The lines after this one.
    After(u64),
    /// The last lines before this one.
    Before(u64),
}

impl Client {
    /// Begins a job.
    pub async fn begin_job(&self, job: &JobRequest) -> Result<JobInfo, ApiError> {
        self.call("POST", "/api/jobs", Some(to_json(job)?)).await
    }

    /// Reports progress of a job. Returns the state of the job afterwards.
    pub async fn report_job(&self, id: &str, report: &JobReport) -> Result<JobInfo, ApiError> {
        let body = to_json(report)?;
        self.call("PATCH", &job_path(id), Some(body)).await
    }

    /// Requests cancellation of a job. Its worker decides whether and when it stops.
    pub async fn cancel_job(&self, id: &str) -> Result<JobInfo, ApiError> {
        self.call("DELETE", &job_path(id), None).await
    }

    /// Pushes what tries a job again.
    pub async fn retry_job(&self, id: &str) -> Result<PushAnswer, ApiError> {
        let path = format!("{}/retry", job_path(id));
        self.call("POST", &path, None).await
    }

    /// Removes jobs that ended in this state, or in any (`ended`).
    pub async fn clear_jobs(&self, state: &str) -> Result<ClearedJobs, ApiError> {
        let path = format!("/api/jobs?state={}", encoded(state));
        self.call("DELETE", &path, None).await
    }

    /// How many jobs there are, and what became of those of the last hour.
    pub async fn job_stats(&self) -> Result<JobStats, ApiError> {
        self.call("GET", "/api/jobs/stats", None).await
    }

    /// The current state of a job.
    pub async fn job(&self, id: &str) -> Result<JobInfo, ApiError> {
        self.call("GET", &job_path(id), None).await
    }

    /// The URL of the page of a job.
    pub fn job_page(&self, id: &str) -> String {
        format!("{}/jobs/{}", self.base, encoded(id))
    }

    /// One page of jobs, newest first.
    pub async fn jobs(&self, query: &JobsQuery) -> Result<JobsPage, ApiError> {
        self.call("GET", &query.path(), None).await
    }

    /// One page of the log of a job, at most `limit` lines.
    pub async fn job_log(
        &self,
        id: &str,
        range: LogRange,
        limit: u32,
    ) -> Result<JobLogPage, ApiError> {
        let (name, line) = match range {
            LogRange::After(line) => ("after", line),
            LogRange::Before(line) => ("before", line),
        };
        let path = format!("{}/log?{name}={line}&limit={limit}", job_path(id));
        self.call("GET", &path, None).await
    }
}

fn job_path(id: &str) -> String {
    format!("/api/jobs/{}", encoded(id))
}
