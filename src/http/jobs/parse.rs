//! Parses requests about jobs. Afterwards only what depends on the state of the job is checked.

use std::time::Duration;

use app::wire::{JobReport, JobRequest, JobState, PushRequest, values::MAX_TIMEOUT};

use crate::{
    config::Limits,
    http::{Code, Error, push},
    job::{self, JobId, Lines, MAX_NUMBER, NewJob, Report, Retry, Title},
    registry,
};

/// The default timeout: for how many seconds a worker may be silent.
const TIMEOUT: u64 = 300;

/// The id of a job in a path. A text that is not an id is an unknown job.
pub fn id(text: &str) -> Result<JobId, Error> {
    JobId::parse(text).ok_or_else(|| {
        let detail = format!("there is no job {text:?}: a job's id is a UUID");
        Error::new(Code::JobUnknown, detail).field("id")
    })
}

/// A new job.
pub fn new_job(request: &JobRequest, limits: &Limits) -> Result<NewJob, Error> {
    let timeout = request.timeout.unwrap_or(TIMEOUT);
    if !(1..=MAX_TIMEOUT).contains(&timeout) {
        let why = format!("a worker may be silent for 1 to {MAX_TIMEOUT} seconds");
        return Err(Error::invalid("timeout", why));
    }
    Ok(NewJob {
        id: JobId::random(),
        title: Title::parse(&request.title).map_err(|why| Error::invalid("title", why))?,
        total: total("steps", request.steps)?,
        timeout: Duration::from_secs(timeout),
        retry: retry(request.retry.as_deref(), limits)?,
    })
}

fn total(field: &str, total: Option<u64>) -> Result<Option<u64>, Error> {
    match total.is_none_or(|total| (1..=MAX_NUMBER).contains(&total)) {
        true => Ok(total),
        false => Err(Error::invalid(field, format!("must be 1 to {MAX_NUMBER}"))),
    }
}

/// A report of a worker.
pub fn report(report: JobReport, limits: &Limits) -> Result<Report, Error> {
    if report.step.is_some_and(|step| step > MAX_NUMBER) {
        return Err(Error::invalid("step", format!("must be 0 to {MAX_NUMBER}")));
    }
    let lines = match report.message.as_deref() {
        Some(message) => Lines::parse(message).map_err(|why| Error::invalid("message", why))?,
        None => Lines::default(),
    };
    match report.line {
        Some(line) if !(1..=MAX_NUMBER).contains(&line) => {
            return Err(Error::invalid("line", format!("must be 1 to {MAX_NUMBER}")));
        }
        Some(_) if report.message.is_none() => {
            let why = "is the number of the first line of message, and there is no message";
            return Err(Error::invalid("line", why));
        }
        _ => {}
    }
    Ok(Report {
        step: report.step,
        total: total("total", report.total)?,
        lines,
        line: report.line,
        state: report.state.map(state_of),
        retry: retry(report.retry.as_deref(), limits)?,
    })
}

/// The push that tries a job again. It is checked again when it is pushed, with the limits of then.
fn retry(push: Option<&PushRequest>, limits: &Limits) -> Result<Option<Retry>, Error> {
    let Some(push) = push else { return Ok(None) };
    push::check(push, registry::now(), limits).map_err(|error| error.within("retry"))?;
    let json = serde_json::to_string(push).map_err(|why| Error::invalid("retry", why))?;
    let retry = Retry::parse(&json).map_err(|why| Error::invalid("retry", why))?;
    Ok(Some(retry))
}

fn state_of(state: JobState) -> job::State {
    match state {
        JobState::Running => job::State::Running,
        JobState::Done => job::State::Done,
        JobState::Failed => job::State::Failed,
        JobState::Cancelled => job::State::Cancelled,
    }
}

/// States in which jobs have ended: the name of one, or `ended`.
pub fn ended(text: &str) -> Result<&'static [job::State], Error> {
    use job::State::{Cancelled, Done, Failed};
    match text {
        "done" => Ok(&[Done]),
        "failed" => Ok(&[Failed]),
        "cancelled" => Ok(&[Cancelled]),
        "ended" => Ok(&[Done, Failed, Cancelled]),
        _ => Err(Error::invalid(
            "state",
            "must be done, failed, cancelled or ended",
        )),
    }
}

/// A state as the filter of a list.
pub fn state(text: &str) -> Result<job::State, Error> {
    let named = JobState::ALL.iter().find(|(_, name)| *name == text);
    match named {
        Some((state, _)) => Ok(state_of(*state)),
        None => Err(Error::invalid(
            "state",
            "must be running, done, failed or cancelled",
        )),
    }
}
