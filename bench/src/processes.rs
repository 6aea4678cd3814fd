//! Resource usage of the processes of a server.

use std::fs;

use anyhow::Result;

use crate::machine;

/// Processor time of a process and its descendants, in seconds.
pub fn cpu_seconds(root: u32) -> f64 {
    process_tree(root)
        .into_iter()
        .map(machine::cpu_seconds)
        .sum()
}

/// Their memory in bytes. Shared pages are divided among their users (PSS).
pub fn memory(root: u32) -> f64 {
    process_tree(root).into_iter().map(resident_of).sum()
}

/// Their peak resident memory in bytes, since [`forget_peak`] or their start. The kernel maintains it, so reading it
/// costs nothing.
pub fn peak(root: u32) -> f64 {
    process_tree(root)
        .into_iter()
        .map(|process| status(process, "VmHWM:"))
        .sum()
}

/// Their resident memory in bytes, as counted by [`peak`].
pub fn resident(root: u32) -> f64 {
    process_tree(root)
        .into_iter()
        .map(|process| status(process, "VmRSS:"))
        .sum()
}

/// Resets the peak to the current resident memory.
pub fn forget_peak(root: u32) -> Result<()> {
    // proc(5), clear_refs.
    let mut process_tree = process_tree(root).into_iter();
    process_tree.try_for_each(|process| Ok(fs::write(format!("/proc/{process}/clear_refs"), "5")?))
}

/// A process and its current descendants.
fn process_tree(root: u32) -> Vec<u32> {
    let parents = parents();
    let mut process_tree = vec![root];
    let mut next = 0;
    while let Some(&parent) = process_tree.get(next) {
        let children = parents.iter().filter(|(_, of)| *of == parent);
        process_tree.extend(children.map(|(child, _)| *child));
        next += 1;
    }
    process_tree
}

fn resident_of(process: u32) -> f64 {
    bytes(&format!("/proc/{process}/smaps_rollup"), "Pss:")
}

fn status(process: u32, field: &str) -> f64 {
    bytes(&format!("/proc/{process}/status"), field)
}

/// A value in kilobytes, from a file with a name and a value in each line.
fn bytes(file: &str, field: &str) -> f64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
    kilobytes.unwrap_or(0.0) * 1_024.0
}

/// All processes with their parents.
fn parents() -> Vec<(u32, u32)> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter_map(|id: u32| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // proc(5): the state and the parent follow the name, which ends at the last parenthesis.
        let parent = stat.rsplit(')').next()?.split_whitespace().nth(1)?;
        Some((id, parent.parse().ok()?))
    })
    .collect()
}
