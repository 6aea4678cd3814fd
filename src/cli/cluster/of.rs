//! The cluster that a command works on, and what it says about the stream.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use anyhow::Context;
use clap::{Args, Command};

use crate::{
    cluster::{Admin, PreparedStream},
    config::ClusterSettings,
};

/// The NATS servers and the stream.
#[derive(Args)]
pub struct Of {
    /// TOML file of the server, to read the settings of the cluster from it. Default: tidings.toml in the current folder,
    /// if it exists.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(flatten)]
    pub settings: ClusterSettings,
}

/// The data folder of a server that does not run.
#[derive(Args)]
pub struct Data {
    /// Data folder of the server. The server must not run.
    #[arg(long, default_value = "tidings-data", value_name = "FOLDER")]
    pub data_dir: PathBuf,
}

/// Hides the settings of a cluster that only a server needs.
pub fn hide_others(command: Command) -> Command {
    let hide = |name| {
        move |arg: clap::Arg| {
            if arg.get_id() == name {
                arg.hide(true)
            } else {
                arg
            }
        }
    };
    command
        .mut_args(hide("advertise"))
        .mut_args(hide("cluster_rejoin"))
}

impl Of {
    /// Connects to the NATS servers.
    pub async fn connect(&self) -> anyhow::Result<Admin> {
        self.settings.check_connection()?;
        let admin = Admin::connect(&self.settings).await;
        admin.context("the NATS servers can't be used")
    }
}

/// Says what the stream is and what was checked.
pub fn print(stream: &PreparedStream) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    write_to(&mut out, stream).context("the result could not be printed")
}

fn write_to(out: &mut impl Write, stream: &PreparedStream) -> io::Result<()> {
    let what = if stream.was_there {
        "is there"
    } else {
        "was made"
    };
    writeln!(
        out,
        "the stream {} {what}: log {}, copies on {} NATS servers",
        stream.name, stream.log_id, stream.replicas
    )?;
    writeln!(
        out,
        "checked: the version and the largest message of the NATS server, and that the stream keeps every record"
    )?;
    if !stream.safe_servers.is_empty() {
        let names = stream.safe_servers.join(", ");
        writeln!(out, "these write to the disk before they confirm: {names}")?;
    }
    let weaknesses = stream.weaknesses.iter();
    weaknesses
        .into_iter()
        .try_for_each(|text| writeln!(out, "weak: {text}"))
}
