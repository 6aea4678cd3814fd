//! Where a push belongs in a distributed trace (W3C Trace Context, section 3.2: the header field `traceparent`).

use std::{fmt, sync::Arc};

/// The length of the part that every version has: version, trace id, parent id and flags.
const LEN: usize = 55;

/// A valid `traceparent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceParent(Arc<str>);

impl TraceParent {
    /// Parses a field value. None if it is not valid: then it has to be ignored. Of a future version, what it has in
    /// common with version 00 is taken (section 4.3 on versions).
    pub fn parse(text: &str) -> Option<Self> {
        let (known, rest) = text.split_at_checked(LEN)?;
        let parts: Vec<&str> = known.split('-').collect();
        let [version, trace, parent, flags] = parts[..] else {
            return None;
        };
        let is_hex = |part: &str, len| {
            part.len() == len && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        let is_id = |part: &str, len| is_hex(part, len) && part.bytes().any(|b| b != b'0');
        let ends_well = rest.is_empty() || version != "00" && rest.starts_with('-');
        let valid = is_hex(version, 2)
            && version != "ff"
            && is_id(trace, 32)
            && is_id(parent, 16)
            && is_hex(flags, 2)
            && ends_well;
        valid.then(|| Self(known.into()))
    }

    /// The value as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn values_of_the_standard_are_taken() {
        assert_eq!(TraceParent::parse(GOOD).expect("valid").as_str(), GOOD);
        let later = format!("cc{}-what-the-future-brings", &GOOD[2..]);
        let taken = TraceParent::parse(&later).expect("valid");
        assert_eq!(taken.as_str(), &later[..LEN]);
    }

    #[test]
    fn other_values_are_not() {
        for text in [
            "",
            "00",
            &GOOD[..54],
            &format!("{GOOD}-01"),
            &format!("{GOOD}x"),
            &format!("ff{}", &GOOD[2..]),
            &GOOD.to_uppercase(),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-011",
            "\u{e4}0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0\u{e4}",
        ] {
            assert_eq!(TraceParent::parse(text), None, "{text}");
        }
    }
}
