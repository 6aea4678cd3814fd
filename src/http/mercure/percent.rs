//! Percent-encoding of the segments of a path (RFC 6570, section 3.2.2, and RFC 3986, section 2.1).

use std::fmt::Write;

/// Encodes everything that is not unreserved.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            // Infallible: it is memory.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}

/// Decodes a segment. None if it is not valid, or not UTF-8.
pub fn decode(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let digits = after
            .get(..2)
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &after[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reserved_characters_are_encoded_once() {
        let encoded = encode("https://example.com/:a*~{b}?c+d %");
        assert_eq!(
            encoded,
            "https%3A%2F%2Fexample.com%2F%3Aa%2A~%7Bb%7D%3Fc%2Bd%20%25"
        );
        assert_eq!(decode("a+b%2b"), Some("a+b+".to_owned()));
        for wrong in ["%", "%2", "%zz", "%+1", "%ff"] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(text in "\\PC{0,20}") {
            prop_assert_eq!(decode(&encode(&text)), Some(text));
        }
    }
}
