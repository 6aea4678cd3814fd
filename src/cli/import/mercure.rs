//! `tidings import mercure`.

use std::{
    io::{self, Write},
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context, bail};
use app::wire::Problem;
use clap::Args;
use form_urlencoded::Serializer;
use reqwest::{Client, RequestBuilder, StatusCode, header};
use serde::Deserialize;

use super::bolt::Bolt;
use crate::cli::{
    arguments::Remote, print_note, problem::describe, progress::Bar, runtime::block_on,
};

/// The bucket of a hub's file with the updates, if its settings name no other.
const BUCKET: &str = "updates";

/// What the topics of the hub itself contain.
const OWN_TOPICS: &str = "/.well-known/mercure";

/// How often an update is sent again when the server asks to wait.
const TRIES: usize = 60;

/// How long to wait if the server does not say, in seconds.
const WAIT: u64 = 1;

/// The file and the server.
#[derive(Args)]
pub struct Mercure {
    /// File of the hub (`transport bolt`, `path`), such as updates.db or bolt.db.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Bucket of the file with the updates (`bucket_name` of the hub).
    #[arg(long, default_value = BUCKET, value_name = "NAME")]
    bucket: String,

    /// The server, which must speak the Mercure protocol. The token is one that may publish to all topics, or an API key.
    #[command(flatten)]
    remote: Remote,
}

/// An update, as the hub stores it in JSON.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Update {
    #[serde(rename = "ID")]
    id: String,
    #[serde(rename = "Type", default)]
    kind: String,
    #[serde(default)]
    retry: u64,
    #[serde(default)]
    data: String,
    topics: Vec<String>,
    #[serde(default)]
    private: bool,
}

/// What became of the updates.
#[derive(Default)]
struct Outcome {
    published: u64,
    own: u64,
    refused: u64,
}

/// Publishes all updates of the file.
pub fn run(import: &Mercure) -> anyhow::Result<()> {
    let name = import.file.display();
    let bytes = std::fs::read(&import.file).with_context(|| name.to_string())?;
    let entries = Bolt::open(&bytes).and_then(|file| file.entries(&import.bucket));
    let entries = entries.with_context(|| name.to_string())?;
    let Outcome {
        published,
        own,
        refused,
    } = block_on(publish_all(import, entries))?;
    writeln!(
        io::stdout(),
        "{published} updates are published; left out: {own} about subscriptions, {refused} that the server refuses"
    )?;
    match refused {
        0 => Ok(()),
        _ => bail!("{refused} updates are not taken over"),
    }
}

async fn publish_all(import: &Mercure, entries: Vec<&[u8]>) -> anyhow::Result<Outcome> {
    let http = import.remote.http()?.build()?;
    let token = import.remote.token()?;
    let url = format!(
        "{}/.well-known/mercure",
        import.remote.url.as_str().trim_end_matches('/')
    );
    let bar = Bar::waiting("publishing");
    let mut outcome = Outcome::default();
    for entry in entries {
        let update: Update = serde_json::from_slice(entry)
            .context("an update of the file is not what hubs write")?;
        if update.topics.iter().any(|topic| topic.contains(OWN_TOPICS)) {
            outcome.own += 1;
            continue;
        }
        let mut request = request(&http, &url, &update);
        if let Some(token) = &token {
            request = request.bearer_auth(token.expose());
        }
        match publish(&request).await? {
            None => outcome.published += 1,
            Some(problem) => {
                print_note(format!("{}: {}", update.id, describe(&problem)));
                outcome.refused += 1;
            }
        }
    }
    drop(bar);
    Ok(outcome)
}

fn request(http: &Client, url: &str, update: &Update) -> RequestBuilder {
    let mut form = Serializer::new(String::new());
    for topic in &update.topics {
        form.append_pair("topic", topic);
    }
    form.append_pair("data", &update.data)
        .append_pair("id", &update.id);
    if !update.kind.is_empty() {
        form.append_pair("type", &update.kind);
    }
    if update.retry > 0 {
        form.append_pair("retry", &update.retry.to_string());
    }
    if update.private {
        form.append_pair("private", "on");
    }
    http.post(url)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form.finish())
}

/// Publishes one update. Returns why the server refuses it, if it does because of what the update is.
async fn publish(request: &RequestBuilder) -> anyhow::Result<Option<Problem>> {
    for _ in 0..TRIES {
        let request = request
            .try_clone()
            .context("the request can't be sent again")?;
        let answer = request.send().await?;
        let status = answer.status();
        let wait = answer.headers().get(header::RETRY_AFTER);
        let wait = wait.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
        match status {
            StatusCode::OK => return Ok(None),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                tokio::time::sleep(Duration::from_secs(wait.unwrap_or(WAIT))).await;
            }
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => {
                return Ok(Some(answer.json().await?));
            }
            StatusCode::NOT_FOUND => bail!(
                "the server does not speak the Mercure protocol: start it with --mercure, or with the keys of the hub"
            ),
            _ => {
                let problem = answer.json::<Problem>().await;
                let why = problem.map_or_else(|_| status.to_string(), |problem| describe(&problem));
                bail!("{why}");
            }
        }
    }
    bail!("the server asks again and again to wait")
}
