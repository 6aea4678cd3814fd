//! The machine on which the results were measured.

use std::{fmt, fs, path::Path};

use anyhow::Result;
use serde::Serialize;

use crate::kernel_costs::KernelCosts;

/// The properties of a machine that affect the results.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    cores: usize,
    processor: String,
    kernel: String,
    filesystem: String,
    kernel_costs: KernelCosts,
    /// The load average of the last minute before the run.
    load_before: f64,
    /// The same after the run, including the run itself.
    load_after: Option<f64>,
}

impl Machine {
    /// Describes this machine, and the file system of a folder. Takes a tenth of a second.
    pub fn look(folder: &Path) -> Result<Self> {
        Ok(Self {
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            processor: processor(),
            kernel: read("/proc/sys/kernel/osrelease"),
            filesystem: filesystem(folder),
            load_before: load(),
            load_after: None,
            kernel_costs: KernelCosts::measure()?,
        })
    }

    /// Reads the load average again.
    pub fn note_end(&mut self) {
        self.load_after = Some(load());
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} cores ({}), Linux {}, {}, load {:.1} before",
            self.cores, self.processor, self.kernel, self.filesystem, self.load_before
        )?;
        if let Some(after) = self.load_after {
            write!(f, " and {after:.1} after")?;
        }
        write!(f, "; {}", self.kernel_costs)
    }
}

/// Processor time that a process has used, in seconds.
pub fn cpu_seconds(process: u32) -> f64 {
    // proc(5): fields 14 and 15, in hundredths of a second. The name before them may contain anything, but it ends at
    // the last parenthesis.
    let stat = read(&format!("/proc/{process}/stat"));
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|field| field.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

/// Bytes that a process has caused to be written to the disk.
pub fn bytes_written(process: u32) -> f64 {
    let io = read(&format!("/proc/{process}/io"));
    let line = io
        .lines()
        .find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|number| number.parse().ok())
        .unwrap_or_default()
}

fn read(path: &str) -> String {
    fs::read_to_string(path)
        .unwrap_or_default()
        .trim()
        .to_owned()
}

fn processor() -> String {
    let info = read("/proc/cpuinfo");
    let line = info.lines().find(|line| line.starts_with("model name"));
    let name = line.and_then(|line| line.split(": ").nth(1));
    name.unwrap_or("unknown").to_owned()
}

fn load() -> f64 {
    let load = read("/proc/loadavg");
    let first = load.split_whitespace().next();
    first.and_then(|load| load.parse().ok()).unwrap_or_default()
}

/// The type and options of the file system that contains a folder.
fn filesystem(folder: &Path) -> String {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let mounts = read("/proc/mounts");
    let fields = mounts
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>());
    let above = fields.filter(|mount| mount.len() > 3 && folder.starts_with(mount[1]));
    let nearest = above.max_by_key(|mount| mount[1].len());
    nearest.map_or_else(
        || "unknown".to_owned(),
        |mount| format!("{} ({})", mount[2], mount[3]),
    )
}
