//! `tidings tail`.

mod print;

use std::{
    convert::Infallible,
    io::{self, Write},
    ops::ControlFlow,
};

use app::event_parser::Event;
use clap::Args;

use super::{
    arguments::{Output, Remote, client_id},
    runtime::block_on,
    stream::Stream,
};
use crate::message::TopicFilter;

/// The events that `--event-only` leaves out. `gap`, `refused` and `recall` are always printed.
const STREAM_EVENTS: [&str; 3] = ["welcome", "ping", "reconnect"];

/// The client and its topics.
#[derive(Args)]
pub struct Tail {
    /// Client id to subscribe as. Default: a new random id.
    #[arg(long, value_name = "ID", value_parser = client_id)]
    client_id: Option<String>,

    /// Topic or pattern to subscribe to. Repeat the flag for more.
    #[arg(long, value_name = "TOPIC", value_parser = |text: &str| TopicFilter::parse(text))]
    topic: Vec<TopicFilter>,

    /// Where to start: `unread` (after the last message that this client got), `earliest`, `latest`, or a cursor, which
    /// is the id of a message. Default: unread.
    #[arg(long, value_name = "PLACE")]
    since: Option<String>,

    /// Leave out the events `welcome`, `ping` and `reconnect`, which are about the stream itself.
    #[arg(long)]
    event_only: bool,

    /// Format of the events.
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    output: Output,

    /// The server. If its streams need a token, `--token` also takes a stream token.
    #[command(flatten)]
    remote: Remote,
}

/// Prints events until Ctrl-C, or until the server refuses the stream.
pub fn run(tail: Tail) -> anyhow::Result<()> {
    let client_id = tail.client_id.clone();
    let client_id = client_id.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let mut query = vec![("client_id", client_id)];
    query.extend(tail.topic.iter().map(|topic| ("topic", topic.to_string())));
    query.extend(tail.since.clone().map(|since| ("since", since)));
    let stream = Stream::new(&tail.remote, "/sse", &query)?;
    block_on(async {
        tokio::select! {
            ended = stream.follow(|event| show(event, &tail)) => ended.map(|_| ()),
            _ = tokio::signal::ctrl_c() => Ok(()),
        }
    })
}

fn show(event: &Event, tail: &Tail) -> io::Result<ControlFlow<Infallible>> {
    if !tail.event_only || !STREAM_EVENTS.contains(&event.event.as_str()) {
        let line = match tail.output {
            Output::Text => print::text(event),
            Output::Json => print::json(event),
        };
        let mut out = io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()?;
    }
    Ok(ControlFlow::Continue(()))
}
