//! `tidings job run`.

use std::{ffi::OsString, io, process::ExitCode, sync::Arc, time::Duration};

use anyhow::Context;
use app::wire::{JobRequest, JobState, PushRequest, values::MAX_TIMEOUT};
use clap::{Args, builder::NonEmptyStringValueParser};
use rustix::process::Signal;
use tokio::{
    signal::unix::{self, SignalKind},
    sync::Notify,
    time::Instant,
};

use super::{
    backlog::{Backlog, Outcome},
    child::{Child, exit_code, outcome},
    reporter::{Reporter, is_temporary, print_job},
};
use crate::cli::{arguments::Remote, problem::api_error, stderr::print_note};

/// The longest title in characters that a server accepts.
const MAX_TITLE: usize = 200;
/// Time between SIGTERM and SIGKILL for a command that was cancelled.
const KILL_DELAY: Duration = Duration::from_secs(10);
/// Longest wait for the rest of the output after the command has ended. Processes that it left running may keep the
/// output open.
const OUTPUT_TIMEOUT: Duration = Duration::from_secs(2);
/// Longest wait until the server has accepted the last report.
const LAST_REPORT_TIMEOUT: Duration = Duration::from_secs(10);

/// The command, and the settings of its job.
#[derive(Args)]
pub struct Run {
    /// Title of the job, at most 200 characters. Default: the command.
    #[arg(long, value_name = "TITLE", value_parser = NonEmptyStringValueParser::new())]
    title: Option<String>,

    /// Seconds without a report after which the server marks the job as failed, 1 to 86400. Reports are sent also while
    /// the command prints nothing, so this happens only if this program or its network fails.
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=MAX_TIMEOUT))]
    timeout: u64,

    /// How the job is tried again if it fails: a push as JSON, as `POST /push` takes it.
    #[arg(long, value_name = "PUSH", value_parser = push)]
    retry: Option<Box<PushRequest>>,

    #[command(flatten)]
    remote: Remote,

    /// Command to run, with its arguments. Its environment has the id of the job as TIDINGS_JOB_ID.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// A push as JSON.
fn push(json: &str) -> Result<Box<PushRequest>, serde_json::Error> {
    serde_json::from_str(json)
}

/// Runs the command as a job. Returns the exit code of the command.
pub async fn run(run: Run) -> anyhow::Result<ExitCode> {
    let api = run.remote.client()?;
    let request = JobRequest {
        title: title(&run),
        steps: None,
        timeout: Some(run.timeout),
        retry: run.retry.clone(),
    };
    let job = match api.begin_job(&request).await {
        Ok(job) => {
            print_job(&api, &job);
            Some(job.id)
        }
        Err(error) if is_temporary(&error) => {
            print_note(format_args!(
                "{error}; the command runs anyway, and its output is sent later"
            ));
            None
        }
        Err(error) => return Err(api_error(error).context("the command was not run")),
    };
    let (backlog, cancelled) = (Arc::new(Backlog::default()), Arc::new(Notify::new()));
    let mut signals = Signals::new().context("the signal handlers could not be installed")?;
    let child = Child::start(&run.command, job.as_deref(), &backlog);
    let reporter = Reporter::new(
        api,
        request,
        job,
        Arc::clone(&backlog),
        Arc::clone(&cancelled),
    );
    let reporter = tokio::spawn(reporter.run());
    let (outcome, code) = match child {
        Ok(child) => follow(child, &cancelled, &mut signals).await?,
        Err(error) => not_started(&run, &error),
    };
    backlog.finish(outcome);
    tokio::select! {
        reported = tokio::time::timeout(LAST_REPORT_TIMEOUT, reporter) => {
            if !matches!(reported, Ok(Ok(true))) {
                print_note("the server does not know how the command ended");
            }
        }
        // A signal after the end of the command ends the wait.
        _ = signals.next() => {}
    }
    Ok(code.into())
}

/// The title of the job: `--title`, or the command, shortened to what the server accepts.
fn title(run: &Run) -> String {
    run.title.clone().unwrap_or_else(|| {
        let words = run.command.iter().map(|word| word.to_string_lossy());
        let command = words.collect::<Vec<_>>().join(" ");
        command
            .replace(char::is_control, " ")
            .chars()
            .take(MAX_TITLE)
            .collect()
    })
}

fn not_started(run: &Run, error: &io::Error) -> (Outcome, u8) {
    let program = run.command.first();
    let program = program.map(|program| program.to_string_lossy());
    let message = format!("{} could not be run: {error}", program.unwrap_or_default());
    print_note(&message);
    let code = match error.kind() {
        io::ErrorKind::NotFound => 127,
        _ => 126,
    };
    let outcome = Outcome {
        state: JobState::Failed,
        message: Some(message.replace(char::is_control, " ")),
    };
    (outcome, code)
}

/// Waits for the end of the command. Passes signals on to it, and stops it if the job is cancelled.
async fn follow(
    mut child: Child,
    cancelled: &Notify,
    signals: &mut Signals,
) -> anyhow::Result<(Outcome, u8)> {
    let mut stopped = false;
    let mut deadline: Option<Instant> = None;
    let status = loop {
        let kill_at = deadline.unwrap_or_else(|| Instant::now() + KILL_DELAY);
        tokio::select! {
            status = child.wait() => break status?,
            () = cancelled.notified(), if deadline.is_none() => {
                print_note("the job was cancelled");
                stopped = true;
                deadline = Some(Instant::now() + KILL_DELAY);
                child.signal(Signal::TERM);
            }
            signal = signals.next() => {
                stopped = true;
                child.signal(signal);
            }
            () = tokio::time::sleep_until(kill_at), if deadline.is_some() => {
                deadline = Some(Instant::now() + KILL_DELAY);
                child.signal(Signal::KILL);
            }
        }
    };
    let _ = tokio::time::timeout(OUTPUT_TIMEOUT, child.output_read()).await;
    Ok((outcome(status, stopped), exit_code(status)))
}

/// The signals that ask a process to end.
struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    hangup: unix::Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
            hangup: unix::signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.hangup.recv() => Signal::HUP,
        }
    }
}
