//! Topics of the Mercure hub itself, which nobody publishes to.

use std::sync::LazyLock;

use url::{Position, Url};

use super::Topic;
use crate::config::MERCURE_PATH;

/// Only the path counts, so any host will do.
static BASE: LazyLock<Url> = LazyLock::new(|| {
    let base = format!("https://mercure.invalid{MERCURE_PATH}");
    Url::parse(&base).unwrap_or_else(|why| unreachable!("{base}: {why}"))
});

impl Topic {
    /// Whether it is a topic of the hub, however it is written: its path is that of a hub below any path, or below that.
    pub fn is_of_hub(&self) -> bool {
        let name = self.as_str();
        // Most topics are not looked at any further.
        if !name.contains("mercure") && !name.contains('%') {
            return false;
        }
        let Ok(url) = Url::options().base_url(Some(&BASE)).parse(name) else {
            return false;
        };
        let path = decode_unreserved(&url[Position::BeforePath..Position::AfterPath]);
        let mut after = path.split(MERCURE_PATH).skip(1);
        after.any(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Decodes the characters that mean the same without `%` (RFC 3986, section 6.2.2.2).
fn decode_unreserved(path: &str) -> String {
    let mut decoded = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.push_str(before);
        let byte = after
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let plain = byte
            .map(char::from)
            .filter(|c| c.is_ascii_alphanumeric() || "-._~".contains(*c));
        match plain {
            Some(c) => {
                decoded.push(c);
                rest = &after[2..];
            }
            None => {
                decoded.push('%');
                rest = after;
            }
        }
    }
    decoded + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_of_the_hub_are_recognised_however_they_are_written() {
        let is_of_hub = |name: &str| Topic::parse(name).expect("a topic").is_of_hub();
        for name in [
            "/.well-known/mercure",
            "/.well-known/mercure/subscriptions/exact/a/b",
            "https://hub.example.com/.well-known/mercure/subscriptions",
            "https://another.example.com/.well-known/mercure",
            "//x/.well-known/mercure",
            "/.well-known/%6Dercure/subscriptions",
            "/.well-known/%6dercure",
            "/.well-known/mercure/../mercure/a",
            "/a/../.well-known/mercure",
            "/%2e%2E/.well-known/mercure",
            "/.well-known/mercure?a",
            "/.well-known/mercure#a",
            r"\.well-known\mercure\subscriptions",
            "mercure",
            "mercure/subscriptions",
            "./mercure",
            "https://example.com/push/.well-known/mercure/subscriptions",
        ] {
            assert!(is_of_hub(name), "{name}");
        }
        for name in [
            "/.well-known/mercure-not",
            "/.well-known/Mercure",
            "https://example.com/?/.well-known/mercure",
            "https://example.com/books/%C3%A9",
            "urn:mercure",
            "news",
            "100%",
        ] {
            assert!(!is_of_hub(name), "{name}");
        }
    }
}
