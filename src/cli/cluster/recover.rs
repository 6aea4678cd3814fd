//! `tidings cluster recover`.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::Context;
use clap::Args;

use super::of::{self, Data, Of};
use crate::cli::runtime::block_on;
use crate::log::OfflineLog;

/// The log that goes on, and the cluster.
#[derive(Args)]
pub struct Recover {
    #[command(flatten)]
    data: Data,

    /// Delete the stream that is there, with all its records.
    #[arg(long)]
    delete_stream: bool,

    #[command(flatten)]
    of: Of,
}

/// Makes a new stream that goes on after the log of a node.
pub fn run(recover: Recover) -> anyhow::Result<ExitCode> {
    let log = OfflineLog::open(&recover.data.data_dir)?;
    let applied = log.applied().with_context(|| {
        format!(
            "{} belongs to a single server: `tidings cluster import` makes it a part of a cluster",
            log.path().display()
        )
    })?;
    let delete = recover.delete_stream;
    let stream = block_on(async {
        let admin = recover.of.connect().await?;
        Ok(admin.recover(log.log_id(), applied.place, delete).await?)
    })?;
    log.go_on_after(stream.before_first)?;
    of::print(&stream)?;
    writeln!(
        io::stdout(),
        "the stream goes on after {}, with {} messages. Now start this node, then the others: they copy its log",
        log.path().display(),
        log.messages()
    )?;
    Ok(ExitCode::SUCCESS)
}
