//! The texts that browsers load: a file for each language and group, named after the content of all of them.

use axum::{http::HeaderMap, response::Response};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, io::Write, sync::LazyLock};

use super::{
    accept::{Encoding, accepted},
    asset::{self, Caching, Content},
};

/// All files.
static TEXTS: LazyLock<Texts> = LazyLock::new(Texts::read);

struct Texts {
    /// What their URLs begin with.
    prefix: String,
    /// The files by the rest of their URLs.
    files: HashMap<String, File>,
}

/// A file: as it is, and with gzip. The build does not know it, so it is not there with brotli.
struct File {
    hash: [u8; 32],
    plain: Bytes,
    packed: Bytes,
}

impl Texts {
    fn read() -> Self {
        let files = app::text_files();
        let mut hash = Sha256::new();
        for file in &files {
            hash.update(&file.name);
            hash.update(&file.text);
        }
        let hash = format!("{:x}", hash.finalize());
        let files = files.into_iter().map(|file| {
            let made = File {
                hash: Sha256::digest(&file.text).into(),
                packed: gzip(file.text.as_bytes()).into(),
                plain: file.text.into(),
            };
            (file.name, made)
        });
        Self {
            prefix: format!("texts.{}", &hash[..16]),
            files: files.collect(),
        }
    }
}

/// Writing into memory does not fail.
fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(text);
    written.and_then(|()| encoder.finish()).unwrap_or_default()
}

/// What the names of the files below `pkg/` begin with.
pub fn prefix() -> String {
    TEXTS.prefix.clone()
}

/// The file at this path; none if it is not a file with texts of this version.
pub fn respond(path: &str, request: &HeaderMap) -> Option<Response> {
    let name = path.strip_prefix("pkg/")?;
    let name = name.strip_prefix(&TEXTS.prefix)?.strip_prefix('.')?;
    let file = TEXTS.files.get(name)?;
    let forms = accepted(request);
    let form = forms.into_iter().find(|form| *form != Encoding::Brotli);
    let (form, data) = match form {
        Some(form @ Encoding::Gzip) => (form, &file.packed),
        _ => (Encoding::Identity, &file.plain),
    };
    let content = Content {
        hash: &file.hash,
        form,
        data: data.clone(),
    };
    asset::answer(path, &content, Caching::Forever, request)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The maximum sizes in bytes with gzip of the texts in one language: what every page loads, and what the panel loads in
    /// addition.
    const LIMITS: [(&str, usize); 2] = [("pages", 6_000), ("panel", 12_000)];

    #[test]
    fn no_language_is_too_large() {
        for (name, file) in &TEXTS.files {
            let (_, limit) = LIMITS
                .into_iter()
                .find(|(group, _)| name.ends_with(&format!(".{group}.txt")))
                .expect("a limit");
            let size = file.packed.len();
            println!("{name}: {} bytes, {size} with gzip", file.plain.len());
            assert!(size <= limit, "{name} has {size} bytes with gzip");
        }
    }

    #[test]
    fn a_file_of_another_version_is_not_found() {
        let none = HeaderMap::new();
        let path = format!("pkg/{}.es.pages.txt", prefix());
        assert!(respond(&path, &none).is_some());
        assert!(respond("pkg/texts.0123.es.pages.txt", &none).is_none());
        assert!(respond(&format!("pkg/{}.xx.pages.txt", prefix()), &none).is_none());
    }
}
