//! Splits the compiled pages into parts: `#[wasm_split]` in the code says where a part begins.
//!
//! Splitting comes before the bindings. The main part is bound and has the memory; the others are loaded into it by a
//! script that the split makes (`LINK`), which the bindings import.

use super::{
    names::{BINDINGS, LINK, MAIN},
    panics::without_messages,
};
use anyhow::{Context, Result};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use wasm_split_cli_support::{Options, transform};

/// The parts, in a folder.
pub struct Split {
    /// The main part, without bindings.
    pub main: PathBuf,
    /// The names of the other wasm files.
    pub files: Vec<String>,
    /// The files that each part needs, by its name. Parts share files.
    pub parts: BTreeMap<String, Vec<String>>,
}

/// Splits `compiled`, which was linked with `--emit-relocs`, into files in `out`.
pub fn split(compiled: &Path, out: &Path) -> Result<Split> {
    let compiled = fs::read(compiled).context("reading the compiled pages")?;
    let compiled = without_messages(compiled)?;
    let main = out.join(format!("unbound.{MAIN}"));
    let mut options = Options::new(&compiled);
    options.output_dir = out;
    options.main_out_path = &main;
    options.main_module = BINDINGS;
    options.link_name = LINK;
    let made = transform(options)
        .map_err(|error| anyhow::anyhow!("{error:?}"))
        .context("splitting the pages")?;
    let wasm = |stem: String| format!("{stem}.wasm");
    let parts = made.prefetch_map.into_iter().map(|(part, stems)| {
        let files = stems.into_iter().map(wasm);
        (part, files.collect())
    });
    let name = |path: PathBuf| {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        name.context("a file has a name")
    };
    Ok(Split {
        main,
        files: made
            .split_modules
            .into_iter()
            .map(name)
            .collect::<Result<_>>()?,
        parts: parts.collect(),
    })
}
