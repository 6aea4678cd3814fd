//! `tidings job retry`.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::Context;
use clap::Args;

use crate::cli::{arguments::Remote, problem::api_error};

/// The job to try again.
#[derive(Args)]
pub struct Retry {
    /// Id of the job.
    #[arg(value_name = "ID")]
    id: String,

    #[command(flatten)]
    remote: Remote,
}

/// Pushes what tries a job again, and prints the answer of the server.
pub async fn run(retry: Retry) -> anyhow::Result<ExitCode> {
    let api = retry.remote.client()?;
    let answer = api.retry_job(&retry.id).await.map_err(api_error)?;
    let line = serde_json::to_string(&answer)?;
    writeln!(io::stdout(), "{line}")
        .context("the message was pushed, but the answer could not be printed")?;
    Ok(ExitCode::SUCCESS)
}
