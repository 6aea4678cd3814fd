//! `tidings cluster`.

mod create;
mod import;
mod of;
mod recover;
mod status;

use std::{ffi::OsString, process::ExitCode};

use crate::config::{self, ConfigError};
use clap::{ArgMatches, Command, FromArgMatches, Subcommand};

/// The subcommands of `tidings cluster`.
#[derive(Subcommand)]
pub enum Cluster {
    /// Show the nodes and the stream of a cluster
    ///
    /// Asks one node. Exit codes: 0 all is well, 1 a node is not ready or something is weak, 2 the node did not answer.
    Status(status::Status),
    /// Make the stream of a new cluster in NATS
    ///
    /// Checks the NATS servers and makes the stream, if there is none yet. A node does the same at its first start, so
    /// this command is only needed to see beforehand that everything is right, or if nodes may not make streams.
    Create(create::Create),
    /// Make the log of a single server the beginning of a new cluster
    ///
    /// Stop the server first. All messages, inboxes, jobs and cursors stay as they are. Afterwards start it with --cluster
    /// and --node, and then the other nodes with empty data folders: they copy the log. A copy of the data folder from
    /// before is the only way back. The stream must be new. The command may be repeated if it was interrupted.
    Import(import::Import),
    /// Begin a new stream after the old one was lost or put back to an older copy
    ///
    /// Stop all nodes, and run this at one of them: best the one that has the most. Its log becomes the log of the
    /// cluster, and its messages, inboxes, jobs and cursors stay. Then start that node, and the others after it: they copy
    /// its log.
    ///
    /// What is lost: changes that were in the old stream and that this node had not applied. A node that has some of them
    /// says so and does not join until it is started with --cluster-rejoin. Its old log is kept in its data folder under
    /// another name. Readers that have received messages that are lost now get an event `gap`.
    Recover(recover::Recover),
}

/// Lets the subcommands that connect to NATS read their settings as `serve` does: from `tidings.toml` and the environment.
pub fn with_settings(cluster: Command, args: &[OsString]) -> Result<Command, ConfigError> {
    let mut cluster = cluster;
    for name in ["create", "import", "recover"] {
        cluster = cluster.mut_subcommand(name, |command| {
            of::hide_others(config::with_environment(command))
        });
    }
    match args.get(2).and_then(|name| name.to_str()) {
        Some(name @ ("create" | "import" | "recover")) => config::with_file(cluster, name, args),
        _ => Ok(cluster),
    }
}

/// Runs the subcommand. Returns the exit code of the program.
pub fn run(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    match Cluster::from_arg_matches(matches)? {
        Cluster::Status(status) => Ok(status::run(&status)),
        Cluster::Create(create) => create::run(create),
        Cluster::Import(import) => import::run(import),
        Cluster::Recover(recover) => recover::run(recover),
    }
}
