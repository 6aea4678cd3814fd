//! `make bench`: measures Tidings and baselines of the same work in one run.
//!
//! Each scenario runs its variants in turn for several rounds and reports medians, so that other load on the machine
//! affects all variants alike. An absolute time means little on another machine, but the ratio to a floor of the same
//! run does. docs/performance.md describes each scenario.

mod accept;
mod access;
mod baseline;
mod batch;
mod chart;
mod check;
mod cluster;
mod concurrent;
mod contender;
mod deploy;
mod direct;
mod durable;
mod fanout;
mod fill;
mod floor;
mod guesses;
mod heartbeats;
mod histogram;
mod hooks;
mod http;
mod kernel_costs;
mod known;
mod later;
mod listeners;
mod load;
mod machine;
mod median;
mod memory;
mod million;
mod model;
mod notes;
mod patterns;
mod payload;
mod processes;
mod publisher;
mod replay;
mod report;
mod resume;
mod rounds;
mod server;
mod slow;
mod stage;
mod start;
mod stream;
mod subprocess;
mod tls;
mod topics;

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};
use contender::Kind;
use machine::Machine;
use notes::Notes;
use report::{Report, Row};
use tokio::runtime::Runtime;

/// The allocator of the server, because some scenarios run parts of it in this process.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Measures Tidings and compares it with the minimum cost on this machine.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Options {
    /// Run the large sizes too: a million messages replayed, ten million stored.
    #[arg(long)]
    full: bool,

    /// Rounds of each scenario. The results are the medians.
    #[arg(long, default_value_t = 3, value_name = "N",
          value_parser = clap::value_parser!(u64).range(1..=100))]
    rounds: u64,

    /// Folder for the logs that are written. Its disk affects the results.
    #[arg(long, default_value = "target/bench", value_name = "FOLDER")]
    folder: PathBuf,

    /// File for the results as JSON.
    #[arg(long, default_value = "target/bench.json", value_name = "FILE")]
    json: PathBuf,

    /// File for the chart.
    #[arg(long, default_value = "target/bench.svg", value_name = "FILE")]
    chart: PathBuf,

    /// Number of rounds in which installed peers take part. 0: peers are not measured.
    #[arg(long, default_value_t = 1, value_name = "N")]
    peer_rounds: u64,

    /// Binary to measure as Tidings, for example target/release/tidings of another checkout. Default: the one that was
    /// built with this program.
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,

    /// Run only these scenarios.
    #[arg(value_enum)]
    only: Vec<Scenario>,
}

/// The scenarios.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Scenario {
    Durable,
    Batch,
    Replay,
    Resume,
    Memory,
    Fanout,
    Direct,
    Known,
    Accept,
    Access,
    Slow,
    Heartbeats,
    Start,
    Million,
    Deploy,
    Cluster,
    Tls,
    Patterns,
    Topics,
    Hooks,
    Later,
    Model,
}

impl Options {
    fn chosen(&self) -> Vec<Scenario> {
        let all = Scenario::value_variants().iter().copied();
        all.filter(|scenario| self.only.is_empty() || self.only.contains(scenario))
            .collect()
    }
}

impl Scenario {
    /// Whether peers are measured too.
    fn has_peers(self) -> bool {
        matches!(
            self,
            Self::Memory | Self::Fanout | Self::Direct | Self::Accept
        )
    }

    fn measure(self, setting: &Setting, runtime: &Runtime) -> Result<Vec<Row>> {
        match self {
            Self::Durable => durable::measure(setting, runtime),
            Self::Batch => batch::measure(setting, runtime),
            Self::Replay => replay::measure(setting, runtime),
            Self::Resume => resume::measure(setting, runtime),
            Self::Memory => memory::measure(setting),
            Self::Fanout => fanout::measure(setting),
            Self::Direct => direct::measure(setting),
            Self::Known => known::measure(setting),
            Self::Accept => accept::measure(setting),
            Self::Access => access::measure(setting, runtime),
            Self::Slow => slow::measure(setting),
            Self::Heartbeats => heartbeats::measure(setting),
            Self::Start => start::measure(setting),
            Self::Million => million::measure(setting),
            Self::Deploy => deploy::measure(setting, runtime),
            Self::Cluster => cluster::measure(setting, runtime),
            Self::Tls => tls::measure(setting, runtime),
            Self::Patterns => patterns::measure(setting),
            Self::Topics => topics::measure(setting),
            Self::Hooks => hooks::measure(setting, runtime),
            Self::Later => later::measure(setting, runtime),
            Self::Model => model::measure(setting, runtime),
        }
    }
}

fn main() -> Result<()> {
    // A stream needs a descriptor on either side. If the limit is too low, fewer listeners connect, and a note says so.
    let _ = tidings::server::fd_limit::raise();
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next().as_deref().and_then(OsStr::to_str) {
        Some(load::SUBCOMMAND) => return load::run(arguments),
        Some(floor::SUBCOMMAND) => return floor::run(),
        Some(check::SUBCOMMAND) => return check::run(),
        _ => {}
    }
    measure(&Options::parse())
}

/// Runs the selected scenarios, and writes the results.
fn measure(options: &Options) -> Result<()> {
    fs::create_dir_all(&options.folder)
        .with_context(|| format!("can't make {}", options.folder.display()))?;
    let folder = tempfile::tempdir_in(&options.folder)?;
    let mut report = Report::new(Machine::look(folder.path())?, options.full, options.rounds);
    println!("{}", report.machine());
    let setting = Setting {
        folder: folder.path().to_owned(),
        full: options.full,
        rounds: options.rounds,
        peer_rounds: options.peer_rounds,
        server: server::program(options.server.clone())?,
        notes: Notes::default(),
    };
    let chosen = options.chosen();
    if chosen.iter().any(|scenario| scenario.has_peers()) && options.peer_rounds > 0 {
        let missing = Kind::ALL.into_iter().filter(|kind| !kind.is_there());
        let what = "is not there: `make bench-peers` installs it or says how";
        missing.for_each(|kind| setting.notes.add(format!("{} {what}", kind.name())));
    }
    let runtime = tokio::runtime::Runtime::new()?;
    for scenario in chosen {
        let began = Instant::now();
        // A scenario that fails does not affect the results of the others.
        match scenario.measure(&setting, &runtime) {
            Ok(rows) => report.add(rows),
            Err(error) => setting.notes.add_failure(&format!("{scenario:?}"), &error),
        }
        eprintln!("{scenario:?}: {} s", began.elapsed().as_secs());
    }
    report.end(setting.notes.take());
    println!("{}", report.table());
    let write = |path: &Path, text: String| {
        fs::write(path, text).with_context(|| format!("can't write {}", path.display()))
    };
    if let Some(chart) = chart::draw(&report) {
        write(&options.chart, chart)?;
    }
    write(&options.json, report.json()?)?;
    ensure!(!setting.notes.has_failure(), "not all has held");
    Ok(())
}

/// The settings of all scenarios.
#[derive(Clone, Debug)]
struct Setting {
    /// The folder on the disk to measure.
    folder: PathBuf,
    /// Whether to run the large sizes.
    full: bool,
    rounds: u64,
    peer_rounds: u64,
    /// The binary to measure.
    server: PathBuf,
    notes: Notes,
}
