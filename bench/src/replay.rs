//! Replay of a complete log to one connection over HTTP, compared with the `sqlite3` command line reading the same
//! rows.

use std::{path::Path, time::Instant};

use anyhow::{Result, ensure};
use tidings::message::Audience;
use tokio::runtime::Runtime;

use crate::{
    Setting, baseline, fill,
    median::median,
    report::{Row, number},
    server::Server,
    stream,
};

/// The target: the time of a replay relative to `sqlite3`.
const TARGET: f64 = 3.0;

/// Runs the scenario: messages to everyone, then messages to topics that match a pattern.
pub fn measure(setting: &Setting, runtime: &Runtime) -> Result<Vec<Row>> {
    let count = if setting.full { 1_000_000 } else { 200_000 };
    let topics = (0..10).map(|i| fill::topic(&format!("protocol/{i}")));
    let topics = topics.collect::<Result<Vec<_>>>()?;
    let of_topics = |number: u64| Ok(topics[(number % 10) as usize].clone());
    let everyone = setting.folder.join("replay");
    let by_topic = setting.folder.join("replay-topics");
    fill::fill(&fill::open(fill::options(&everyone))?, count, |_| {
        Ok(Audience::Everyone)
    })?;
    fill::fill(&fill::open(fill::options(&by_topic))?, count, of_topics)?;
    Ok(vec![
        replay(setting, runtime, &everyone, "", count)?,
        replay(setting, runtime, &by_topic, "&topic=protocol/*", count)?,
    ])
}

fn replay(
    setting: &Setting,
    runtime: &Runtime,
    folder: &Path,
    topics: &str,
    count: u64,
) -> Result<Row> {
    let server = Server::start(setting, folder, &[])?;
    let path = format!("/sse?client_id=bench&since=earliest{topics}");
    let (mut streamed, mut read, mut cpu) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..setting.rounds {
        read.push(baseline::read_all(folder)?);
        let (began, before) = (Instant::now(), server.cpu_seconds());
        let seen = runtime.block_on(stream::read_until(server.address(), &path, 0, count))?;
        streamed.push(began.elapsed().as_secs_f64());
        cpu.push((server.cpu_seconds() - before) * 1e6 / count as f64);
        ensure!(seen.messages == count, "{} of {count} came", seen.messages);
    }
    let whom = if topics.is_empty() {
        "everyone"
    } else {
        "ten topics by a pattern"
    };
    let name = format!("replay of {} messages to {whom}", number(count as f64));
    let seconds = median(&streamed);
    let note = format!(
        "{} messages/s; server {} us CPU per message",
        number(count as f64 / seconds),
        number(median(&cpu))
    );
    let row = Row::new(name, seconds, "s").against("sqlite3 reads the rows", median(&read));
    Ok(row.at_most_times(TARGET).note(note))
}
