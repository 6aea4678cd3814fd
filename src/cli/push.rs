//! `tidings push`.

use std::io::{self, IsTerminal, Read, Write};

use anyhow::{Context, bail};
use app::wire::{PushAnswer, PushRequest, To};
use clap::Args;
use serde_json::value::RawValue;

use super::{
    arguments::{Output, Remote, client_id},
    duration,
    problem::api_error,
    runtime::block_on,
};
use crate::timestamp;

/// The most bytes that are read from standard input: the largest `--max-message-bytes` of a server.
const MAX_DATA: u64 = 64 * 1024 * 1024;

/// The message and its recipients.
#[derive(Args)]
pub struct Push {
    #[command(flatten)]
    target: Target,

    /// The message. `-` reads it from standard input. If it is missing, it is read from standard input too, unless that
    /// is a terminal.
    data: Option<String>,

    /// Event type, for `addEventListener` of the page. Without it, the page gets the message in `onmessage`.
    #[arg(long, value_name = "TYPE")]
    event: Option<String>,

    /// Time to live in seconds: how long to keep the message for clients that are offline. 0: deliver only to connected
    /// clients. Default: the retention period of the server.
    #[arg(long, value_name = "SECONDS")]
    ttl: Option<u64>,

    /// Push it at this time, such as 2027-01-31T08:00:00+01:00 (RFC 3339). The server keeps it until then. The time to live counts
    /// from there.
    #[arg(long, value_name = "TIME", conflicts_with = "delay")]
    at: Option<String>,

    /// Push it after this time, such as 90s, 30m, 12h or 7d.
    #[arg(long, value_name = "TIME", value_parser = duration::seconds)]
    delay: Option<u64>,

    /// DATA is JSON, and is sent as JSON instead of text.
    #[arg(long)]
    json: bool,

    /// Format of the answer.
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    output: Output,

    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Target {
    /// Push to this client.
    #[arg(long, value_name = "ID", value_parser = client_id)]
    client: Option<String>,

    /// Push to several clients, separated by commas.
    #[arg(long, value_name = "ID,ID", value_delimiter = ',', value_parser = client_id)]
    clients: Vec<String>,

    /// Push to the subscribers of this topic.
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,

    /// Push to all clients.
    #[arg(long)]
    everyone: bool,
}

impl Target {
    fn into_wire(self) -> To {
        match (self.client, self.topic) {
            (Some(id), _) => To::Client(id),
            (None, Some(topic)) => To::Topic(topic),
            (None, None) if self.everyone => To::Everyone,
            (None, None) => To::Clients(self.clients),
        }
    }
}

/// Pushes one message and prints the answer of the server.
pub fn run(push: Push) -> anyhow::Result<()> {
    let client = push.remote.client()?;
    let text = data(push.data)?;
    let request = PushRequest {
        event: push.event,
        ttl: push.ttl,
        at: push.at,
        delay: push.delay,
        ..PushRequest::new(push.target.into_wire(), json(text, push.json)?)
    };
    let answer = block_on(async { client.push(&request).await.map_err(api_error) })?;
    let line = match push.output {
        Output::Text => describe(&answer),
        Output::Json => serde_json::to_string(&answer)?,
    };
    writeln!(io::stdout(), "{line}")
        .context("the message was pushed, but the answer could not be printed")
}

fn data(given: Option<String>) -> anyhow::Result<String> {
    match given {
        Some(text) if text != "-" => Ok(text),
        None if io::stdin().is_terminal() => {
            bail!("there is no message: give DATA, or - to read it from standard input")
        }
        _ => {
            let mut text = String::new();
            let read = io::stdin()
                .lock()
                .take(MAX_DATA + 1)
                .read_to_string(&mut text);
            if read.context("standard input")? as u64 > MAX_DATA {
                bail!("standard input is longer than {MAX_DATA} bytes, which no server accepts");
            }
            Ok(without_line_end(text))
        }
    }
}

/// Removes one line end, which most programs print after the data.
fn without_line_end(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

fn json(text: String, is_json: bool) -> anyhow::Result<Box<RawValue>> {
    match is_json {
        true => RawValue::from_string(text).context("--json: DATA is not JSON"),
        false => Ok(serde_json::value::to_raw_value(&text)?),
    }
}

fn describe(answer: &PushAnswer) -> String {
    let id = answer.id.as_deref().unwrap_or("pushed");
    if let Some(due_at) = answer.due_at {
        return format!("{id}: scheduled for {}", timestamp::rfc3339(due_at));
    }
    let recipients = match answer.connections {
        0 => "no connections".to_owned(),
        1 => "1 connection".to_owned(),
        n => format!("{n} connections"),
    };
    let queued = if answer.queued {
        ", queued for offline clients"
    } else {
        ""
    };
    format!("{id}: {recipients}{queued}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_one_line() {
        let answer = |id: Option<&str>, connections, queued| {
            describe(&PushAnswer {
                missing_nodes: Vec::new(),
                id: id.map(str::to_owned),
                connections,
                queued,
                job: None,
                due_at: None,
            })
        };
        assert_eq!(answer(Some("abc-7"), 2, false), "abc-7: 2 connections");
        assert_eq!(
            answer(Some("abc-7"), 1, true),
            "abc-7: 1 connection, queued for offline clients"
        );
        assert_eq!(answer(None, 0, false), "pushed: no connections");
        let mut later = PushAnswer {
            missing_nodes: Vec::new(),
            id: Some("abc".to_owned()),
            connections: 0,
            queued: true,
            job: None,
            due_at: Some(1_800_000_000_000),
        };
        assert_eq!(describe(&later), "abc: scheduled for 2027-01-15T08:00:00Z");
        later.due_at = None;
        assert_eq!(
            describe(&later),
            "abc: no connections, queued for offline clients"
        );
    }

    #[test]
    fn one_line_end_of_the_input_is_removed() {
        for (input, data) in [
            ("a\n", "a"),
            ("a\r\n", "a"),
            ("a\n\n", "a\n"),
            ("a", "a"),
            ("", ""),
        ] {
            assert_eq!(without_line_end(input.to_owned()), data);
        }
    }

    #[test]
    fn json_is_sent_as_it_was_typed() {
        let raw =
            |text: &str, is_json| json(text.to_owned(), is_json).map(|raw| raw.get().to_owned());
        assert_eq!(
            raw("{\"b\": 1.10}", true).ok().as_deref(),
            Some("{\"b\": 1.10}")
        );
        assert_eq!(raw("{", false).ok().as_deref(), Some("\"{\""));
        assert!(raw("{", true).is_err());
    }
}
