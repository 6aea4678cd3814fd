//! The file names of the site, by the names that the code uses.

use super::asset;
use serde::Deserialize;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
};

/// Set by `cargo leptos`, whose files have names without a hash.
const CARGO_LEPTOS_NAME: Option<&str> = option_env!("LEPTOS_OUTPUT_NAME");

/// The files that pages link to, by the name that the code uses.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    paths: Arc<HashMap<String, String>>,
    parts: Arc<BTreeMap<String, Vec<String>>>,
}

#[derive(Deserialize)]
struct Document {
    files: HashMap<String, Entry>,
    #[serde(default)]
    parts: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Entry {
    path: String,
}

impl Manifest {
    /// The manifest of the build, read once.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Manifest> = OnceLock::new();
        SHARED.get_or_init(Self::load)
    }

    /// Reads the manifest of the build. Without one, the names have no hash, as `cargo leptos` makes them.
    fn load() -> Self {
        if CARGO_LEPTOS_NAME.is_some() {
            return Self::default();
        }
        let Some(text) = asset::manifest_text() else {
            tracing::warn!("the pages were not built: cargo run -p xtask -- site");
            return Self::default();
        };
        match serde_json::from_str::<Document>(&text) {
            Ok(document) => Self::of(document),
            Err(error) => {
                tracing::error!(%error, "the manifest of the site can't be read");
                Self::default()
            }
        }
    }

    fn of(document: Document) -> Self {
        let paths = document
            .files
            .into_iter()
            .map(|(name, entry)| (name, entry.path));
        Self {
            paths: Arc::new(paths.collect()),
            parts: Arc::new(document.parts),
        }
    }

    /// The URL of a file, relative to that of the first page.
    pub fn url(&self, name: &str) -> String {
        match (self.paths.get(name), name) {
            (Some(path), _) => path.clone(),
            (None, "favicon.svg") => "favicon.svg".to_owned(),
            (None, name) => format!("pkg/{}", plain_name(name)),
        }
    }

    /// The URLs of the wasm that each part of the pages needs, besides the main one.
    pub fn parts(&self) -> BTreeMap<String, Vec<String>> {
        let urls = |files: &Vec<String>| files.iter().map(|file| self.url(file)).collect();
        let parts = self.parts.iter();
        parts
            .map(|(part, files)| (part.clone(), urls(files)))
            .collect()
    }

    /// Whether the file name has a hash of the content.
    pub fn is_named_by_content(&self, path: &str) -> bool {
        self.paths.values().any(|known| known == path)
    }

    /// The module that starts the pages, which `cargo leptos` does not build.
    pub fn boot_of_cargo_leptos(&self, path: &str) -> Option<String> {
        let wanted = CARGO_LEPTOS_NAME.is_some() && path == "pkg/boot.js";
        let beside = |name| format!("./{}", plain_name(name));
        wanted.then(|| {
            include_str!("../../../app/js/boot.js")
                .replace("./app.js", &beside("app.js"))
                .replace("./app_bg.wasm", &beside("app_bg.wasm"))
        })
    }
}

/// The name of a file as `cargo leptos` makes it.
fn plain_name(name: &str) -> String {
    let output = CARGO_LEPTOS_NAME.unwrap_or("tidings");
    match name {
        "app.js" => format!("{output}.js"),
        "app_bg.wasm" => format!("{output}.wasm"),
        "main.css" => format!("{output}.css"),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_manifest_is_found_and_cacheable() {
        let text = r#"{
            "inputs": "x",
            "files": {"jobs.wasm": {"path": "pkg/jobs.0123.wasm", "sizes": {}}},
            "parts": {"jobs": ["jobs.wasm"]}
        }"#;
        let manifest = Manifest::of(serde_json::from_str(text).expect("a manifest"));
        assert_eq!(manifest.url("jobs.wasm"), "pkg/jobs.0123.wasm");
        assert_eq!(manifest.parts()["jobs"], ["pkg/jobs.0123.wasm"]);
        assert!(manifest.is_named_by_content("pkg/jobs.0123.wasm"));
        assert!(!manifest.is_named_by_content("pkg/jobs.wasm"));
    }

    #[test]
    fn without_a_manifest_names_have_no_hash() {
        let manifest = Manifest::default();
        assert_eq!(manifest.url("boot.js"), "pkg/boot.js");
        assert_eq!(manifest.url("favicon.svg"), "favicon.svg");
        assert!(!manifest.is_named_by_content("pkg/boot.js"));
    }
}
