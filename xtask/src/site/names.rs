//! Names of files that the steps that build the wasm have in common.

/// The bindings, as the main part and the script that loads parts import them.
pub const BINDINGS: &str = "./app.js";

/// The script that loads parts, as the bindings import it.
pub const LINK: &str = "./split.js";

/// The style that only some parts need ([`STYLED`]). It is one of their files.
pub const STYLE: &str = "panel_pages.css";

/// The parts whose pages need [`STYLE`]. Sections of the panel are below one of them.
pub const STYLED: [&str; 2] = ["panel", "jobs"];

/// The main part.
pub const MAIN: &str = "app_bg.wasm";
