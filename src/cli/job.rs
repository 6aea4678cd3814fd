//! `tidings job`.

mod backlog;
mod child;
mod output;
mod reporter;
mod run;
mod watch;

use std::process::ExitCode;

use clap::Subcommand;

/// What to do with jobs.
#[derive(Subcommand)]
pub enum Job {
    /// Run a command as a job, and end as it ends
    ///
    /// Each line that the command prints, on either output, goes to the terminal and into the job's log. `40%` or `3/8`
    /// at a line's start is its progress. Its exit code is that of `tidings job run`, and decides whether the job is
    /// done or has failed. Who cancels the job sends it SIGTERM, and SIGKILL ten seconds later. While the server does
    /// not answer the command goes on, and what it says is kept for later, the newest 10000 lines of it.
    Run(run::Run),
    /// Look on at a job until it has ended
    ///
    /// Prints its log. Ends with 0 when the job is done, and with 1 when it has failed or was cancelled.
    Watch(watch::Watch),
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
