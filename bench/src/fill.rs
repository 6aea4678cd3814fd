//! Messages for measurements, and logs filled with them.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result};
use tidings::{
    log::{Entry, Log, LogOptions, Openings},
    message::{Audience, ClientId, Data, Draft, Message, Topic},
};

/// Messages per commit while a log is filled.
const AT_ONCE: u64 = 4_096;

/// A text of a hundred bytes.
pub fn small() -> Arc<str> {
    "x".repeat(100).into()
}

/// A text that makes a push about 300 bytes long.
pub fn middling() -> Arc<str> {
    "x".repeat(240).into()
}

/// Opens the log of a folder without connections.
pub fn open(options: LogOptions) -> Result<Log> {
    let tail = |_: &Openings, messages: &[Arc<Message>]| vec![0; messages.len()];
    let failed = |reason: String| {
        eprintln!("the log has failed: {reason}");
        std::process::exit(1);
    };
    Ok(Log::open(options, tail, failed)?)
}

/// Options without the limits of retention, which would remove messages during the measurement.
pub fn options(folder: &Path) -> LogOptions {
    LogOptions {
        max_bytes: 1 << 40,
        ..LogOptions::new(folder)
    }
}

/// An entry for an audience.
pub fn entry(audience: Audience, data: &Arc<str>) -> Entry {
    Entry::new(Draft {
        audience,
        event: None,
        data: Data::Text(Arc::clone(data)),
        ttl: None,
        update: None,
        handling: None,
    })
}

/// A client as audience.
pub fn client(name: &str) -> Result<Audience> {
    let id = ClientId::parse(name).context("a name of a client")?;
    Ok(Audience::Client(id))
}

/// A topic as audience.
pub fn topic(name: &str) -> Result<Audience> {
    let topic = Topic::parse(name).context("a name of a topic")?;
    Ok(Audience::Topic(topic))
}

/// Appends this many small messages. `to` returns the audience for each number, starting at 1.
pub fn fill(log: &Log, count: u64, to: impl Fn(u64) -> Result<Audience>) -> Result<()> {
    let data = small();
    for first in (1..=count).step_by(AT_ONCE as usize) {
        let numbers = first..=count.min(first + AT_ONCE - 1);
        let entries = numbers.map(|number| Ok(entry(to(number)?, &data)));
        for outcome in log.append_batch_blocking(entries.collect::<Result<_>>()?) {
            outcome?;
        }
    }
    Ok(())
}
