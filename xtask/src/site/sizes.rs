//! The sizes of the site, and their limits.

use super::{manifest::Manifest, script};
use anyhow::{Context, Result, ensure};

/// Pages with the parts of the wasm that they need, and the maximum size in bytes with brotli of all that a browser loads
/// for them on the first visit: wasm, scripts and style. The HTML comes on top, and so do the texts in one language, which the
/// server makes (`src/http/pages/texts.rs` has their limits).
///
/// A page is alive with these parts: people can use what it shows. What it loads afterwards by itself (`lazy_view` in
/// `app/src/components/lazy_view.rs`), or when people open something, is in a row of its own, together with what was loaded
/// before. Parts that the page does not need, which a browser fetches when it is idle, do not count.
///
/// The targets are 170,000 for `/` and 230,000 for the others, until they are alive. `groups.rs` decides which page has how much
/// room.
const PAGES: [(&str, &[&str], usize); 31] = [
    ("/", &["subscriber"], 168_600),
    (
        "/ with messages",
        &["subscriber", "message_entries"],
        180_800,
    ),
    ("/try", &["try_it"], 155_900),
    ("/jobs", &["jobs"], 222_400),
    ("/jobs with charts", &["jobs", "job_figures"], 240_500),
    ("/admin", &["panel", "overview_section"], 224_100),
    (
        "/admin, to its end",
        &["panel", "overview_section", "overview_lists"],
        250_700,
    ),
    ("/admin/clients", &["panel", "clients_section"], 230_000),
    (
        "/admin/clients with a card",
        &["panel", "clients_section", "client_card"],
        245_700,
    ),
    (
        "/admin/clients with marks",
        &["panel", "clients_section", "marked_clients"],
        255_300,
    ),
    ("/admin/client", &["panel", "client_section"], 228_600),
    (
        "/admin/client, all of it",
        &["panel", "client_section", "client_timeline"],
        240_200,
    ),
    ("/admin/messages", &["panel", "messages_section"], 229_900),
    (
        "/admin/messages with one open",
        &["panel", "messages_section", "opened_message"],
        247_300,
    ),
    (
        "/admin/messages with marks",
        &["panel", "messages_section", "marked_messages"],
        238_500,
    ),
    ("/admin/tail", &["panel", "tail_section"], 219_100),
    ("/admin/push", &["panel", "push_section"], 217_200),
    (
        "/admin/push, all of it",
        &["panel", "push_section", "push_side"],
        313_600,
    ),
    ("/admin/scheduled", &["panel", "scheduled_section"], 220_800),
    ("/admin/nodes", &["panel", "nodes_section"], 203_400),
    ("/admin, signing in", &["panel", "sign_in_part"], 197_400),
    ("/admin/keys", &["panel", "keys_section"], 222_100),
    (
        "/admin/keys with its forms",
        &["panel", "keys_section", "key_forms"],
        238_800,
    ),
    ("/admin/hooks", &["panel", "hooks_section"], 223_700),
    (
        "/admin/hooks with its form",
        &["panel", "hooks_section", "hook_form"],
        234_500,
    ),
    ("/admin/people", &["panel", "people_section"], 226_500),
    ("/admin/roles", &["panel", "roles_section"], 200_800),
    ("/admin/limits", &["panel", "limits_section"], 196_200),
    ("/admin/audit", &["panel", "audit_section"], 219_400),
    ("Ctrl-K in the panel", &["panel", "palette_part"], 235_800),
    ("/admin/account", &["panel", "account_section"], 214_500),
];
/// The files that every page loads.
const COMMON: [&str; 4] = ["app_bg.wasm", "boot.js", "main.css", "favicon.svg"];
/// The maximum size of `tidings.js` in bytes with brotli.
const MODULE_LIMIT: usize = 4_608;
/// The maximum size of the documentation in the binary, in bytes.
const BOOK_LIMIT: usize = 300_000;

/// The names of the pages, and the parts that each needs.
pub fn pages() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    PAGES.iter().map(|(name, parts, _)| (*name, *parts))
}

/// Prints a table of the files with their sizes, and what browsers load for each page.
pub fn print(manifest: &Manifest) -> Result<()> {
    println!(
        "{:<28} {:>11} {:>11} {:>11}",
        "bytes", "raw", "gzip", "brotli"
    );
    for (name, entry) in &manifest.files {
        let sizes = entry.sizes;
        println!(
            "{name:<28} {:>11} {:>11} {:>11}",
            sizes.raw, sizes.gzip, sizes.brotli
        );
    }
    let book = manifest.book;
    println!(
        "documentation: {} pages, {} bytes with gzip",
        book.pages, book.bytes
    );
    println!(
        "{:<28} {:>11} {:>11} {:>11}",
        "first visit to", "files", "brotli", "limit"
    );
    for (page, parts, limit) in PAGES {
        let files = files_of(manifest, parts)?;
        let bytes = weight(manifest, &files)?;
        println!("{page:<28} {:>11} {bytes:>11} {limit:>11}", files.len());
    }
    Ok(())
}

/// Fails if a page, `tidings.js` or the documentation is too large.
pub fn check(manifest: &Manifest) -> Result<()> {
    for (page, parts, limit) in PAGES {
        let bytes = weight(manifest, &files_of(manifest, parts)?)?;
        at_most(page, bytes, limit)?;
    }
    for part in manifest.parts.keys() {
        let known = PAGES
            .iter()
            .any(|(_, parts, _)| parts.contains(&part.as_str()));
        ensure!(known, "no page with a limit has the part {part}");
    }
    at_most(
        script::MODULE,
        weight(manifest, &[script::MODULE])?,
        MODULE_LIMIT,
    )?;
    at_most("the documentation", manifest.book.bytes, BOOK_LIMIT)
}

/// The files that a page with these parts loads, each once.
fn files_of<'a>(manifest: &'a Manifest, parts: &[&str]) -> Result<Vec<&'a str>> {
    let mut files = COMMON.to_vec();
    for part in parts {
        let needed = manifest.parts.get(*part);
        let needed = needed.with_context(|| format!("there is no part {part}"))?;
        files.extend(needed.iter().map(String::as_str));
    }
    files.sort_unstable();
    files.dedup();
    Ok(files)
}

/// The size of the files with brotli.
fn weight(manifest: &Manifest, files: &[&str]) -> Result<usize> {
    let size = |name: &&str| {
        let entry = manifest.files.get(*name);
        let entry = entry.with_context(|| format!("{name} is missing"))?;
        Ok(entry.sizes.brotli)
    };
    files.iter().map(size).sum()
}

fn at_most(what: &str, bytes: usize, limit: usize) -> Result<()> {
    ensure!(
        bytes <= limit,
        "{what} has {bytes} bytes, {} more than the limit",
        bytes - limit
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::compress::Sizes;

    /// A site with all parts, which share a file. Each file has this many bytes.
    fn site(brotli: usize) -> Manifest {
        let mut manifest = Manifest::new(String::new());
        let sizes = Sizes {
            raw: brotli,
            gzip: brotli,
            brotli,
        };
        for (_, parts, _) in PAGES {
            for part in parts {
                let files = vec![format!("{part}.wasm"), "shared.wasm".to_owned()];
                manifest.parts.insert((*part).to_owned(), files);
            }
        }
        let parts = manifest.parts.clone();
        let files = parts.values().flatten().map(String::as_str);
        for name in files.chain(COMMON).chain([script::MODULE]) {
            manifest.add(name, name.to_owned(), sizes);
        }
        manifest
    }

    #[test]
    fn a_page_has_the_files_of_its_parts_once() {
        let manifest = site(1);
        let files = files_of(&manifest, &["panel", "push_section"]).expect("files");
        let own = ["panel.wasm", "push_section.wasm", "shared.wasm"];
        assert_eq!(files.len(), COMMON.len() + own.len());
        assert!(own.iter().all(|name| files.contains(name)), "{files:?}");
    }

    #[test]
    fn a_page_that_is_too_large_fails() {
        check(&site(4_000)).expect("all are small");
        let mut large = site(4_000);
        let entry = large.files.get_mut("subscriber.wasm").expect("a part");
        entry.sizes.brotli = 205_000;
        let error = check(&large).expect_err("too large").to_string();
        assert!(error.starts_with("/ has "), "{error}");
    }

    #[test]
    fn a_part_without_a_limit_fails() {
        let mut manifest = site(1);
        manifest.parts.insert("new_section".to_owned(), Vec::new());
        let error = check(&manifest).expect_err("no limit").to_string();
        assert!(error.contains("new_section"), "{error}");
    }
}
