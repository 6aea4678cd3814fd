//! `tidings job`.

mod backlog;
mod child;
mod output;
mod reporter;
mod retry;
mod run;
mod watch;

use std::process::ExitCode;

use clap::Subcommand;

use super::runtime::block_on;

/// The subcommands of `tidings job`.
#[derive(Subcommand)]
pub enum Job {
    /// Run a command as a job
    ///
    /// Each line of its output is printed and added to the log of the job. `40%` or `3/8` at the start of a line sets
    /// the progress. The exit code is that of the command: 0 means that the job is done, any other that it failed.
    ///
    /// If the job is cancelled, the command gets SIGTERM, and SIGKILL 10 seconds later. If the server does not answer,
    /// the command continues and its output is sent later: the newest 10000 lines, up to 4 MiB.
    Run(run::Run),
    /// Print the log of a job until the job ends
    ///
    /// The exit code is 0 if the job is done, and 1 if it failed or was cancelled.
    Watch(watch::Watch),
    /// Push what tries a job again
    ///
    /// For a job that has failed or was cancelled, and whose worker has said how. Prints the answer of the push as JSON.
    Retry(retry::Retry),
}

/// Runs the subcommand. Returns the exit code of the program.
pub fn run(job: Job) -> anyhow::Result<ExitCode> {
    match job {
        Job::Run(run) => block_on(run::run(run)),
        Job::Watch(watch) => block_on(watch::run(watch)),
        Job::Retry(retry) => block_on(retry::run(retry)),
    }
}
