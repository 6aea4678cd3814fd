//! The documentation as pages for `/docs`: docs/*.md, in the order of docs/SUMMARY.md.
//!
//! All links are relative, so the pages work below any path. A page is stored compressed only, to keep the binary small.

mod links;
mod page;
mod summary;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::{compress, fingerprint::Fingerprint};
use summary::Entry;

/// The documentation.
pub struct Book {
    root: PathBuf,
    entries: Vec<Entry>,
    /// The text of each page.
    texts: Vec<String>,
}

/// The files that all pages need, relative to the first page of the server.
pub struct Common {
    pub style: String,
    /// The script of the API reference.
    pub reader: String,
    pub favicon: String,
}

/// The size of the book in the binary.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub struct Size {
    pub pages: usize,
    /// Bytes of all its files with gzip.
    pub bytes: usize,
}

impl Book {
    /// Reads all pages that the summary lists.
    pub fn read(root: &Path) -> Result<Self> {
        let docs = root.join("docs");
        let text = |path: &Path| {
            fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
        };
        let entries = summary::entries(&text(&docs.join("SUMMARY.md"))?)?;
        let texts = entries.iter().map(|entry| text(&docs.join(&entry.path)));
        Ok(Self {
            root: root.to_owned(),
            texts: texts.collect::<Result<_>>()?,
            entries,
        })
    }

    /// Adds the sources to a fingerprint.
    pub fn add_to(&self, fingerprint: &mut Fingerprint) -> Result<()> {
        for (entry, text) in self.entries.iter().zip(&self.texts) {
            fingerprint.part(entry.title.as_bytes());
            fingerprint.part(text.as_bytes());
        }
        for path in self.render_all()?.files.into_keys() {
            fingerprint.file(&self.root.join(path))?;
        }
        Ok(())
    }

    /// Writes the pages, and the files that they show or link to, below `site`.
    pub fn write(&self, site: &Path, common: &Common) -> Result<Size> {
        let rendered = self.render_all()?;
        let mut size = Size {
            pages: self.entries.len(),
            bytes: 0,
        };
        let mut write = |name: &str, bytes: &[u8]| -> Result<()> {
            let path = site.join(format!("{name}.gz"));
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            let packed = compress::gzip(bytes)?;
            size.bytes += packed.len();
            fs::write(&path, packed).with_context(|| format!("writing {}", path.display()))
        };
        for (index, body) in rendered.bodies.iter().enumerate() {
            let html = page::frame(self, index, body, common);
            write(
                &format!("{}.html", self.entries[index].url),
                html.as_bytes(),
            )?;
        }
        write("docs/api.html", page::api(self, common).as_bytes())?;
        for (path, url) in rendered.files {
            write(&url, &fs::read(self.root.join(path))?)?;
        }
        Ok(size)
    }

    fn render_all(&self) -> Result<Rendered> {
        let mut rendered = Rendered::default();
        for (entry, text) in self.entries.iter().zip(&self.texts) {
            let mut links = links::Links::new(&self.entries, entry, &mut rendered.files);
            let body = page::body(text, &mut links)
                .with_context(|| format!("docs/{}", entry.path.display()))?;
            rendered.bodies.push(body);
        }
        Ok(rendered)
    }

    /// The error codes, as the reference lists them.
    fn error_codes(&self) -> Vec<&str> {
        let pages = self.entries.iter().zip(&self.texts);
        let errors = pages.filter(|(entry, _)| entry.path == Path::new("reference/errors.md"));
        let rows = errors.flat_map(|(_, text)| text.lines());
        rows.filter_map(|row| Some(row.strip_prefix("| `")?.split_once('`')?.0))
            .collect()
    }
}

/// The text of each page, and the files to copy: their paths in the repository, and their URLs.
#[derive(Default)]
struct Rendered {
    bodies: Vec<String>,
    files: BTreeMap<PathBuf, String>,
}
