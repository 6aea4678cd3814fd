//! What the processes of a server use: a server may be several.

use std::fs;

use crate::machine;

/// A process and all that it started.
#[derive(Clone, Debug)]
pub struct Processes(Vec<u32>);

impl Processes {
    /// A process and, as of now, its children and theirs.
    pub fn of(root: u32) -> Self {
        let parents = parents();
        let mut processes = vec![root];
        let mut next = 0;
        while let Some(&parent) = processes.get(next) {
            let children = parents.iter().filter(|(_, of)| *of == parent);
            processes.extend(children.map(|(child, _)| *child));
            next += 1;
        }
        Self(processes)
    }

    /// Seconds of processor time that they have used.
    pub fn cpu_seconds(&self) -> f64 {
        self.0
            .iter()
            .map(|process| machine::cpu_seconds(*process))
            .sum()
    }

    /// Bytes of memory that are theirs: what they share is counted once, in parts (PSS).
    pub fn memory(&self) -> f64 {
        self.0.iter().map(|process| memory(*process)).sum()
    }
}

fn memory(process: u32) -> f64 {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
    kilobytes.unwrap_or(0.0) * 1_024.0
}

/// Every process with its parent.
fn parents() -> Vec<(u32, u32)> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter_map(|id: u32| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // proc(5): the state and the parent stand after the name, which ends at the last bracket.
        let parent = stat.rsplit(')').next()?.split_whitespace().nth(1)?;
        Some((id, parent.parse().ok()?))
    })
    .collect()
}
