//! `tidings key test`: what a key or a token may do.

use std::{
    fs::File,
    io::{self, BufReader, IsTerminal},
    path::PathBuf,
};

use anyhow::Context;
use app::wire::AccessQuestion;
use clap::Args;

use super::print::print_access;
use crate::cli::{
    arguments::{Remote, client_id},
    hidden,
    problem::api_error,
    runtime::block_on,
};
use crate::message::TopicFilter;

/// The key, and what it might do.
#[derive(Args)]
pub struct Test {
    /// File with the key. Default: stdin. It is never a flag: other users of the machine can see those.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// Whether it may act on this client.
    #[arg(long, value_name = "ID", value_parser = client_id, group = "target")]
    client: Option<String>,

    /// Whether it may act on this topic, or on all topics of this pattern.
    #[arg(long, value_name = "TOPIC", value_parser = topic, group = "target")]
    topic: Option<String>,

    /// Whether it may act on everyone.
    #[arg(long, group = "target")]
    everyone: bool,

    /// Only this action, such as push.
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,

    #[command(flatten)]
    remote: Remote,

    /// Print the answer of the server as JSON.
    #[arg(long)]
    json: bool,
}

/// Asks the server, and prints the answer.
pub fn run(test: Test) -> anyhow::Result<()> {
    let question = AccessQuestion {
        token: read(test.file)?,
        action: test.action,
        client: test.client,
        topic: test.topic,
        everyone: test.everyone,
    };
    let api = test.remote.client()?;
    let answer = block_on(async { api.access(&question).await.map_err(api_error) })?;
    print_access(&answer, &question, test.json)?;
    if let (true, Some(action)) = (answer.valid, &question.action) {
        let allowed = answer.actions.iter().all(|asked| asked.allowed);
        anyhow::ensure!(allowed, "it may not {action}");
    }
    anyhow::ensure!(answer.valid, "it is not valid");
    Ok(())
}

/// The first line of the file, or of stdin.
fn read(file: Option<PathBuf>) -> anyhow::Result<String> {
    let token = match file {
        Some(path) => File::open(&path)
            .and_then(|file| hidden::first_line(BufReader::new(file)))
            .with_context(|| format!("{}", path.display()))?,
        None if io::stdin().is_terminal() => hidden::ask("key or token: ")?,
        None => hidden::line()?,
    };
    let token = token.trim();
    anyhow::ensure!(!token.is_empty(), "there is no key on the first line");
    Ok(token.to_owned())
}

fn topic(text: &str) -> Result<String, String> {
    let parsed = TopicFilter::parse(text).map_err(|why| why.to_string());
    parsed.map(|filter| filter.as_str().to_owned())
}
