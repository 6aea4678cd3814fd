//! Lets cargo notice when the site that a release embeds is built for the first time.

use std::{fs, path::Path};

const MANIFEST: &str = "target/site/manifest.json";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // The compiler lists the embedded files, so cargo notices when they change, but not when there was none. So there is always
    // one. To watch it here would compile the library again, too, which does not need it.
    let manifest = Path::new(MANIFEST);
    if !manifest.exists()
        && let Some(folder) = manifest.parent()
        && let Err(error) = fs::create_dir_all(folder).and_then(|()| fs::write(manifest, ""))
    {
        println!("cargo::warning=the binary has no pages: {MANIFEST} can't be written: {error}");
    }
}
