//! The links of a page: from files of the repository to URLs.

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::summary::Entry;

/// Rewrites the links of one page.
pub struct Links<'a> {
    entries: &'a [Entry],
    page: &'a Entry,
    /// The files to copy: their paths in the repository, and their URLs.
    files: &'a mut BTreeMap<PathBuf, String>,
}

impl<'a> Links<'a> {
    pub fn new(
        entries: &'a [Entry],
        page: &'a Entry,
        files: &'a mut BTreeMap<PathBuf, String>,
    ) -> Self {
        Self {
            entries,
            page,
            files,
        }
    }

    /// The URL for a link of the page, relative to that of the page.
    pub fn url(&mut self, link: &str) -> Result<String> {
        if link.starts_with('#') || link.contains("://") || link.starts_with("mailto:") {
            return Ok(link.to_owned());
        }
        let (file, anchor) = match link.split_once('#') {
            Some((file, anchor)) => (file, format!("#{anchor}")),
            None => (link, String::new()),
        };
        let folder = self.page.path.parent().unwrap_or(Path::new(""));
        let path = normal(&Path::new("docs").join(folder).join(file))
            .with_context(|| format!("{link} leaves the repository"))?;
        let below_docs = path.strip_prefix("docs").ok();
        let page =
            below_docs.and_then(|below| self.entries.iter().find(|entry| entry.path == below));
        let url = match (page, below_docs) {
            (Some(page), _) => page.url.clone(),
            (None, Some(_)) => self.copied(&path, path.to_string_lossy().into_owned()),
            // Files to use as they are.
            (None, None) if path.starts_with("packaging") => {
                self.copied(&path, format!("docs/{}", path.display()))
            }
            (None, None) => bail!("{link} leads to a file that the server does not have"),
        };
        Ok(format!("{}{url}{anchor}", self.page.root()))
    }

    fn copied(&mut self, path: &Path, url: String) -> String {
        self.files.insert(path.to_owned(), url.clone());
        url
    }
}

/// The path without `..`. None if it leads out of its start.
fn normal(path: &Path) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => normal.push(name),
            Component::ParentDir => {
                if !normal.pop() {
                    return None;
                }
            }
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(normal)
}

#[cfg(test)]
mod tests {
    use super::{super::summary, *};

    #[test]
    fn links_are_relative_to_the_url_of_the_page() -> Result<()> {
        let summary = "[T](introduction.md)\n- [A](a.md)\n  - [B](a/b.md)\n";
        let entries = summary::entries(summary)?;
        let mut files = BTreeMap::new();
        let mut first = Links::new(&entries, &entries[0], &mut files);
        assert_eq!(first.url("a/b.md#x")?, "docs/a/b#x");
        assert_eq!(first.url("https://a.example/")?, "https://a.example/");
        assert_eq!(first.url("#here")?, "#here");
        let mut sub = Links::new(&entries, &entries[2], &mut files);
        assert_eq!(sub.url("../introduction.md")?, "../../docs");
        assert_eq!(sub.url("../a.md")?, "../../docs/a");
        assert_eq!(sub.url("../picture.svg")?, "../../docs/picture.svg");
        assert_eq!(
            sub.url("../../packaging/x.conf")?,
            "../../docs/packaging/x.conf"
        );
        assert!(sub.url("../../src/main.rs").is_err());
        assert!(sub.url("../../../x").is_err());
        assert_eq!(files.len(), 2);
        Ok(())
    }
}
