//! `tidings cluster create`.

use std::process::ExitCode;

use clap::Args;

use super::of::{self, Of};
use crate::cli::runtime::block_on;

/// The cluster.
#[derive(Args)]
pub struct Create {
    #[command(flatten)]
    of: Of,
}

/// Makes the stream, if there is none.
pub fn run(create: Create) -> anyhow::Result<ExitCode> {
    let stream = block_on(async { Ok(create.of.connect().await?.create().await?) })?;
    of::print(&stream)?;
    Ok(ExitCode::SUCCESS)
}
