//! `make bench`: what Tidings does, and what the same costs by hand, measured in one run.
//!
//! Each scenario runs its variants in turn, several rounds of them, and reports the medians: whatever
//! else the machine does meanwhile meets them all alike. A time means little on another machine; a ratio
//! to a floor of the same run does. docs/performance.md says what each scenario is.

mod batch;
mod by_hand;
mod durable;
mod fill;
mod http;
mod machine;
mod replay;
mod report;
mod resume;
mod server;
mod stream;

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use machine::Machine;
use report::Report;

/// Measures Tidings against what the machine itself costs.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Options {
    /// The large sizes too: a million messages replayed, ten million stored.
    #[arg(long)]
    full: bool,

    /// Rounds of each scenario; its figures are their medians.
    #[arg(long, default_value_t = 3, value_name = "N",
          value_parser = clap::value_parser!(u64).range(1..=100))]
    rounds: u64,

    /// Folder for the logs that are written meanwhile. What counts is the disk that it is on.
    #[arg(long, default_value = "target/bench", value_name = "FOLDER")]
    folder: PathBuf,

    /// Where the figures go as JSON.
    #[arg(long, default_value = "target/bench.json", value_name = "FILE")]
    json: PathBuf,

    /// Only these scenarios.
    #[arg(value_enum)]
    only: Vec<Scenario>,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Scenario {
    Durable,
    Batch,
    Replay,
    Resume,
}

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).peekable();
    if arguments.next_if(|first| first == server::PART).is_some() {
        return server::run(arguments);
    }
    let options = Options::parse();
    fs::create_dir_all(&options.folder)
        .with_context(|| format!("can't make {}", options.folder.display()))?;
    let folder = tempfile::tempdir_in(&options.folder)?;
    let mut report = Report::new(Machine::look(folder.path()), options.full, options.rounds);
    println!("{}", report.machine());
    let runtime = tokio::runtime::Runtime::new()?;
    let setting = Setting {
        folder: folder.path().to_owned(),
        full: options.full,
        rounds: options.rounds,
    };
    for scenario in Scenario::value_variants() {
        if options.only.is_empty() || options.only.contains(scenario) {
            let rows = match scenario {
                Scenario::Durable => durable::measure(&setting, &runtime),
                Scenario::Batch => batch::measure(&setting, &runtime),
                Scenario::Replay => replay::measure(&setting, &runtime),
                Scenario::Resume => resume::measure(&setting, &runtime),
            };
            report.add(rows?);
        }
    }
    report.end();
    println!("{}", report.table());
    fs::write(&options.json, report.json()?)
        .with_context(|| format!("can't write {}", options.json.display()))
}

/// What all scenarios are told.
#[derive(Clone, Debug)]
struct Setting {
    /// On the disk that is measured.
    folder: PathBuf,
    /// The large sizes.
    full: bool,
    rounds: u64,
}
