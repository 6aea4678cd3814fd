//! `tidings audit`: the audit trail of a running server.

mod print;

use std::{
    collections::VecDeque,
    io::{self, Write},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use app::{
    api::{AuditQuery, Client},
    wire::AuditInfo,
};
use clap::{Args, Subcommand};

use super::{arguments::Remote, duration, problem::api_error, runtime::block_on};
use print::{print_entries, print_entry};

/// Entries that are asked for at once.
const PAGE: u32 = 500;

/// How often `tail` asks for new entries.
const INTERVAL: Duration = Duration::from_secs(1);

/// Newest entries whose counts `tail` watches.
const WATCHED: usize = 200;

/// The subcommands of `tidings audit`.
#[derive(Subcommand)]
pub enum Audit {
    /// Print entries as they are written
    ///
    /// Begins with the newest ones, and goes on until Ctrl-C. An entry whose count has grown is printed again.
    Tail(Tail),
    /// List entries, newest first
    List(List),
    /// Print all entries as JSON, one a line, newest first
    Export(Export),
}

/// Which entries.
#[derive(Args)]
pub struct Filter {
    /// Only what this caller did: the id or the name of an API key, `admin-token`, `session`, or `local`.
    #[arg(long, value_name = "CALLER")]
    who: Option<String>,

    /// Only this action, such as push, recall or key.create.
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,

    /// Only what is about this client, alone or with others.
    #[arg(long, value_name = "ID")]
    client: Option<String>,

    /// Only what is about this topic.
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,

    /// Only entries with this outcome: ok, or the code of an error such as forbidden.
    #[arg(long, value_name = "OUTCOME")]
    outcome: Option<String>,

    /// Only entries of this last time, such as 7d, 12h or 30m.
    #[arg(long, value_name = "TIME", value_parser = duration::seconds)]
    last: Option<u64>,

    #[command(flatten)]
    remote: Remote,
}

/// Entries as they are written.
#[derive(Args)]
pub struct Tail {
    /// Entries to begin with, 0 to 500.
    #[arg(long, short = 'n', default_value_t = 10, value_name = "N",
          value_parser = clap::value_parser!(u32).range(0..=500))]
    lines: u32,

    /// Print each entry as JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    filter: Filter,
}

/// A list of entries.
#[derive(Args)]
pub struct List {
    /// Entries at most.
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,

    /// Print the entries as JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    filter: Filter,
}

/// All entries.
#[derive(Args)]
pub struct Export {
    #[command(flatten)]
    filter: Filter,
}

impl Filter {
    fn query(&self) -> AuditQuery {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let since = |seconds| now.saturating_sub(Duration::from_secs(seconds)).as_millis();
        AuditQuery {
            who: self.who.clone(),
            action: self.action.clone(),
            client: self.client.clone(),
            topic: self.topic.clone(),
            outcome: self.outcome.clone(),
            since: self.last.map(|seconds| since(seconds) as u64),
            ..AuditQuery::default()
        }
    }
}

/// Runs the subcommand.
pub fn run(audit: Audit) -> anyhow::Result<()> {
    match audit {
        Audit::Tail(tail) => run_tail(&tail),
        Audit::List(list) => {
            let mut entries = Vec::new();
            let most = list.limit as usize;
            each_page(&list.filter, list.limit.min(PAGE), |page| {
                entries.extend(page);
                Ok(entries.len() < most)
            })?;
            entries.truncate(most);
            print_entries(&entries, list.json)
        }
        Audit::Export(export) => each_page(&export.filter, PAGE, |page| {
            let mut out = io::BufWriter::new(io::stdout().lock());
            for entry in &page {
                serde_json::to_writer(&mut out, entry)?;
                out.write_all(b"\n")?;
            }
            out.flush()?;
            Ok(true)
        }),
    }
}

/// Calls `take` with each page, newest first, until it returns false.
fn each_page(
    filter: &Filter,
    limit: u32,
    mut take: impl FnMut(Vec<AuditInfo>) -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let api = filter.remote.client()?;
    let mut query = filter.query();
    query.limit = Some(limit);
    block_on(async {
        loop {
            let page = api.audit(&query).await.map_err(api_error)?;
            query.before = page.next;
            if !take(page.entries)? || query.before.is_none() {
                return Ok(());
            }
        }
    })
}

fn run_tail(tail: &Tail) -> anyhow::Result<()> {
    let api = tail.filter.remote.client()?;
    let query = tail.filter.query();
    block_on(async {
        tokio::select! {
            ended = follow(&api, query, tail) => ended,
            _ = tokio::signal::ctrl_c() => Ok(()),
        }
    })
}

/// Prints what is new, again and again.
async fn follow(api: &Client, mut query: AuditQuery, tail: &Tail) -> anyhow::Result<()> {
    let mut printed = Printed::default();
    let mut first = true;
    loop {
        query.limit = Some(PAGE);
        let mut entries = new_entries(api, query.clone(), &printed).await?;
        if std::mem::take(&mut first) {
            let old = entries.len().saturating_sub(tail.lines as usize);
            entries.drain(..old).for_each(|entry| printed.note(&entry));
        }
        for entry in entries.iter().filter(|entry| printed.is_new(entry)) {
            print_entry(entry, tail.json)?;
        }
        entries.iter().for_each(|entry| printed.note(entry));
        tokio::time::sleep(INTERVAL).await;
    }
}

/// The entries since the last look, and those before them whose counts may have grown, oldest first.
async fn new_entries(
    api: &Client,
    mut query: AuditQuery,
    printed: &Printed,
) -> anyhow::Result<Vec<AuditInfo>> {
    let mut entries = Vec::new();
    loop {
        let page = api.audit(&query).await.map_err(api_error)?;
        let oldest = page.entries.last().map(|entry| entry.number);
        entries.extend(page.entries);
        query.before = page.next;
        let is_known = oldest.is_some_and(|oldest| oldest <= printed.newest());
        if query.before.is_none() || is_known || printed.counts.is_empty() {
            entries.reverse();
            return Ok(entries);
        }
    }
}

/// The newest entries that were printed, with their counts, oldest first.
#[derive(Default)]
struct Printed {
    counts: VecDeque<(u64, u64)>,
}

impl Printed {
    fn newest(&self) -> u64 {
        self.counts.back().map_or(0, |(number, _)| *number)
    }

    fn is_new(&self, entry: &AuditInfo) -> bool {
        let known = self
            .counts
            .iter()
            .find(|(number, _)| *number == entry.number);
        match known {
            Some((_, count)) => entry.count > *count,
            None => entry.number > self.newest(),
        }
    }

    fn note(&mut self, entry: &AuditInfo) {
        let newest = self.newest();
        let known = self
            .counts
            .iter_mut()
            .find(|(number, _)| *number == entry.number);
        match known {
            Some((_, count)) => *count = entry.count,
            None if entry.number > newest => {
                self.counts.push_back((entry.number, entry.count));
                if self.counts.len() > WATCHED {
                    self.counts.pop_front();
                }
            }
            None => {}
        }
    }
}
