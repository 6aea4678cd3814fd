//! `tidings scheduled`: messages of a running server that are to be pushed later.

use std::io::{self, Write};

use app::wire::{ScheduledInfo, To};
use clap::{Args, Subcommand};

use super::{arguments::Remote, problem::api_error, runtime::block_on, table};
use crate::timestamp;

/// Messages that are asked for at once.
const PAGE: u32 = 500;

/// Characters of the data in the list.
const DATA: usize = 40;

/// The subcommands of `tidings scheduled`.
#[derive(Subcommand)]
pub enum Scheduled {
    /// List the messages that wait, in the order in which they are pushed
    List(List),
    /// Cancel a message that was not pushed yet
    Cancel(Cancel),
}

/// The list.
#[derive(Args)]
pub struct List {
    #[command(flatten)]
    remote: Remote,

    /// Print one JSON object per message.
    #[arg(long)]
    json: bool,
}

/// The message to cancel.
#[derive(Args)]
pub struct Cancel {
    /// Id of the message: see `tidings scheduled list`.
    id: String,

    #[command(flatten)]
    remote: Remote,
}

/// Runs the subcommand.
pub fn run(scheduled: Scheduled) -> anyhow::Result<()> {
    match scheduled {
        Scheduled::List(list) => run_list(&list),
        Scheduled::Cancel(Cancel { id, remote }) => {
            let api = remote.client()?;
            block_on(async { api.cancel_scheduled(&id).await.map_err(api_error) })
        }
    }
}

fn run_list(list: &List) -> anyhow::Result<()> {
    let api = list.remote.client()?;
    let found = block_on(async {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = api.scheduled_page(after.as_deref(), PAGE).await;
            let page = page.map_err(api_error)?;
            found.extend(page.scheduled);
            after = page.next;
            if after.is_none() {
                return Ok::<_, anyhow::Error>(found);
            }
        }
    })?;
    let mut out = io::stdout().lock();
    if list.json {
        for info in &found {
            writeln!(out, "{}", serde_json::to_string(info)?)?;
        }
        return Ok(());
    }
    table::print(&mut out, ["ID", "DUE", "TO", "DATA"], found.iter().map(row))?;
    Ok(())
}

fn row(info: &ScheduledInfo) -> [String; 4] {
    let to = match &info.to {
        To::Client(id) => format!("client {id}"),
        To::Clients(ids) => {
            let count = info.clients.unwrap_or(ids.len() as u64);
            format!("{count} clients")
        }
        To::Topic(topic) => format!("topic {topic}"),
        To::Everyone => "everyone".to_owned(),
    };
    let data: String = info.data.get().chars().take(DATA).collect();
    [info.id.clone(), timestamp::rfc3339(info.due_at), to, data]
}
