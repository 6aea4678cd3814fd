//! The site: all files that a browser loads, named after their content and compressed.
//!
//! `target/site/pkg/` has the files that pages link to, `target/site/` the files with well-known names, and
//! `target/site/manifest.json` maps names in the code to files.

mod binary;
mod bindings;
mod book;
mod compress;
mod fingerprint;
mod groups;
mod manifest;
mod names;
mod order;
mod pages;
mod panics;
mod script;
mod shared;
mod sizes;
mod split;
mod style;

use anyhow::{Context, Result, bail};
use book::{Book, Common};
use fingerprint::{Fingerprint, short_hash};
use manifest::Manifest;
use names::STYLE;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folders of a build.
struct Folders {
    root: PathBuf,
    /// Cargo's target folder.
    target: PathBuf,
    /// The folder that the server embeds.
    site: PathBuf,
    /// The folder of npm packages.
    node_modules: PathBuf,
}

impl Folders {
    fn of_workspace() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask has a folder above it")?
            .to_owned();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(target) => root.join(target),
            None => root.join("target"),
        };
        Ok(Self {
            site: root.join("target/site"),
            node_modules: root.join("end2end/node_modules"),
            target,
            root,
        })
    }
}

/// Builds the site if its sources have changed, and prints the sizes.
pub fn build() -> Result<()> {
    let folders = Folders::of_workspace()?;
    let compiled = pages::compile(&folders)?;
    let sources = Sources::read(&folders)?;
    let inputs = sources.fingerprint(&folders, &compiled)?;

    let manifest = match Manifest::current(&folders.site, &inputs) {
        Some(manifest) => manifest,
        None => make(&folders, &sources, &compiled, inputs)?,
    };
    sizes::print(&manifest)?;
    sizes::check(&manifest)
}

/// The sources besides the compiled pages.
struct Sources {
    style: String,
    /// The style that only some pages need.
    panel_style: String,
    book_style: String,
    book: Book,
    boot: String,
    /// The script of the API reference.
    reader: String,
    public: Vec<(String, Vec<u8>)>,
    /// Files for pages of other origins, by name.
    offered: [(&'static str, Vec<u8>); 2],
}

impl Sources {
    fn read(folders: &Folders) -> Result<Self> {
        let text = |path: &str| {
            fs::read_to_string(folders.root.join(path)).with_context(|| format!("reading {path}"))
        };
        Ok(Self {
            style: style::bundle(&folders.root.join("style/main.css"))?,
            panel_style: style::bundle(&folders.root.join("style").join(STYLE))?,
            book_style: style::bundle(&folders.root.join("style/book.css"))?,
            book: Book::read(&folders.root)?,
            boot: text("app/js/boot.js")?,
            reader: script::bundle_reader(folders)?,
            public: read_public(&folders.root.join("public"))?,
            offered: [
                (script::MODULE, script::bundle(folders)?),
                (script::TYPES, script::types(folders)?),
            ],
        })
    }

    fn fingerprint(&self, folders: &Folders, compiled: &Path) -> Result<String> {
        let mut fingerprint = Fingerprint::new();
        // The result depends on this tool and on the optimiser too. The file of this program differs with how it was compiled.
        fingerprint.folder(&folders.root.join("xtask/src"))?;
        fingerprint.file(&folders.root.join("Cargo.lock"))?;
        fingerprint.file(&folders.node_modules.join("binaryen/package.json"))?;
        fingerprint.file(compiled)?;
        let styles = [&self.style, &self.panel_style, &self.book_style];
        for text in styles.into_iter().chain([&self.boot, &self.reader]) {
            fingerprint.part(text.as_bytes());
        }
        self.book.add_to(&mut fingerprint)?;
        for (name, bytes) in &self.offered {
            fingerprint.part(name.as_bytes());
            fingerprint.part(bytes);
        }
        for (name, bytes) in &self.public {
            fingerprint.part(name.as_bytes());
            fingerprint.part(bytes);
        }
        Ok(fingerprint.finish())
    }
}

fn read_public(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.with_context(|| format!("{} has no plain name", path.display()))?;
        if path.is_dir() {
            bail!("{} is a folder: public/ is flat", path.display());
        }
        files.push((name.to_owned(), fs::read(&path)?));
    }
    files.sort();
    Ok(files)
}

/// Writes the complete site.
fn make(folders: &Folders, sources: &Sources, compiled: &Path, inputs: String) -> Result<Manifest> {
    let bound = pages::bind(folders, compiled, &sources.boot)?;
    if folders.site.exists() {
        fs::remove_dir_all(&folders.site)?;
    }
    fs::create_dir_all(folders.site.join("pkg"))?;

    let mut manifest = Manifest::new(inputs);
    let mut linked = |name: &str, bytes: &[u8]| -> Result<String> {
        let (stem, extension) = name.rsplit_once('.').context("a file has an extension")?;
        let hashed = format!("{stem}.{}.{extension}", short_hash(bytes));
        let sizes = compress::write(&folders.site.join("pkg").join(&hashed), bytes)?;
        manifest.add(name, format!("pkg/{hashed}"), sizes);
        Ok(hashed)
    };
    let mut boot = bound.script;
    let wasm = bound.wasm.iter();
    let wasm = wasm.map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    for (name, bytes) in wasm.chain([(STYLE, sources.panel_style.as_bytes())]) {
        let hashed = linked(name, bytes)?;
        boot = boot.replace(&format!("./{name}"), &format!("./{hashed}"));
    }
    linked("boot.js", boot.as_bytes())?;
    linked("main.css", sources.style.as_bytes())?;
    let book_style = linked("book.css", sources.book_style.as_bytes())?;
    let reader = linked("reader.js", sources.reader.as_bytes())?;
    let mut favicon = String::new();
    for (name, bytes) in &sources.public {
        if name.ends_with(".svg") {
            let hashed = linked(name, bytes)?;
            if name == "favicon.svg" {
                favicon = hashed;
            }
        }
    }
    for (name, bytes) in &sources.public {
        compress::write(&folders.site.join(name), bytes)?;
    }
    for (name, bytes) in &sources.offered {
        let sizes = compress::write(&folders.site.join(name), bytes)?;
        manifest.add(name, (*name).to_owned(), sizes);
    }
    manifest.parts = bound.parts;
    let common = Common {
        style: format!("pkg/{book_style}"),
        reader: format!("pkg/{reader}"),
        favicon: format!("pkg/{favicon}"),
    };
    manifest.book = sources.book.write(&folders.site, &common)?;
    // Written last, because it marks the site as complete.
    manifest.write(&folders.site)?;
    Ok(manifest)
}
