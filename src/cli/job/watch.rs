//! `tidings job watch`.

use std::{
    io::{self, IsTerminal, Write},
    ops::ControlFlow,
    process::ExitCode,
};

use app::{
    api::encoded,
    event_parser::Event,
    wire::{EVENT_END, EVENT_LOG, EVENT_STATE, JobInfo, JobLine, JobReason, JobState},
};
use clap::Args;

use crate::cli::{arguments::Remote, stderr::print_note, stream::Stream};

/// The job to watch.
#[derive(Args)]
pub struct Watch {
    /// Id of the job. Whoever knows it needs no token.
    #[arg(value_name = "ID")]
    id: String,

    #[command(flatten)]
    remote: Remote,
}

/// Prints the log of a job until the job ends.
pub async fn run(watch: Watch) -> anyhow::Result<ExitCode> {
    let path = format!("/sse/jobs/{}", encoded(&watch.id));
    let stream = Stream::new(&watch.remote, &path, &[])?;
    let ended = stream.follow(show).await?;
    Ok(ended.map_or(ExitCode::SUCCESS, |job| exit_code(&job)))
}

fn show(event: &Event) -> io::Result<ControlFlow<JobInfo>> {
    match event.event.as_str() {
        EVENT_LOG => print_lines(event)?,
        EVENT_STATE => print_progress(event)?,
        EVENT_END => {
            if let Ok(job) = serde_json::from_str(&event.data) {
                return Ok(ControlFlow::Break(job));
            }
        }
        _ => {}
    }
    Ok(ControlFlow::Continue(()))
}

fn print_lines(event: &Event) -> io::Result<()> {
    let lines: Vec<JobLine> = serde_json::from_str(&event.data).unwrap_or_default();
    let mut out = io::stdout().lock();
    for line in lines {
        writeln!(out, "{}", line.text)?;
    }
    out.flush()
}

/// Prints the progress on a line that the next one overwrites. Only on a terminal.
fn print_progress(event: &Event) -> io::Result<()> {
    let mut err = io::stderr().lock();
    if err.is_terminal()
        && let Ok(job) = serde_json::from_str::<JobInfo>(&event.data)
        && let Some(total) = job.total
    {
        write!(err, "\r\u{1b}[K{}: {}/{total}\r", job.title, job.step)?;
        err.flush()?;
    }
    Ok(())
}

fn exit_code(job: &JobInfo) -> ExitCode {
    let reason = match job.reason {
        Some(JobReason::Timeout) => ": its worker sent no report in time",
        Some(JobReason::Expired) => ": the message expired before all clients had it",
        Some(JobReason::Recalled) => ": the message was recalled",
        Some(JobReason::Pruned) => ": the message was deleted by retention",
        None => "",
    };
    print_note(format_args!("{}{reason}", job.state.name()));
    match job.state {
        JobState::Done => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
