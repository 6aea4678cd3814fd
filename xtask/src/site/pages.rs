//! The pages as wasm: compiled, split into parts, with bindings, and optimised.

use super::{
    Folders, bindings, names::MAIN, order::with_names_in_order, script, shared, split::split,
};
use anyhow::{Context, Result, anyhow, ensure};
use std::{
    cmp::Reverse,
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

/// The module that starts the pages.
const BOOT: &str = "boot.js";

/// The output for the browser.
pub struct Bound {
    /// The JavaScript that loads the wasm. It has the names of the files below.
    pub script: String,
    /// The wasm of each part, by the name of the file.
    pub wasm: BTreeMap<String, Vec<u8>>,
    /// The files that each part needs besides the main one, by the name of the part.
    pub parts: BTreeMap<String, Vec<String>>,
}

/// Compiles the pages with cargo: `.cargo/config.toml` says how.
pub fn compile(folders: &Folders) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(&folders.root)
        .arg("pages")
        .status()
        .context("starting cargo")?;
    ensure!(status.success(), "the pages do not compile");
    Ok(folders
        .target
        .join("wasm32-unknown-unknown/wasm-release/app.wasm"))
}

/// Splits the wasm, generates the bindings and optimises each part.
pub fn bind(folders: &Folders, compiled: &Path, boot: &str) -> Result<Bound> {
    let out = folders.target.join("site-parts");
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    fs::create_dir_all(&out)?;
    let mut split = split(compiled, &out)?;
    let common = shared::put_together(folders, &out, &mut split)?;
    bindings::bind(&split.main, &out)?;
    shared::add_to_main(folders, &out, &common)?;
    let mut files = split.files;
    files.push(MAIN.to_owned());
    let wasm = optimise_all(folders, &out, files)?;
    bindings::remove_unused(&out, &wasm)?;
    fs::write(out.join(BOOT), boot)?;
    Ok(Bound {
        script: script::bundle_boot(folders, &out.join(BOOT))?,
        wasm,
        parts: split.parts,
    })
}

/// Optimises the files, with a process for each processor.
fn optimise_all(
    folders: &Folders,
    out: &Path,
    files: Vec<String>,
) -> Result<BTreeMap<String, Vec<u8>>> {
    let processes = thread::available_parallelism().map_or(1, usize::from);
    let sizes = files.into_iter().map(|name| {
        let size = fs::metadata(out.join(&name)).map_or(0, |file| file.len());
        (size, name)
    });
    let shares = divide(sizes.collect(), processes);
    thread::scope(|scope| {
        let running: Vec<_> = shares
            .iter()
            .map(|share| scope.spawn(|| optimise(folders, out, share)))
            .collect();
        let mut all = BTreeMap::new();
        for process in running {
            let done = process.join().map_err(|_| anyhow!("a thread has ended"))?;
            all.extend(done?);
        }
        Ok(all)
    })
}

/// Divides files into shares of about the same size.
fn divide(mut files: Vec<(u64, String)>, count: usize) -> Vec<Vec<String>> {
    files.sort_by_key(|(size, _)| Reverse(*size));
    let mut shares = vec![(0, Vec::new()); count];
    for (size, name) in files {
        if let Some((total, share)) = shares.iter_mut().min_by_key(|(total, _)| *total) {
            *total += size;
            share.push(name);
        }
    }
    shares.into_iter().map(|(_, share)| share).collect()
}

/// Optimises files, and then puts their functions into an order in which they compress better.
fn optimise(folders: &Folders, out: &Path, files: &[String]) -> Result<Vec<(String, Vec<u8>)>> {
    let paths: Vec<PathBuf> = files.iter().map(|name| out.join(name)).collect();
    let mut named = Vec::new();
    for path in binaryen(folders, "optimise", &paths)? {
        fs::write(&path, with_names_in_order(&fs::read(&path)?)?)?;
        named.push(path);
    }
    let ordered = binaryen(folders, "order", &named)?;
    let read = |(name, path): (&String, &PathBuf)| Ok((name.clone(), fs::read(path)?));
    files.iter().zip(&ordered).map(read).collect()
}

/// Runs a step of Binaryen for files. Returns those that it has written, in the same order.
fn binaryen(folders: &Folders, step: &str, files: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let output = Command::new("node")
        .arg(folders.root.join("xtask/src/site/optimise.mjs"))
        .arg(folders.node_modules.join("binaryen/index.js"))
        .arg(step)
        .args(files)
        .output()
        .context("starting node: run `make setup`")?;
    ensure!(
        output.status.success(),
        "Binaryen can't {step} the pages: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let written = |file: &PathBuf| {
        let mut name = file.clone().into_os_string();
        name.push(".");
        name.push(step);
        PathBuf::from(name)
    };
    Ok(files.iter().map(written).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_about_equal_and_have_each_file_once() {
        let files: Vec<(u64, String)> = (1..=20).map(|size| (size, size.to_string())).collect();
        let shares = divide(files, 3);
        let total = |share: &Vec<String>| -> u64 {
            share
                .iter()
                .filter_map(|name| name.parse::<u64>().ok())
                .sum()
        };
        assert_eq!(shares.iter().map(total).collect::<Vec<_>>(), [71, 70, 69]);
        assert_eq!(shares.concat().len(), 20);
    }
}
