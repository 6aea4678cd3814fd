//! Tells cargo when the site that a release embeds has changed.

use std::{env, path::Path};

const MANIFEST: &str = "target/site/manifest.json";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Only a release embeds; while developing the files are read from disk.
    if env::var_os("PROFILE").is_some_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed={MANIFEST}");
        if !Path::new(MANIFEST).exists() {
            println!("cargo::warning=this binary has no pages: cargo run -p xtask -- site");
        }
    }
}
