//! `tidings doctor`: what is wrong between users and a server, and what to change.

mod answer;
mod finding;
mod machine;
mod server;
mod stream;
mod visit;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use reqwest::Url;

use super::{
    arguments::{AdminToken, Roots, server_url},
    runtime::block_on,
};
use finding::{Finding, Level};
use visit::Visit;

/// What is checked.
#[derive(Args)]
pub struct Doctor {
    /// URL at which users find the server, such as https://example.org/push.
    #[arg(
        env = "TIDINGS_URL",
        default_value = "http://127.0.0.1:8020",
        value_name = "URL",
        value_parser = server_url
    )]
    url: Url,

    #[command(flatten)]
    token: AdminToken,

    #[command(flatten)]
    roots: Roots,

    /// Seconds for which a stream is watched, 0 to 86400. A proxy that closes silent or long connections is found only
    /// if this is longer than its limit.
    #[arg(long, default_value_t = 0, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=86_400))]
    idle: u64,

    /// Data folder of the server, if it is on this machine: checks free space and the speed of the disk.
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,

    /// Print a JSON array of the findings.
    #[arg(long)]
    json: bool,
}

/// Checks everything and prints what was found.
pub fn run(doctor: &Doctor) -> anyhow::Result<ExitCode> {
    let token = doctor.token.read()?;
    let http = doctor.roots.http(&doctor.url)?;
    let mut findings = block_on(async {
        let visit = Visit::new(doctor.url.clone(), http, token)?;
        Ok(examine(&visit, doctor.idle).await)
    })?;
    if let Some(folder) = &doctor.data_dir {
        findings.extend(machine::check(folder));
    }
    let mut out = io::stdout().lock();
    // The exit code says it too: stdout may be closed.
    let _ = match doctor.json {
        true => serde_json::to_writer(&mut out, &findings)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out)),
        false => findings
            .iter()
            .try_for_each(|finding| writeln!(out, "{finding}")),
    };
    let worst = findings.iter().map(|finding| finding.level).max();
    Ok(ExitCode::from(worst.map_or(0, Level::exit_code)))
}

/// All checks over the network. Without an answer there is nothing else to check.
async fn examine(visit: &Visit, idle: u64) -> Vec<Finding> {
    let mut findings = match answer::check(visit).await {
        Ok(findings) => findings,
        Err(findings) => return findings,
    };
    findings.extend(server::check(visit).await);
    findings.extend(stream::check(visit, idle).await);
    findings
}
