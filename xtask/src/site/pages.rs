//! The pages as wasm: compiled, split into parts, with bindings, and optimised.

use super::{
    Folders, bindings,
    names::{FEATURES, MAIN},
    script, shared,
    split::split,
};
use anyhow::{Context, Result, anyhow, ensure};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
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

/// Optimises the files, as many at a time as there are processors.
fn optimise_all(
    folders: &Folders,
    out: &Path,
    mut files: Vec<String>,
) -> Result<BTreeMap<String, Vec<u8>>> {
    // The largest first, so that none of them is the only one that is left at the end.
    let size = |name: &String| fs::metadata(out.join(name)).map_or(0, |file| file.len());
    files.sort_by_key(|name| std::cmp::Reverse(size(name)));
    let waiting = Mutex::new(files.into_iter());
    let next = || waiting.lock().ok()?.next();
    let work = || {
        let mut done = Vec::new();
        while let Some(name) = next() {
            let bytes = optimise(folders, &out.join(&name))?;
            done.push((name, bytes));
        }
        anyhow::Ok(done)
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let mut all = BTreeMap::new();
        for worker in running {
            let done = worker.join().map_err(|_| anyhow!("a thread has ended"))?;
            all.extend(done?);
        }
        Ok(all)
    })
}

fn optimise(folders: &Folders, input: &Path) -> Result<Vec<u8>> {
    let tool = folders.node_modules.join(".bin/wasm-opt");
    let optimised = input.with_extension("optimised.wasm");
    let output = Command::new(&tool)
        // Flattening and recreating the control flow makes functions smaller, and more of them equal.
        .args(["--flatten", "--rereloop"])
        // The stack is at the beginning of the memory, and grows downwards.
        .arg("--low-memory-unused")
        .args(["-Oz", "-Oz"])
        .args(["--strip-producers", "--strip-target-features"])
        .args(FEATURES)
        .arg(input)
        .arg("--output")
        .arg(&optimised)
        .output()
        .with_context(|| format!("starting {}: run `make setup`", tool.display()))?;
    ensure!(
        output.status.success(),
        "wasm-opt refuses {}: {}",
        input.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(fs::read(optimised)?)
}
