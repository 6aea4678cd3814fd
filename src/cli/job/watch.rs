//! `tidings job watch`.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

use app::{
    api::encoded,
    event_parser::Event,
    wire::{EVENT_END, EVENT_LOG, EVENT_STATE, JobInfo, JobLine, JobReason, JobState, Reconnect},
};

use clap::Args;

use crate::cli::{
    arguments::Remote,
    stream::{Ended, Stream},
    tail::back_off,
};

/// Which job.
#[derive(Args)]
pub struct Watch {
    /// The job's id. Who has it needs no token.
    #[arg(value_name = "ID")]
    id: String,

    #[command(flatten)]
    remote: Remote,
}

/// Prints the log of a job until it has ended.
pub async fn run(watch: Watch) -> anyhow::Result<ExitCode> {
    let path = format!("/sse/jobs/{}", encoded(&watch.id));
    let token = watch.remote.token()?;
    let mut stream = Stream::new(&watch.remote.url, &path, &[], token)?;
    let mut failures = 0;
    loop {
        let (mut end, mut asked) = (None, None);
        let ended = stream
            .read(async |_, event| {
                failures = 0;
                match event.event.as_str() {
                    EVENT_LOG => print_lines(event)?,
                    EVENT_STATE => print_state(event)?,
                    EVENT_END => end = serde_json::from_str::<JobInfo>(&event.data).ok(),
                    "reconnect" => asked = wait_of(event),
                    _ => {}
                }
                Ok(())
            })
            .await;
        if let Some(job) = end {
            return Ok(told(&job));
        }
        match ended {
            Ended::Refused(why) => return Err(why),
            Ended::Unprinted(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                return Ok(ExitCode::SUCCESS);
            }
            Ended::Unprinted(error) => return Err(error.into()),
            Ended::Over => return Ok(ExitCode::SUCCESS),
            Ended::Broken(why) => {
                let wait = asked.unwrap_or_else(|| back_off(stream.retry(), failures));
                failures += 1;
                eprintln!("tidings: {why}; again in {} ms", wait.as_millis());
                tokio::time::sleep(wait).await;
            }
        }
    }
}

fn print_lines(event: &Event) -> io::Result<()> {
    let lines: Vec<JobLine> = serde_json::from_str(&event.data).unwrap_or_default();
    let mut out = io::stdout().lock();
    for line in lines {
        writeln!(out, "{}", line.text)?;
    }
    out.flush()
}

/// How far it is, on a line of its own that is written over; only for people.
fn print_state(event: &Event) -> io::Result<()> {
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

fn wait_of(event: &Event) -> Option<Duration> {
    let reconnect = serde_json::from_str::<Reconnect>(&event.data).ok()?;
    Some(Duration::from_millis(reconnect.after_ms))
}

fn told(job: &JobInfo) -> ExitCode {
    let why = match job.reason {
        Some(JobReason::Timeout) => ": its worker fell silent",
        Some(JobReason::Expired) => ": its time was over before everybody had it",
        Some(JobReason::Recalled) => ": the push was taken back",
        Some(JobReason::Pruned) => ": retention let go of the push",
        None => "",
    };
    eprintln!("tidings: {}{why}", job.state.name());
    match job.state {
        JobState::Done => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
