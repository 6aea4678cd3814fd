//! `tidings job run`.

use std::{ffi::OsString, io, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use app::{
    api::Client,
    wire::{JobRequest, JobState},
};
use clap::Args;
use rustix::process::Signal;
use tokio::{
    signal::unix::{self, SignalKind},
    sync::Notify,
    time::Instant,
};

use super::{
    backlog::{Backlog, Outcome},
    child::{Child, exit_code, outcome},
    reporter::{Reporter, announce, is_passing},
};
use crate::cli::{arguments::Remote, problem::explained};

/// The longest title, in characters: what a server takes.
const MAX_TITLE: usize = 200;
/// How long a command that was cancelled has before it is killed.
const GRACE: Duration = Duration::from_secs(10);
/// How long is waited for the outputs of a command that has ended, which what it left behind may hold open.
const LAST_LINES: Duration = Duration::from_secs(2);
/// How long the server has to be told how it ended.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// Which command, and as what.
#[derive(Args)]
pub struct Run {
    /// What the job is called. Default: the command.
    #[arg(long, value_name = "TITLE")]
    title: Option<String>,

    /// Seconds without a word after which the server takes this command for dead, 1 to 86400. It says
    /// something by itself while the command is silent.
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,

    #[command(flatten)]
    remote: Remote,

    /// The command and its arguments. It finds the job's id in the environment, as TIDINGS_JOB_ID.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Runs the command as a job, and gives its exit code.
pub async fn run(run: Run) -> anyhow::Result<ExitCode> {
    let mut api = Client::new(run.remote.url.clone());
    if let Some(token) = run.remote.token()? {
        api = api.with_token(token.expose());
    }
    let request = JobRequest {
        title: title(&run)?,
        steps: None,
        timeout: Some(run.timeout),
    };
    let job = match api.begin_job(&request).await {
        Ok(job) => {
            announce(&api, &job);
            Some(job.id)
        }
        Err(error) if is_passing(&error) => {
            eprintln!(
                "tidings: {error}; the command runs all the same, and what it says is kept to be told later"
            );
            None
        }
        Err(error) => return Err(explained(error).context("the command was not run")),
    };
    let (backlog, cancelled) = (Arc::new(Backlog::default()), Arc::new(Notify::new()));
    let mut signals = Signals::new().context("no signals can be received")?;
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
        told = tokio::time::timeout(LAST_WORDS, reporter) => {
            if !matches!(told, Ok(Ok(true))) {
                eprintln!("tidings: the server was not told how it ended");
            }
        }
        // Who asks again does not want to wait.
        _ = signals.next() => {}
    }
    Ok(code.into())
}

fn title(run: &Run) -> anyhow::Result<String> {
    let words = run.command.iter().map(|word| word.to_string_lossy());
    let words = words.collect::<Vec<_>>().join(" ");
    match &run.title {
        Some(title) if title.trim().is_empty() => bail!("--title must not be empty"),
        Some(title) => Ok(title.clone()),
        None => {
            let plain = words.chars().map(|c| if c.is_control() { ' ' } else { c });
            Ok(plain.take(MAX_TITLE).collect())
        }
    }
}

fn not_started(run: &Run, error: &io::Error) -> (Outcome, u8) {
    let program = run.command.first();
    let program = program.map(|program| program.to_string_lossy());
    let message = format!("{} can't be run: {error}", program.unwrap_or_default());
    eprintln!("tidings: {message}");
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

/// Waits for the command, and passes on to it what asks it to end.
async fn follow(
    mut child: Child,
    cancelled: &Notify,
    signals: &mut Signals,
) -> anyhow::Result<(Outcome, u8)> {
    let mut stopped = false;
    let mut deadline: Option<Instant> = None;
    let status = loop {
        let kill_at = deadline.unwrap_or_else(|| Instant::now() + GRACE);
        tokio::select! {
            status = child.wait() => break status?,
            () = cancelled.notified(), if deadline.is_none() => {
                eprintln!("tidings: the job was cancelled");
                stopped = true;
                deadline = Some(Instant::now() + GRACE);
                child.signal(Signal::TERM);
            }
            signal = signals.next() => {
                stopped = true;
                child.signal(signal);
            }
            () = tokio::time::sleep_until(kill_at), if deadline.is_some() => {
                deadline = Some(Instant::now() + GRACE);
                child.signal(Signal::KILL);
            }
        }
    };
    let _ = tokio::time::timeout(LAST_LINES, child.printed()).await;
    Ok((outcome(status, stopped), exit_code(status)))
}

/// What asks a process to end.
struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    hang_up: unix::Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
            hang_up: unix::signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.hang_up.recv() => Signal::HUP,
        }
    }
}
