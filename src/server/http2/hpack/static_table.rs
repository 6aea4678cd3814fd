//! The static table (RFC 7541, appendix A).

/// Names and values. The first one has the index 1.
pub const STATIC: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

/// The first index of the dynamic table.
pub const FIRST_DYNAMIC: usize = STATIC.len() + 1;

/// The index of an entry with this name, and whether its value is this one too.
pub fn find(name: &str, value: &[u8]) -> Option<(usize, bool)> {
    let mut named = None;
    for (place, (known, expected)) in STATIC.iter().enumerate() {
        if *known != name {
            if named.is_some() {
                break;
            }
            continue;
        }
        if !expected.is_empty() && expected.as_bytes() == value {
            return Some((place + 1, true));
        }
        named = named.or(Some((place + 1, false)));
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_by_name_and_by_value() {
        assert_eq!(find(":status", b"200"), Some((8, true)));
        assert_eq!(find(":status", b"304"), Some((11, true)));
        assert_eq!(find(":status", b"429"), Some((8, false)));
        assert_eq!(find("content-type", b"text/plain"), Some((31, false)));
        assert_eq!(find("www-authenticate", b""), Some((61, false)));
        assert_eq!(find("x-own", b""), None);
    }

    #[test]
    fn entries_with_the_same_name_are_neighbours() {
        for (index, (name, _)) in STATIC.iter().enumerate() {
            let first = STATIC.iter().position(|(known, _)| known == name);
            let between = &STATIC[first.expect("itself")..=index];
            assert!(between.iter().all(|(known, _)| known == name));
        }
    }
}
