//! The fields of commands to jobs, as CBOR.

use std::time::Duration;

use minicbor::{Decode, Encode, bytes::ByteArray, decode::Error};

use crate::job::{
    Conclusion, JobCommand, JobId, Lines, NewJob, Reason, Report, Retry, State, Title,
};
use crate::log::{job_rows::code, options::milliseconds};
use crate::message::Receipts;

/// The id of a job.
pub(super) type Id = ByteArray<16>;

/// A [`JobCommand`].
#[derive(Encode, Decode)]
pub(super) enum WireCommand<'b> {
    #[n(0)]
    Begin(#[b(0)] WireNewJob<'b>),
    #[n(1)]
    Report(#[b(0)] WireReport<'b>),
    #[n(2)]
    Cancel(#[n(0)] Id),
    #[n(3)]
    TimeOut(#[n(0)] Id),
    #[n(4)]
    Finish(#[n(0)] WireConclusion),
}

#[derive(Encode, Decode)]
pub(super) struct WireNewJob<'b> {
    #[n(0)]
    id: Id,
    #[b(1)]
    title: &'b str,
    #[n(2)]
    total: Option<u64>,
    /// In milliseconds.
    #[n(3)]
    timeout: u64,
    /// A push, as JSON. Since version 7 of records.
    #[b(4)]
    retry: Option<&'b str>,
}

#[derive(Encode, Decode)]
pub(super) struct WireReport<'b> {
    #[n(0)]
    id: Id,
    #[n(1)]
    step: Option<u64>,
    #[n(2)]
    total: Option<u64>,
    #[n(3)]
    state: Option<usize>,
    #[n(4)]
    line: Option<u64>,
    #[b(5)]
    lines: Vec<&'b str>,
    /// A push, as JSON. Since version 7 of records.
    #[b(6)]
    retry: Option<&'b str>,
}

#[derive(Encode, Decode)]
pub(super) struct WireConclusion {
    #[n(0)]
    id: Id,
    #[n(1)]
    state: usize,
    #[n(2)]
    reason: Option<usize>,
    #[n(3)]
    updated_at: u64,
    /// Audience, sent, acknowledged, waiting, expired and recalled.
    #[n(4)]
    delivery: [u64; 6],
}

impl<'b> WireCommand<'b> {
    pub fn of(command: &'b JobCommand) -> Self {
        match command {
            JobCommand::Begin(new) => Self::Begin(WireNewJob {
                id: bytes(new.id),
                title: new.title.text(),
                total: new.total,
                timeout: milliseconds(new.timeout),
                retry: new.retry.as_ref().map(Retry::json),
            }),
            JobCommand::Report(id, report) => Self::Report(WireReport {
                id: bytes(*id),
                step: report.step,
                total: report.total,
                state: report.state.and_then(|state| code(&State::ALL, &state)),
                line: report.line,
                lines: report.lines.as_slice().iter().map(|line| &**line).collect(),
                retry: report.retry.as_ref().map(Retry::json),
            }),
            JobCommand::Cancel(id) => Self::Cancel(bytes(*id)),
            JobCommand::TimeOut(id) => Self::TimeOut(bytes(*id)),
            JobCommand::Finish(id, conclusion) => Self::Finish(WireConclusion::of(*id, conclusion)),
        }
    }

    pub fn parse(self) -> Result<JobCommand, Error> {
        Ok(match self {
            Self::Begin(new) => JobCommand::Begin(NewJob {
                id: id(new.id),
                title: Title::parse(new.title).map_err(Error::custom)?,
                total: new.total,
                timeout: Duration::from_millis(new.timeout),
                retry: new.retry.map(retry).transpose()?,
            }),
            Self::Report(report) => report.parse()?,
            Self::Cancel(job) => JobCommand::Cancel(id(job)),
            Self::TimeOut(job) => JobCommand::TimeOut(id(job)),
            Self::Finish(conclusion) => conclusion.parse()?,
        })
    }
}

impl WireReport<'_> {
    fn parse(self) -> Result<JobCommand, Error> {
        let lines = match self.lines.is_empty() {
            true => Ok(Lines::default()),
            // A line end after the last line is ignored, so that the last line may be empty.
            false => Lines::parse(&(self.lines.join("\n") + "\n")),
        };
        let report = Report {
            step: self.step,
            total: self.total,
            lines: lines.map_err(Error::custom)?,
            line: self.line,
            state: self
                .state
                .map(|code| coded(&State::ALL, code))
                .transpose()?,
            retry: self.retry.map(retry).transpose()?,
        };
        Ok(JobCommand::Report(id(self.id), report))
    }
}

impl WireConclusion {
    fn of(job: JobId, conclusion: &Conclusion) -> Self {
        Self {
            id: bytes(job),
            state: code(&State::ALL, &conclusion.state).unwrap_or_default(),
            reason: conclusion
                .reason
                .and_then(|reason| code(&Reason::ALL, &reason)),
            updated_at: conclusion.updated_at,
            delivery: conclusion.delivery.to_counts(),
        }
    }

    fn parse(self) -> Result<JobCommand, Error> {
        let reason = self.reason.map(|code| coded(&Reason::ALL, code));
        let conclusion = Conclusion {
            state: coded(&State::ALL, self.state)?,
            reason: reason.transpose()?,
            delivery: Receipts::from_counts(self.delivery),
            updated_at: self.updated_at,
        };
        Ok(JobCommand::Finish(id(self.id), conclusion))
    }
}

pub(super) fn bytes(id: JobId) -> Id {
    id.to_bytes().into()
}

pub(super) fn id(bytes: Id) -> JobId {
    JobId::from_bytes(bytes.into())
}

fn retry(json: &str) -> Result<Retry, Error> {
    Retry::parse(json).map_err(Error::custom)
}

fn coded<T: Copy>(all: &[T], code: usize) -> Result<T, Error> {
    let found = all.get(code).copied();
    found.ok_or_else(|| Error::message("a state or a reason that is not known"))
}
