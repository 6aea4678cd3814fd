//! Security headers of pages.

use axum::http::{HeaderName, HeaderValue, header};

/// The headers of a rendered page. The nonce is that of its inline scripts.
pub fn of_page(nonce: Option<&str>) -> [(HeaderName, HeaderValue); 6] {
    let scripts = match nonce {
        Some(nonce) => format!("'self' 'wasm-unsafe-eval' 'nonce-{nonce}'"),
        None => "'self' 'wasm-unsafe-eval'".to_owned(),
    };
    headers(&scripts)
}

/// The headers of the documentation with the API reference: scripts of this server, and no wasm.
pub fn of_docs() -> [(HeaderName, HeaderValue); 6] {
    headers("'self'")
}

/// Forbids everything that is not listed. `data:` images are icons in style sheets. `default-src` is only for the parts that
/// are fetched in advance: Firefox has no other directive for them. All others have a directive of their own.
fn headers(scripts: &str) -> [(HeaderName, HeaderValue); 6] {
    let policy = format!(
        "default-src 'self'; script-src {scripts}; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; manifest-src 'self'; font-src 'none'; frame-src 'none'; media-src 'none'; \
         object-src 'none'; worker-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    );
    // Can't fail, because a nonce is base64. If it did, all scripts would be forbidden.
    let policy = HeaderValue::from_str(&policy)
        .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
    let fixed = HeaderValue::from_static;
    [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, fixed("no-cache")),
        (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
        (header::REFERRER_POLICY, fixed("same-origin")),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            fixed("same-origin"),
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            fixed("same-origin"),
        ),
    ]
}
