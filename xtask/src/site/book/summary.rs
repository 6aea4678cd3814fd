//! The list of the pages: docs/SUMMARY.md.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

/// A page.
pub struct Entry {
    pub title: String,
    /// Its path below docs/.
    pub path: PathBuf,
    /// Its URL without a slash at the beginning, and without a suffix. The first page is `docs`.
    pub url: String,
    /// Whether it belongs to the last page that does not.
    pub is_sub: bool,
}

impl Entry {
    /// What leads from this page to the first page of the server.
    pub fn root(&self) -> String {
        "../".repeat(self.url.matches('/').count())
    }
}

/// The pages in the order of their lines, such as `- [Title](path.md)`.
pub fn entries(summary: &str) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for line in summary.lines() {
        let Some((before, link)) = line.split_once('[') else {
            continue;
        };
        let link = link
            .strip_suffix(')')
            .and_then(|link| link.split_once("]("));
        let (title, path) = link.with_context(|| format!("SUMMARY.md: {line}"))?;
        let name = path.strip_suffix(".md").context("a page ends with .md")?;
        entries.push(Entry {
            title: title.to_owned(),
            path: PathBuf::from(path),
            url: match entries.is_empty() {
                true => "docs".to_owned(),
                false => format!("docs/{name}"),
            },
            is_sub: before.starts_with(' '),
        });
    }
    ensure!(!entries.is_empty(), "SUMMARY.md lists no page");
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_urls_and_levels() -> Result<()> {
        let summary = "# Summary\n\n[Tidings](introduction.md)\n\n- [A](a.md)\n  - [B](a/b.md)\n";
        let entries = entries(summary)?;
        let all = entries.iter();
        let all: Vec<_> = all
            .map(|entry| (&entry.url[..], entry.is_sub, entry.root()))
            .collect();
        assert_eq!(
            all,
            [
                ("docs", false, String::new()),
                ("docs/a", false, "../".to_owned()),
                ("docs/a/b", true, "../../".to_owned()),
            ]
        );
        Ok(())
    }
}
