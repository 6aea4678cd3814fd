//! Serves a file of the site: in the best encoding that the browser accepts, or 304 if the browser has it.

use super::{
    accept::{Encoding, accepted},
    policy, site,
};
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use flate2::read::GzDecoder;
use rust_embed::EmbeddedFile;
use std::{borrow::Cow, io::Read};

/// The list of the files. It is not served.
const MANIFEST: &str = "manifest.json";

/// The files that pages of other origins may load.
const OFFERED: [&str; 2] = ["tidings.js", "tidings.d.ts"];

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// How long a browser may use its copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caching {
    /// The name changes with the content.
    Forever,
    /// The name stays: the browser revalidates each time.
    AskAgain,
}

impl Caching {
    pub(super) fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Forever => "public, max-age=31536000, immutable",
            Self::AskAgain => "no-cache",
        })
    }
}

/// The text of the manifest; none if the site was not built.
pub fn manifest_text() -> Option<String> {
    let file = site::file(MANIFEST)?;
    let text = String::from_utf8(file.data.into_owned()).ok()?;
    // `build.rs` makes an empty one where the site was not built.
    (!text.is_empty()).then_some(text)
}

/// The files at the top level, which have well-known names.
pub fn known_names() -> Vec<String> {
    let names = site::names().into_iter();
    names
        .filter(|name| !name.contains('/') && *name != MANIFEST && !is_form(name))
        .map(Cow::into_owned)
        .collect()
}

/// Whether this is a compressed copy of another file.
fn is_form(name: &str) -> bool {
    [Encoding::Brotli, Encoding::Gzip]
        .iter()
        .any(|form| name.ends_with(form.suffix()))
}

/// The file in the best encoding that the request accepts, or 304 if the client has it; none if there is no such file.
pub fn respond(path: &str, caching: Caching, request: &HeaderMap) -> Option<Response> {
    // In debug builds, which read from disk, `..` would lead out of the folder.
    if path == MANIFEST || is_form(path) || path.contains("..") {
        return None;
    }
    let (hash, plain) = match site::file(path) {
        Some(plain) => (plain.metadata.sha256_hash(), Some(plain.data)),
        // The documentation is stored compressed only.
        None => (packed(path)?.metadata.sha256_hash(), None),
    };
    let (form, data) = best_form(path, plain, request)?;
    let content = Content {
        hash: &hash,
        form,
        data: as_bytes(data),
    };
    answer(path, &content, caching, request)
}

/// What is sent of a file.
pub struct Content<'a> {
    /// The SHA-256 of the file, not compressed.
    pub hash: &'a [u8; 32],
    /// The encoding of the bytes.
    pub form: Encoding,
    /// The bytes.
    pub data: Bytes,
}

/// The file, or 304 if the client has it.
pub fn answer(
    path: &str,
    content: &Content<'_>,
    caching: Caching,
    request: &HeaderMap,
) -> Option<Response> {
    let tag = entity_tag(content.hash, content.form);
    let has_it = already_has(request, &tag);

    let fixed = HeaderValue::from_static;
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, caching.header());
    headers.insert(header::VARY, fixed("accept-encoding"));
    headers.insert(header::ETAG, HeaderValue::from_str(&tag).ok()?);
    if OFFERED.contains(&path) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, fixed("*"));
    }
    if has_it {
        return Some((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    headers.insert(header::CONTENT_TYPE, content_type(path));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff"));
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, may_load(path));
    if path.ends_with(".html") {
        headers.extend(policy::of_docs().map(|(name, value)| (Some(name), value)));
    }
    if content.form != Encoding::Identity {
        headers.insert(header::CONTENT_ENCODING, fixed(content.form.name()));
    }
    Some((headers, Body::from(content.data.clone())).into_response())
}

/// The `Cross-Origin-Resource-Policy` of a file.
fn may_load(path: &str) -> HeaderValue {
    HeaderValue::from_static(match OFFERED.contains(&path) {
        true => "cross-origin",
        false => "same-origin",
    })
}

/// Whether there is such a file.
pub fn exists(path: &str) -> bool {
    !path.contains("..") && (site::file(path).is_some() || packed(path).is_some())
}

/// The file with gzip.
fn packed(path: &str) -> Option<EmbeddedFile> {
    site::file(&format!("{path}{}", Encoding::Gzip.suffix()))
}

/// The first accepted encoding that exists. Small files are not compressed. Without a plain file, the compressed one is
/// unpacked for clients that do not accept it.
fn best_form(
    path: &str,
    plain: Option<Cow<'static, [u8]>>,
    request: &HeaderMap,
) -> Option<(Encoding, Cow<'static, [u8]>)> {
    for form in accepted(request) {
        if form == Encoding::Identity {
            break;
        }
        if let Some(file) = site::file(&format!("{path}{}", form.suffix())) {
            return Some((form, file.data));
        }
    }
    let plain = plain.or_else(|| {
        let mut unpacked = Vec::new();
        let data = packed(path)?.data;
        GzDecoder::new(&*data).read_to_end(&mut unpacked).ok()?;
        Some(unpacked.into())
    });
    Some((Encoding::Identity, plain?))
}

/// A strong entity tag (RFC 9110, section 8.8.3). Each encoding has its own, because the bytes differ.
fn entity_tag(hash: &[u8; 32], form: Encoding) -> String {
    let hex: String = hash[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    match form {
        Encoding::Identity => format!("\"{hex}\""),
        form => format!("\"{hex}-{}\"", form.name()),
    }
}

/// `If-None-Match` (RFC 9110, section 13.1.2), which compares weakly.
fn already_has(request: &HeaderMap, tag: &str) -> bool {
    let fields = request.get_all(header::IF_NONE_MATCH).into_iter();
    fields
        .filter_map(|field| field.to_str().ok())
        .flat_map(|field| field.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// No copy when the file is in the binary.
fn as_bytes(data: Cow<'static, [u8]>) -> Bytes {
    match data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => Bytes::from(data),
    }
}

fn content_type(path: &str) -> HeaderValue {
    HeaderValue::from_static(
        match path.rsplit_once('.').map(|(_, extension)| extension) {
            _ if path.starts_with("docs/packaging/") => "text/plain; charset=utf-8",
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("ts") => "application/typescript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("wasm") => "application/wasm",
            Some("svg") => "image/svg+xml",
            Some("png") => "image/png",
            Some("txt") => "text/plain; charset=utf-8",
            Some("json") => "application/json",
            Some("webmanifest") => "application/manifest+json",
            _ => "application/octet-stream",
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: &str = "\"abc-br\"";

    fn knows(value: &'static str) -> bool {
        let value = HeaderValue::from_static(value);
        already_has(&HeaderMap::from_iter([(header::IF_NONE_MATCH, value)]), TAG)
    }

    #[test]
    fn a_cached_file_is_answered_with_304() {
        assert!(knows("\"abc-br\""));
        assert!(knows("\"x\" , \"abc-br\""));
        assert!(knows("W/\"abc-br\""));
        assert!(knows("*"));
    }

    #[test]
    fn another_version_or_encoding_is_sent_again() {
        assert!(!already_has(&HeaderMap::new(), TAG));
        assert!(!knows("\"abc\""));
        assert!(!knows("\"abc-gzip\""));
        assert!(!knows("abc-br"));
    }

    #[test]
    fn each_encoding_has_its_own_entity_tag() {
        let hash = [0xab; 32];
        assert_eq!(
            entity_tag(&hash, Encoding::Identity),
            format!("\"{}\"", "ab".repeat(16))
        );
        assert!(entity_tag(&hash, Encoding::Brotli).ends_with("-br\""));
        assert!(entity_tag(&hash, Encoding::Gzip).ends_with("-gzip\""));
    }
}
