//! The parts of the wasm. The main part has what all pages need, and what `/` shares with others. Each page is a part of its
//! own, and so is each section of the panel. A browser loads the parts of the page that it shows before the
//! page gets alive, and other parts when they are shown.
//!
//! `#[wasm_split]` marks where a part begins. The build finds out what only this part needs, and what several parts share
//! (`xtask/src/site/split.rs`). The server tells browsers what the page needs (`shell` in `app/src/shell.rs`).

use crate::pages;

/// The names of the parts that the page at this path of the server needs, besides the main one.
pub(crate) fn parts_of(path: &str) -> Vec<&'static str> {
    let path = path.split('?').next().unwrap_or_default();
    pages::parts_of(path.trim_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_needs_its_own_part() {
        assert_eq!(parts_of("/"), ["subscriber"]);
        assert_eq!(parts_of("/?topic=a"), ["subscriber"]);
        assert_eq!(parts_of("/jobs/7"), ["jobs"]);
        assert_eq!(parts_of("/nothing"), [""; 0]);
    }

    #[test]
    fn a_section_needs_the_panel_too() {
        assert_eq!(parts_of("/admin"), ["panel", "overview_section"]);
        assert_eq!(parts_of("/admin/clients?q=a"), ["panel", "clients_section"]);
        assert_eq!(parts_of("/admin/nothing"), ["panel"]);
    }
}
