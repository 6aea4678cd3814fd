//! What the system knows of this process.

use std::fs;

use rustix::{
    process::{Resource, getrlimit},
    time::{ClockId, clock_gettime},
};

/// See the module documentation. What can't be read is left out.
pub struct Process {
    pub resident_bytes: Option<u64>,
    pub cpu_seconds: f64,
    pub open_fds: Option<u64>,
    pub max_fds: Option<u64>,
}

impl Process {
    /// Reads all numbers. Blocks for a moment.
    pub fn read() -> Self {
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        Self {
            resident_bytes: memory("VmRSS:"),
            cpu_seconds: cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9,
            open_fds: open_descriptors(),
            max_fds: getrlimit(Resource::Nofile).current,
        }
    }
}

/// A kind of memory of this process in bytes, by its name in proc_pid_status(5). Linux only.
pub fn memory(kind: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(kind))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    Some(kilobytes << 10)
}

/// The open file descriptors of this process. Newer kernels give the number as the size of a folder. Counting a hundred
/// thousand names takes long.
pub fn open_descriptors() -> Option<u64> {
    match fs::metadata("/proc/self/fd").map_or(0, |folder| folder.len()) {
        // Without the descriptor by which the folder is read.
        0 => Some((fs::read_dir("/dev/fd").ok()?.count() as u64).saturating_sub(1)),
        open => Some(open),
    }
}
