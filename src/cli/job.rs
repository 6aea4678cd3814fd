//! `tidings job`.

mod backlog;
mod child;
mod output;
mod reporter;
mod run;
mod watch;

use std::{ffi::OsString, process::ExitCode};

use clap::{Args, Subcommand};

use super::Remote;

/// What to do with jobs.
#[derive(Subcommand)]
pub enum Job {
    /// Run a command as a job, and end as it ends
    ///
    /// Each line that the command prints, on either output, goes to the terminal and into the job's log. `40%` or `3/8`
    /// at a line's start is its progress. Its exit code is that of `tidings job run`, and decides whether the job is
    /// done or has failed. Who cancels the job sends it SIGTERM, and SIGKILL ten seconds later. While the server does
    /// not answer the command goes on, and what it says is kept for later, the newest 10000 lines of it.
    Run(Run),
    /// Look on at a job until it has ended
    ///
    /// Prints its log. Ends with 0 when the job is done, and with 1 when it has failed or was cancelled.
    Watch(Watch),
}

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

/// Which job.
#[derive(Args)]
pub struct Watch {
    /// The job's id. Who has it needs no token.
    #[arg(value_name = "ID")]
    id: String,

    #[command(flatten)]
    remote: Remote,
}

/// Does it, and gives the exit code.
pub fn run(job: Job) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let outcome = match job {
        Job::Run(run) => runtime.block_on(run::run(run)),
        Job::Watch(watch) => runtime.block_on(watch::run(watch)),
    };
    // A read of a terminal can't be called off, and nobody waits for it any more.
    runtime.shutdown_background();
    outcome
}
