//! `tidings cluster import`.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::bail;
use clap::Args;

use super::of::{self, Data, Of};
use crate::cli::runtime::block_on;
use crate::log::OfflineLog;

/// The log and the cluster.
#[derive(Args)]
pub struct Import {
    #[command(flatten)]
    data: Data,

    #[command(flatten)]
    of: Of,
}

/// Makes the stream for a log, then makes the log a part of the cluster.
pub fn run(import: Import) -> anyhow::Result<ExitCode> {
    let log = OfflineLog::open(&import.data.data_dir)?;
    if log.applied().is_some() {
        bail!(
            "{} belongs to a cluster already: start it with --cluster",
            log.path().display()
        );
    }
    let stream = block_on(async { Ok(import.of.connect().await?.import(log.log_id()).await?) })?;
    // The stream comes first. A log that were in a cluster without a stream could be served by nobody.
    log.go_on_after(stream.before_first)?;
    of::print(&stream)?;
    writeln!(
        io::stdout(),
        "{} is the first log of the cluster, with {} messages. Now start this server with --cluster and --node, then the other nodes with empty data folders",
        log.path().display(),
        log.messages()
    )?;
    Ok(ExitCode::SUCCESS)
}
