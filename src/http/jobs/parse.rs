//! What comes in about jobs, parsed. Past this nothing is checked again but what depends on the job.

use std::time::Duration;

use app::wire::{JobReport, JobRequest, JobState};

use crate::{
    http::{Code, Error},
    job::{self, JobId, Lines, MAX_NUMBER, NewJob, Report, Title},
};

/// Seconds for which a worker may be silent, unless the request says otherwise.
const TIMEOUT: u64 = 300;
/// The most it may say: a day.
const MAX_TIMEOUT: u64 = 24 * 3600;

/// The name of a job in a path. What is none names no job.
pub fn id(text: &str) -> Result<JobId, Error> {
    JobId::parse(text).ok_or_else(|| {
        let detail = format!("there is no job {text:?}: a job's id is a UUID");
        Error::new(Code::JobUnknown, detail).field("id")
    })
}

/// A job that is to begin.
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
        false => Err(Error::invalid(field, format!("1 to {MAX_NUMBER} steps"))),
    }
}

/// What a worker says.
pub fn report(report: JobReport) -> Result<Report, Error> {
    if report.step.is_some_and(|step| step > MAX_NUMBER) {
        return Err(Error::invalid("step", format!("0 to {MAX_NUMBER} steps")));
    }
    let lines = match report.message.as_deref() {
        Some(message) => Lines::parse(message).map_err(|why| Error::invalid("message", why))?,
        None => Lines::default(),
    };
    match report.line {
        Some(0) => return Err(Error::invalid("line", "lines are numbered from 1")),
        Some(_) if report.message.is_none() => {
            let why = "it is the number of the message's first line, and there is no message";
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

/// A state that a list is to be of.
pub fn state(text: &str) -> Result<job::State, Error> {
    let named = JobState::ALL.iter().find(|(_, name)| *name == text);
    match named {
        Some((state, _)) => Ok(state_of(*state)),
        None => Err(Error::invalid(
            "state",
            "running, done, failed or cancelled",
        )),
    }
}
