//! What the steps that build the wasm have in common: names of files, and what the optimiser has to know.

/// Features that the compiler may use, which the optimiser must know too. Every browser since 2022 has them.
pub const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

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
