//! `tidings push`.

use std::io::{self, IsTerminal, Read, Write};

use anyhow::{Context, bail};
use app::{
    api::Client,
    wire::{PushAnswer, PushRequest, To},
};
use clap::Args;
use serde_json::value::RawValue;

use super::{
    arguments::{Output, Remote, client_id},
    problem::explained,
};

/// More than any server takes: what is longer was not meant for it.
const MAX_DATA: u64 = 64 * 1024 * 1024;

/// What to push, and to whom.
#[derive(Args)]
pub struct Push {
    #[command(flatten)]
    target: Target,

    /// The message; `-` reads it from standard input, and so does leaving it out where that is no terminal.
    data: Option<String>,

    /// The event type that the page's addEventListener waits for; without one it is onmessage.
    #[arg(long, value_name = "TYPE")]
    event: Option<String>,

    /// Seconds that the message may wait for somebody who is not there. 0: only who is connected now.
    #[arg(long, value_name = "SECONDS")]
    ttl: Option<u64>,

    /// DATA is JSON, and must arrive as JSON.
    #[arg(long)]
    json: bool,

    /// How the answer is printed.
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    output: Output,

    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Target {
    /// To one client.
    #[arg(long, value_name = "ID", value_parser = client_id)]
    client: Option<String>,

    /// To several clients.
    #[arg(long, value_name = "ID,ID", value_delimiter = ',', value_parser = client_id)]
    clients: Vec<String>,

    /// To everybody who is subscribed to this topic.
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,

    /// To every connection there is.
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

/// Pushes one message, and prints what the server answers.
pub fn run(push: Push) -> anyhow::Result<()> {
    let mut client = Client::new(push.remote.url.clone());
    if let Some(token) = push.remote.token()? {
        client = client.with_token(token.expose());
    }
    let text = data(push.data)?;
    let request = PushRequest {
        event: push.event,
        ttl: push.ttl,
        ..PushRequest::new(push.target.into_wire(), json(text, push.json)?)
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let answer = runtime.block_on(client.push(&request)).map_err(explained)?;
    let line = match push.output {
        Output::Text => describe(&answer),
        Output::Json => serde_json::to_string(&answer)?,
    };
    writeln!(io::stdout(), "{line}").context("the message was pushed, but the answer not printed")
}

fn data(given: Option<String>) -> anyhow::Result<String> {
    match given {
        Some(text) if text != "-" => Ok(text),
        None if io::stdin().is_terminal() => {
            bail!("say what to push: DATA, or - to read it from standard input")
        }
        _ => {
            let mut text = String::new();
            let read = io::stdin()
                .lock()
                .take(MAX_DATA + 1)
                .read_to_string(&mut text);
            if read.context("standard input")? as u64 > MAX_DATA {
                bail!("standard input has over {MAX_DATA} bytes, more than any server takes");
            }
            Ok(without_line_end(text))
        }
    }
}

/// Most programs end what they print with a line end that is not part of what they say.
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
    let what = answer.id.as_deref().unwrap_or("pushed");
    let whom = match answer.connections {
        0 => "nobody is connected".to_owned(),
        1 => "1 connection".to_owned(),
        n => format!("{n} connections"),
    };
    let rest = if answer.queued {
        ", waiting for others"
    } else {
        ""
    };
    format!("{what}: {whom}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_told_in_a_line() {
        let answer = |id: Option<&str>, connections, queued| {
            describe(&PushAnswer {
                id: id.map(str::to_owned),
                connections,
                queued,
                job: None,
            })
        };
        assert_eq!(answer(Some("abc-7"), 2, false), "abc-7: 2 connections");
        assert_eq!(
            answer(Some("abc-7"), 1, true),
            "abc-7: 1 connection, waiting for others"
        );
        assert_eq!(answer(None, 0, false), "pushed: nobody is connected");
    }

    #[test]
    fn one_line_end_is_not_part_of_what_was_piped() {
        for (piped, meant) in [
            ("a\n", "a"),
            ("a\r\n", "a"),
            ("a\n\n", "a\n"),
            ("a", "a"),
            ("", ""),
        ] {
            assert_eq!(without_line_end(piped.to_owned()), meant);
        }
    }

    #[test]
    fn json_stays_as_it_was_typed() {
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
