//! `make bench`: what Tidings does, and what the same costs by hand, measured in one run.
//!
//! Each scenario runs its variants in turn, several rounds of them, and reports the medians: whatever
//! else the machine does meanwhile meets them all alike. A time means little on another machine; a ratio
//! to a floor of the same run does. docs/performance.md says what each scenario is.

mod accept;
mod batch;
mod by_hand;
mod chart;
mod check;
mod contender;
mod direct;
mod durable;
mod fanout;
mod fill;
mod flame;
mod floor;
mod heartbeats;
mod histogram;
mod http;
mod known;
mod listeners;
mod load;
mod machine;
mod memory;
mod million;
mod notes;
mod part;
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
mod svg;

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

/// The same as the server has: some scenarios run parts of it here.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

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

    /// Where the chart goes.
    #[arg(long, default_value = "target/bench.svg", value_name = "FILE")]
    chart: PathBuf,

    /// The first rounds in which peers take part, where they are installed. 0: none.
    #[arg(long, default_value_t = 1, value_name = "N")]
    peer_rounds: u64,

    /// The program that is measured as Tidings, such as target/release/tidings of another checkout. Default:
    /// the one that was built beside this program.
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,

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
    Memory,
    Fanout,
    Direct,
    Known,
    Accept,
    Slow,
    Heartbeats,
    Start,
    Million,
}

impl Options {
    fn chosen(&self) -> Vec<Scenario> {
        let all = Scenario::value_variants().iter().copied();
        all.filter(|scenario| self.only.is_empty() || self.only.contains(scenario))
            .collect()
    }
}

impl Scenario {
    /// Whether peers take turns with Tidings.
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
            Self::Slow => slow::measure(setting),
            Self::Heartbeats => heartbeats::measure(setting),
            Self::Start => start::measure(setting),
            Self::Million => million::measure(setting),
        }
    }
}

fn main() -> Result<()> {
    // A stream takes a descriptor on either side. Where they can't be had, fewer listeners come, and that is said.
    let _ = tidings::server::fd_limit::raise();
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next().as_deref().and_then(OsStr::to_str) {
        Some(load::PART) => return load::run(arguments),
        Some(floor::PART) => return floor::run(),
        Some(check::PART) => return check::run(),
        Some(flame::PART) => return flame::run(),
        _ => {}
    }
    measure(&Options::parse())
}

/// Measures what was chosen, and writes down what was found.
fn measure(options: &Options) -> Result<()> {
    fs::create_dir_all(&options.folder)
        .with_context(|| format!("can't make {}", options.folder.display()))?;
    let folder = tempfile::tempdir_in(&options.folder)?;
    let mut report = Report::new(Machine::look(folder.path()), options.full, options.rounds);
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
        let what = "is not there: `make bench-peers` installs it";
        missing.for_each(|kind| setting.notes.add(format!("{} {what}", kind.name())));
    }
    let runtime = tokio::runtime::Runtime::new()?;
    let mut failed = false;
    for scenario in chosen {
        let began = Instant::now();
        // One that fails does not take with it what the others have found.
        match scenario.measure(&setting, &runtime) {
            Ok(rows) => report.add(rows),
            Err(error) => {
                failed = true;
                setting.notes.add(format!("{scenario:?} FAILED: {error:#}"));
            }
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
    ensure!(!failed, "not all has held");
    Ok(())
}

/// What all scenarios are told.
#[derive(Clone, Debug)]
struct Setting {
    /// On the disk that is measured.
    folder: PathBuf,
    /// The large sizes.
    full: bool,
    rounds: u64,
    peer_rounds: u64,
    /// The program that is measured.
    server: PathBuf,
    notes: Notes,
}
