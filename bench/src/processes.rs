//! What the processes of a server use: a server may be several.

use std::fs;

use anyhow::Result;

use crate::machine;

/// Seconds of processor time that a process and all that it started have used.
pub fn cpu_seconds(root: u32) -> f64 {
    family(root).into_iter().map(machine::cpu_seconds).sum()
}

/// Bytes of memory that are theirs: what they share with others is counted in parts (PSS).
pub fn memory(root: u32) -> f64 {
    family(root).into_iter().map(held).sum()
}

/// Bytes that they have in memory at the most, since [`forget_peak`] or their start. The kernel keeps it, so it
/// costs nothing to know.
pub fn peak(root: u32) -> f64 {
    family(root)
        .into_iter()
        .map(|process| status(process, "VmHWM:"))
        .sum()
}

/// Bytes that they have in memory, as [`peak`] counts it.
pub fn resident(root: u32) -> f64 {
    family(root)
        .into_iter()
        .map(|process| status(process, "VmRSS:"))
        .sum()
}

/// Lets the peak begin at what they have in memory now.
pub fn forget_peak(root: u32) -> Result<()> {
    // proc(5), clear_refs.
    let mut family = family(root).into_iter();
    family.try_for_each(|process| Ok(fs::write(format!("/proc/{process}/clear_refs"), "5")?))
}

/// A process and, as of now, its children and theirs.
fn family(root: u32) -> Vec<u32> {
    let parents = parents();
    let mut family = vec![root];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        let children = parents.iter().filter(|(_, of)| *of == parent);
        family.extend(children.map(|(child, _)| *child));
        next += 1;
    }
    family
}

fn held(process: u32) -> f64 {
    bytes(&format!("/proc/{process}/smaps_rollup"), "Pss:")
}

fn status(process: u32, field: &str) -> f64 {
    bytes(&format!("/proc/{process}/status"), field)
}

/// A line of a file in which kilobytes stand after a name.
fn bytes(file: &str, field: &str) -> f64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
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
