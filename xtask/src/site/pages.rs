//! The pages as wasm: compiled, with bindings, and optimised.

use super::Folders;
use anyhow::{Context, Result, bail, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use wasm_bindgen_cli_support::Bindgen;

/// Features that the compiler may use, which the optimiser must know too. Every browser since 2022 has them.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// The output for the browser.
pub struct Bound {
    /// The JavaScript that loads the wasm.
    pub script: Vec<u8>,
    /// The wasm.
    pub wasm: Vec<u8>,
}

/// Compiles the pages with cargo.
pub fn compile(folders: &Folders) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(&folders.root)
        .args([
            "build",
            "--package",
            "app",
            "--lib",
            "--features",
            "hydrate",
        ])
        .args([
            "--target",
            "wasm32-unknown-unknown",
            "--profile",
            "wasm-release",
        ])
        .status()
        .context("starting cargo")?;
    ensure!(status.success(), "the pages do not compile");
    Ok(folders
        .target
        .join("wasm32-unknown-unknown/wasm-release/app.wasm"))
}

/// Generates the bindings and optimises the wasm.
///
/// wasm-bindgen is used as a library, so that its version is always the one in Cargo.lock.
pub fn bind(folders: &Folders, compiled: &Path) -> Result<Bound> {
    let out = folders.target.join("site-parts");
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    let mut bindgen = Bindgen::new();
    bindgen.input_path(compiled).web(true)?;
    bindgen.remove_name_section(true);
    bindgen.remove_producers_section(true);
    bindgen
        .typescript(false)
        .generate(&out)
        .context("making the bindings")?;
    if out.join("snippets").exists() {
        bail!(
            "a dependency brings a script of its own, which this build can't name by its content"
        );
    }
    Ok(Bound {
        script: fs::read(out.join("app.js"))?,
        wasm: optimise(folders, &out)?,
    })
}

fn optimise(folders: &Folders, out: &Path) -> Result<Vec<u8>> {
    let tool = folders.node_modules.join(".bin/wasm-opt");
    let optimised = out.join("optimised.wasm");
    let status = Command::new(&tool)
        // Views of different types compile to functions that differ in a few constants, which are merged. Functions
        // with one caller are not inlined, because they are similar to others, and compress better.
        .args(["--one-caller-inline-max-function-size=0"])
        // Flattening and recreating the control flow makes more functions equal, so they are merged again.
        .args(["--merge-similar-functions", "--flatten", "--rereloop"])
        .args(["-Oz", "-Oz"])
        .args(FEATURES)
        .arg(out.join("app_bg.wasm"))
        .arg("--output")
        .arg(&optimised)
        .status()
        .with_context(|| format!("starting {}: run `make setup`", tool.display()))?;
    ensure!(status.success(), "wasm-opt refuses the pages");
    Ok(fs::read(optimised)?)
}
