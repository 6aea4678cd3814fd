//! `tidings health`.

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use app::api::Client;
use clap::Args;
use reqwest::Url;
use tokio::time::timeout;

use super::{
    arguments::{Roots, server_url},
    print_note,
    problem::api_error,
    runtime::block_on,
};

/// The longest wait for the answer, in seconds. Longer than a server that works ever needs.
const ANSWER_TIMEOUT: u64 = 5;

/// The server that is asked. No token is needed.
#[derive(Args)]
pub struct Health {
    /// URL of the server.
    #[arg(
        long,
        env = "TIDINGS_URL",
        default_value = "http://127.0.0.1:8020",
        value_name = "URL",
        value_parser = server_url
    )]
    url: Url,

    #[command(flatten)]
    roots: Roots,
}

/// Asks a server whether it is ready, and prints its answer.
pub fn run(health: &Health) -> anyhow::Result<ExitCode> {
    let http = health.roots.http(&health.url)?.build()?;
    let client = Client::new(health.url.as_str()).with_http(http);
    let asked =
        block_on(async { Ok(timeout(Duration::from_secs(ANSWER_TIMEOUT), client.ready()).await) })?;
    let why = match asked {
        Ok(Ok(text)) => {
            // The exit code says it too: stdout may be closed.
            let _ = writeln!(io::stdout(), "{}", text.trim_end());
            return Ok(ExitCode::SUCCESS);
        }
        Ok(Err(error)) => format!("{:#}", api_error(error)),
        Err(_) => format!("it did not answer within {ANSWER_TIMEOUT} seconds"),
    };
    print_note(format_args!("{} is not ready: {why}", health.url));
    Ok(ExitCode::FAILURE)
}
