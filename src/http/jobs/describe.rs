//! Converts jobs to the JSON of the API.

use app::wire::{JobInfo, JobLine, JobLogExtent, JobLogPage, JobReason, JobState};

use crate::{
    job::{Extent, Job, Line, Reason, State},
    log::{LinePage, LineRange, Openings},
};

/// A job. The openings of the log are needed for the cursor of a tracked push.
pub fn describe(job: &Job, openings: &Openings) -> JobInfo {
    JobInfo {
        id: job.id.to_string(),
        title: job.title.to_string(),
        state: state(job.state),
        reason: job.reason.map(reason),
        step: job.step,
        total: job.total,
        message: job.message.as_deref().map(str::to_owned),
        cancel_requested: job.cancel_requested,
        timeout: job.timeout.map(|timeout| timeout.as_secs()),
        created_at: job.created_at,
        updated_at: job.updated_at,
        ended_at: job.ended_at,
        log: extent(job.log),
        push: job.push.map(|seq| openings.cursor(seq).to_string()),
        delivery: job.delivery.map(Into::into),
        retry: job.has_retry,
    }
}

/// One line of a job's log.
pub fn line(line: &Line) -> JobLine {
    JobLine {
        line: line.number,
        at: line.at,
        text: line.text.to_string(),
    }
}

/// One page of a job's log.
pub fn page(page: &LinePage, range: LineRange) -> JobLogPage {
    let next = match range {
        LineRange::After(_) => {
            let last = page.lines.last().map(|line| line.number);
            last.filter(|last| *last < page.log.last)
        }
        LineRange::Before(_) => {
            let first = page.lines.first().map(|line| line.number);
            first.filter(|first| *first > page.log.first)
        }
    };
    JobLogPage {
        lines: page.lines.iter().map(line).collect(),
        log: extent(page.log),
        next,
    }
}

fn extent(extent: Extent) -> JobLogExtent {
    JobLogExtent {
        first: extent.first,
        last: extent.last,
    }
}

/// A state.
pub fn state(state: State) -> JobState {
    match state {
        State::Running => JobState::Running,
        State::Done => JobState::Done,
        State::Failed => JobState::Failed,
        State::Cancelled => JobState::Cancelled,
    }
}

fn reason(reason: Reason) -> JobReason {
    match reason {
        Reason::Timeout => JobReason::Timeout,
        Reason::Expired => JobReason::Expired,
        Reason::Pruned => JobReason::Pruned,
        Reason::Recalled => JobReason::Recalled,
    }
}
