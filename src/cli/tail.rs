//! `tidings tail`.

mod print;

use std::{
    io::{self, Write},
    time::Duration,
};

use app::{
    event_parser::Event,
    wire::{Reconnect, Welcome},
};
use clap::Args;

use super::{
    arguments::{Output, Remote, client_id, topic_filter},
    stream::{Ended, Stream},
};
use tidings::message::TopicFilter;

/// The first wait before a new attempt, where the server has not named one.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The longest wait before a new attempt.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What the stream says of itself, and what is left out with `--event-only`. What is missing or refused
/// is always told.
const OWN_EVENTS: [&str; 3] = ["welcome", "ping", "reconnect"];

/// Whom to listen as, and to what.
#[derive(Args)]
pub struct Tail {
    /// The client to listen as. Default: a new one.
    #[arg(long, value_name = "ID", value_parser = client_id)]
    client_id: Option<String>,

    /// A topic or a pattern to subscribe to. May be given more than once.
    #[arg(long, value_name = "TOPIC", value_parser = topic_filter)]
    topic: Vec<TopicFilter>,

    /// Where to start: a cursor, `earliest`, `latest` or `unread`. Default: unread.
    #[arg(long, value_name = "PLACE")]
    since: Option<String>,

    /// Leave out what the stream says of itself: welcome, ping and reconnect.
    #[arg(long)]
    event_only: bool,

    /// How events are printed.
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    output: Output,

    /// The server. Where its streams need a token, `--token` takes a stream token as well.
    #[command(flatten)]
    remote: Remote,
}

/// Prints what arrives, until Ctrl-C or a refusal.
pub fn run(tail: Tail) -> anyhow::Result<()> {
    let token = tail.remote.token()?;
    let client_id = tail.client_id.clone();
    let client_id = client_id.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let mut parts = vec![("client_id", client_id)];
    parts.extend(tail.topic.iter().map(|topic| ("topic", topic.to_string())));
    parts.extend(tail.since.clone().map(|since| ("since", since)));
    let stream = Stream::new(&tail.remote.url, "/sse", &parts, token)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        tokio::select! {
            ended = listen(stream, &tail) => ended,
            _ = tokio::signal::ctrl_c() => Ok(()),
        }
    })
}

async fn listen(mut stream: Stream, tail: &Tail) -> anyhow::Result<()> {
    let mut failures = 0;
    loop {
        let mut asked = None;
        let ended = stream
            .read(async |stream, event| {
                failures = 0;
                asked = obey(stream, event);
                show(event, tail)
            })
            .await;
        match ended {
            Ended::Refused(why) => return Err(why),
            // What took our output wants no more of it.
            Ended::Unprinted(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Ended::Unprinted(error) => return Err(error.into()),
            Ended::Over => return Ok(()),
            Ended::Broken(why) => {
                let wait = asked.unwrap_or_else(|| back_off(stream.retry(), failures));
                failures += 1;
                let _ = writeln!(
                    io::stderr(),
                    "tidings: {why}; again in {} ms",
                    wait.as_millis()
                );
                tokio::time::sleep(wait).await;
            }
        }
    }
}

/// Follows what the stream says of itself; gives the wait that it asks for before it closes.
fn obey(stream: &mut Stream, event: &Event) -> Option<Duration> {
    match event.event.as_str() {
        "welcome" => {
            if let Ok(welcome) = serde_json::from_str::<Welcome>(&event.data) {
                stream.set_heartbeat(Duration::from_secs(welcome.heartbeat));
            }
            None
        }
        "reconnect" => {
            let reconnect = serde_json::from_str::<Reconnect>(&event.data).ok()?;
            Some(Duration::from_millis(reconnect.after_ms))
        }
        _ => None,
    }
}

fn show(event: &Event, tail: &Tail) -> io::Result<()> {
    if tail.event_only && OWN_EVENTS.contains(&event.event.as_str()) {
        return Ok(());
    }
    let line = match tail.output {
        Output::Text => print::text(event),
        Output::Json => print::json(event),
    };
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Twice as long with each failure, and different for each who waits, so that they do not come together.
pub fn back_off(first: Option<Duration>, failures: u32) -> Duration {
    let first = first.unwrap_or(FIRST_WAIT);
    let longest = LONGEST_WAIT.max(first);
    let wait = first.saturating_mul(1 << failures.min(10)).min(longest);
    let part = uuid::Uuid::new_v4().as_bytes()[0];
    wait / 2 + wait / 2 * u32::from(part) / 255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound() {
        for failures in 0..40 {
            let wait = back_off(None, failures);
            assert!(wait >= FIRST_WAIT / 2 && wait <= LONGEST_WAIT, "{wait:?}");
        }
        assert!(back_off(None, 20) >= LONGEST_WAIT / 2);
        let asked = Duration::from_secs(60);
        assert!(
            back_off(Some(asked), 3) >= asked / 2,
            "never sooner than was asked"
        );
        assert!(back_off(Some(Duration::ZERO), 3).is_zero());
    }
}
