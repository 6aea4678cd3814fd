//! Parses requests about jobs. Afterwards only what depends on the state of the job is checked.

use std::time::Duration;

use app::wire::{JobReport, JobRequest, JobState, values::MAX_TIMEOUT};

use crate::{
    http::{Code, Error},
    job::{self, JobId, Lines, MAX_NUMBER, NewJob, Report, Title},
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
pub fn new_job(request: &JobRequest) -> Result<NewJob, Error> {
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
    })
}

fn total(field: &str, total: Option<u64>) -> Result<Option<u64>, Error> {
    match total.is_none_or(|total| (1..=MAX_NUMBER).contains(&total)) {
        true => Ok(total),
        false => Err(Error::invalid(field, format!("must be 1 to {MAX_NUMBER}"))),
    }
}

/// A report of a worker.
pub fn report(report: JobReport) -> Result<Report, Error> {
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
    })
}

fn state_of(state: JobState) -> job::State {
    match state {
        JobState::Running => job::State::Running,
        JobState::Done => job::State::Done,
        JobState::Failed => job::State::Failed,
        JobState::Cancelled => job::State::Cancelled,
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
