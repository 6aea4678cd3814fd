//! Reads cookies (RFC 6265).

use axum::http::{HeaderMap, header};

/// The values of all cookies of this name. There can be several: a page of a neighbouring host can set one with the
/// same name.
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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn cookies_are_found_by_their_complete_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("xa=1; a=2;b=3"));
        headers.append(header::COOKIE, HeaderValue::from_static("a=4=5; a"));
        assert_eq!(values(&headers, "a").collect::<Vec<_>>(), ["2", "4=5"]);
        assert_eq!(values(&headers, "c").count(), 0);
    }
}
