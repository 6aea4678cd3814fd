//! Cookies as they come and go (RFC 6265).

use axum::http::{HeaderMap, header};

/// The values of every cookie of this name. There can be several: a page of a neighbouring host may have
/// put one of the same name before ours.
pub fn values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// Whether the browser spoke HTTPS, to us or to the proxy before us. A caller that lies here only makes
/// its own cookie stricter.
pub fn is_https(headers: &HeaderMap) -> bool {
    let proto = headers.get("x-forwarded-proto");
    proto.is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("xa=1; a=2;b=3"));
        headers.append(header::COOKIE, HeaderValue::from_static("a=4=5; a"));
        assert_eq!(values(&headers, "a").collect::<Vec<_>>(), ["2", "4=5"]);
        assert_eq!(values(&headers, "c").count(), 0);
    }
}
