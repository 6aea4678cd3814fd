//! How late scheduled messages are: 10,000 of them are due in the same second, and one stream hears all.

use std::{
    net::SocketAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Result, ensure};
use serde_json::json;
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, runtime::Runtime};

use crate::{
    Setting,
    histogram::Histogram,
    http::{self, Connection, Length},
    median::median,
    report::{Row, number},
    server::Server,
};

/// Messages that are due in the same second.
const MESSAGES: usize = 10_000;

/// How long before that second they are scheduled at least.
const AHEAD: u64 = 10;

/// The topic of all of them.
const TOPIC: &str = "later/all";

/// The target in milliseconds.
const LATE: f64 = 1_000.0;

/// Runs the scenario.
pub fn measure(setting: &Setting, runtime: &Runtime) -> Result<Vec<Row>> {
    let folder: TempDir = tempfile::tempdir_in(&setting.folder)?;
    let server = Server::start(
        setting,
        &folder.path().join("data"),
        &["--limit-pushes", "0"],
    )?;
    let (mut most, mut last) = (Vec::new(), Vec::new());
    for _ in 0..setting.rounds {
        let late = runtime.block_on(round(server.address()))?;
        most.push(late.quantile(0.99) / 1e3);
        last.push(late.quantile(1.0) / 1e3);
    }
    let row = |what: &str, late: &[f64]| {
        let count = number(MESSAGES as f64);
        let name = format!("{count} scheduled messages due at once, lateness, {what}");
        Row::new(name, median(late), "ms").at_most(LATE)
    };
    Ok(vec![row("p99", &most), row("the last", &last)])
}

/// Schedules the messages, and listens to them. Returns how late they came.
async fn round(address: SocketAddr) -> Result<Histogram> {
    let mut stream = Connection::open(address).await?;
    let path = format!("/sse?client_id=bench&topic={TOPIC}");
    let request = http::get(&path, address);
    stream.writer.write_all(request.as_bytes()).await?;
    let length = stream.reader.head().await?;
    ensure!(matches!(length, Length::Chunked), "a stream has no length");
    let due = since_1970()?.as_secs() + AHEAD;
    schedule(address, due).await?;
    ensure!(
        since_1970()?.as_secs() < due,
        "it took {AHEAD} s to schedule the messages"
    );
    let due = Duration::from_secs(due);
    let (mut late, mut heard) = (Histogram::default(), 0);
    let mut line = Vec::new();
    while heard < MESSAGES {
        let mut came = 0;
        let mut take = |bytes: &[u8]| came += messages(&mut line, bytes);
        ensure!(stream.reader.chunk(&mut take).await?, "the stream ended");
        // The clock of the server is this one. None comes early.
        let now = since_1970()?;
        ensure!(came == 0 || now >= due, "a message came too early");
        let micros = u64::try_from(now.saturating_sub(due).as_micros())?;
        (0..came).for_each(|_| late.note(micros));
        heard += came;
    }
    ensure!(heard == MESSAGES, "{heard} of {MESSAGES} messages came");
    Ok(late)
}

/// How many messages end in these bytes. `line`: the line that is not complete yet.
fn messages(line: &mut Vec<u8>, bytes: &[u8]) -> usize {
    let mut count = 0;
    for byte in bytes {
        match byte {
            b'\n' => {
                count += usize::from(line.as_slice() == b"data: later");
                line.clear();
            }
            byte => line.push(*byte),
        }
    }
    count
}

/// Schedules all messages for this second since 1970, in one batch.
async fn schedule(address: SocketAddr, due: u64) -> Result<()> {
    let at = tidings::timestamp::rfc3339(due * 1000);
    let line = json!({ "to": { "topic": TOPIC }, "data": "later", "at": at }).to_string() + "\n";
    let body = line.repeat(MESSAGES);
    let Connection {
        mut writer,
        mut reader,
    } = Connection::open(address).await?;
    let head = http::post("/push/batch", address, "application/x-ndjson", body.len());
    // Answers are read meanwhile.
    let sender = tokio::spawn(async move {
        writer.write_all(head.as_bytes()).await?;
        writer.write_all(body.as_bytes()).await?;
        anyhow::Ok(writer)
    });
    let length = reader.head().await?;
    let mut answers = Vec::new();
    reader
        .body(length, |piece| answers.extend_from_slice(piece))
        .await?;
    drop(sender.await??);
    let accepted = memchr::memmem::find_iter(&answers, "\"due_at\"").count();
    ensure!(
        accepted == MESSAGES,
        "{accepted} of {MESSAGES} were scheduled"
    );
    Ok(())
}

fn since_1970() -> Result<Duration> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted_however_the_bytes_are_split() {
        let stream =
            b"event: welcome\ndata: {}\n\nid: e-1\ndata: later\n\nid: e-2\ndata: later\n\n";
        for cut in 0..stream.len() {
            let mut line = Vec::new();
            let count = messages(&mut line, &stream[..cut]) + messages(&mut line, &stream[cut..]);
            assert_eq!(count, 2);
        }
    }
}
