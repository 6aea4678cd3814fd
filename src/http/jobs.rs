//! `/api/jobs`: jobs and their logs. Whoever has the id of a job may read it; everything else needs a right.

mod clear;
mod describe;
pub mod parse;
mod retry;
mod stats;
mod stream;

use std::sync::Arc;

use app::wire::{JobInfo, JobLogPage, JobReport, JobRequest, JobState, JobsPage};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

pub use clear::clear;
pub use describe::{describe, line};
pub use retry::retry;
pub use stats::stats;
pub use stream::stream;
// Made by utoipa for the description of the API.
pub use clear::__path_clear;
pub use retry::__path_retry;
pub use stats::__path_stats;
pub use stream::__path_stream;

use super::{
    AppState, Code, Error,
    access::Caller,
    audited::Doing,
    body::{JsonBody, Pairs, PathId},
    off_thread,
    openapi::{refuses, values},
    visible::Visible,
};
use crate::{
    job::{Job, Refused},
    jobs::BeginError,
    log::{JobCommandError, LineRange, Record},
};

/// The default number of jobs on a page.
const PAGE: u64 = 50;
/// The maximum number of jobs on a page.
const MAX_PAGE: u64 = 500;
/// The default number of lines on a page.
const LINES: u64 = 200;
/// The maximum number of lines on a page.
const MAX_LINES: u64 = 1_000;

refuses!(BeginRefusals: TooManyJobs; WRITE);
refuses!(ReportRefusals: NotFound, JobUnknown, JobEnded, JobTracked, StepOverTotal, LineAhead; WRITE);
refuses!(CancelRefusals: NotFound, JobUnknown, JobEnded; WRITE);
refuses!(ListRefusals: ; READ);
refuses!(ShowRefusals: NotFound, JobUnknown, ClusterUnavailable; READ);

/// Begin a job
///
/// A job is a long operation that can be watched. Its worker reports with `PATCH`. A job fails if its worker is silent
/// for longer than `timeout` seconds (300 by default); the time starts again when the server restarts. Whoever has the
/// id can watch the job at `/jobs/{id}`.
#[utoipa::path(
    post, path = "/api/jobs", tag = "jobs", request_body = JobRequest,
    responses(
        (
            status = 201, description = "Created, durably", body = JobInfo,
            headers(("Location" = String, description = "The path of the job")),
        ),
        BeginRefusals,
    ),
)]
pub async fn begin(
    State(state): State<AppState>,
    doing: Doing,
    JsonBody(request): JsonBody<JobRequest>,
) -> Result<Response, Error> {
    doing.action("job.begin");
    let new = parse::new_job(&request, &state.live.load().limits)?;
    let job = state.jobs.begin(new).await?;
    doing.to_job(job.id);
    let location = format!("/api/jobs/{}", job.id);
    let info = Json(describe(&job, state.broker.log().openings()));
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], info).into_response())
}

/// Report on a job
///
/// Sends what is new. An empty report only says that the worker is alive. The response is the new state of the job; see
/// `cancel_requested`. After the end of the job reports are refused (`job_ended`), except a repetition of the report
/// that ended it.
#[utoipa::path(
    patch, path = "/api/jobs/{id}", tag = "jobs", request_body = JobReport,
    params(("id" = values::JobId, Path, description = "The id of the job")),
    responses((status = 200, description = "Recorded, durably", body = JobInfo), ReportRefusals),
)]
pub async fn report(
    State(state): State<AppState>,
    doing: Doing,
    PathId(id): PathId,
    JsonBody(report): JsonBody<JobReport>,
) -> Result<Json<JobInfo>, Error> {
    let id = parse::id(&id)?;
    doing.action("job.report");
    doing.to_job(id);
    let report = parse::report(report, &state.live.load().limits)?;
    let job = state.jobs.report(id, report).await?;
    Ok(Json(describe(&job, state.broker.log().openings())))
}

/// Ask a job to stop
///
/// The worker sees `cancel_requested` in the response to its next report, and reports when it has stopped. A job that
/// tracks a push ends at once; the push itself is still delivered.
#[utoipa::path(
    delete, path = "/api/jobs/{id}", tag = "jobs",
    params(("id" = values::JobId, Path, description = "The id of the job")),
    responses((status = 200, description = "Requested, durably", body = JobInfo), CancelRefusals),
)]
pub async fn cancel(
    State(state): State<AppState>,
    doing: Doing,
    PathId(id): PathId,
) -> Result<Json<JobInfo>, Error> {
    let id = parse::id(&id)?;
    doing.action("job.cancel");
    doing.to_job(id);
    let job = state.jobs.cancel(id).await?;
    Ok(Json(describe(&job, state.broker.log().openings())))
}

/// List jobs
///
/// One page, newest first; `next` of one page is `before` of the following. A caller that may read only some clients and
/// topics gets the jobs that track pushes to them.
#[utoipa::path(
    get, path = "/api/jobs", tag = "jobs",
    params(
        ("state" = Option<JobState>, Query, description = "Only jobs in this state"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 500, description = "Jobs on one page; 50 by default"),
        ("before" = Option<values::Number>, Query, description = "Only jobs before this one: `next` of the previous page"),
        ("q" = Option<String>, Query, description = "Only those of the newest 10,000 jobs whose title contains this text, or whose id begins with it"),
    ),
    responses((status = 200, description = "One page", body = JobsPage), ListRefusals),
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    pairs: Pairs,
) -> Result<Json<JobsPage>, Error> {
    let limit = pairs.page_limit(PAGE, MAX_PAGE, "jobs")?;
    let before = pairs.number("before")?;
    let wanted = pairs.get("state").map(parse::state).transpose()?;
    let text = pairs.get("q").map(str::to_owned);
    let (jobs, broker) = (Arc::clone(&state.jobs), Arc::clone(&state.broker));
    let visible = Visible::from(&caller);
    let page = off_thread(move || {
        let mut page = jobs.page(wanted, text.as_deref(), before, limit)?;
        if !visible.is_everything() {
            // Whoever has the id of a job may watch it, so the ids of others are not shown.
            let audience = |seq| broker.log().message(seq).ok().flatten();
            let sees = |record: Record| visible.audience(&record.message.audience);
            let push = |job: &Job| job.push.and_then(audience);
            page.jobs.retain(|job| push(job).is_some_and(sees));
        }
        Ok::<_, Error>(page)
    })
    .await?;
    let openings = state.broker.log().openings();
    Ok(Json(JobsPage {
        jobs: page
            .jobs
            .iter()
            .map(|job| describe(job, openings))
            .collect(),
        next: page.next.map(|number| number.to_string()),
    }))
}

/// One job
#[utoipa::path(
    get, path = "/api/jobs/{id}", tag = "jobs",
    params(("id" = values::JobId, Path, description = "The id of the job. No token is needed")),
    responses((status = 200, description = "The job", body = JobInfo), ShowRefusals),
)]
pub async fn show(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<JobInfo>, Error> {
    let id = parse::id(&id)?;
    let look = || {
        let jobs = Arc::clone(&state.jobs);
        off_thread(move || jobs.job(id))
    };
    let job = state.broker.find(look).await?;
    let job = job.ok_or(Refused::Unknown(id))?;
    Ok(Json(describe(&job, state.broker.log().openings())))
}

/// Show the log of a job
///
/// One page, in order: the lines after a line, or the last lines before one. A page of long lines may have fewer lines.
/// The newest 100,000 lines are kept.
#[utoipa::path(
    get, path = "/api/jobs/{id}/log", tag = "jobs",
    params(
        ("id" = values::JobId, Path, description = "The id of the job. No token is needed"),
        ("after" = Option<values::Number>, Query, description = "Only lines after this one; 0 by default"),
        ("before" = Option<values::Number>, Query, description = "Only lines before this one, the last of them. Can't be combined with `after`"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "Lines on one page; 200 by default"),
    ),
    responses((status = 200, description = "One page", body = JobLogPage), ShowRefusals),
)]
pub async fn log(
    State(state): State<AppState>,
    PathId(id): PathId,
    pairs: Pairs,
) -> Result<Json<JobLogPage>, Error> {
    let id = parse::id(&id)?;
    let limit = pairs.page_limit(LINES, MAX_LINES, "lines")?;
    let range = match (pairs.number("after")?, pairs.number("before")?) {
        (Some(_), Some(_)) => return Err(Error::invalid("before", "can't be combined with after")),
        (None, Some(before)) => LineRange::Before(before),
        (after, None) => LineRange::After(after.unwrap_or_default()),
    };
    let look = || {
        let jobs = Arc::clone(&state.jobs);
        off_thread(move || jobs.lines(id, range, limit))
    };
    let page = state.broker.find(look).await?;
    let page = page.ok_or(Refused::Unknown(id))?;
    Ok(Json(describe::page(&page, range)))
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        let text = refused.to_string();
        match refused {
            Refused::Unknown(_) => Self::new(Code::JobUnknown, text).field("id"),
            Refused::Ended => Self::new(Code::JobEnded, text),
            Refused::Tracked => Self::new(Code::JobTracked, text),
            Refused::StepOverTotal {
                said_step: true, ..
            } => Self::new(Code::StepOverTotal, text).field("step"),
            Refused::StepOverTotal { .. } => Self::new(Code::StepOverTotal, text).field("total"),
            Refused::NotRetried(_) => Self::new(Code::JobNotRetried, text),
            Refused::LineAhead { .. } => Self::new(Code::LineAhead, text).field("line"),
        }
    }
}

impl From<JobCommandError> for Error {
    fn from(error: JobCommandError) -> Self {
        match error {
            JobCommandError::Refused(refused) => refused.into(),
            JobCommandError::Log(error) => error.into(),
        }
    }
}

impl From<BeginError> for Error {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::TooMany => Self::new(Code::TooManyJobs, error.to_string()).retry_after(5),
            BeginError::Order(error) => error.into(),
        }
    }
}
