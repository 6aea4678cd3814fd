//! URL patterns (WHATWG URL Pattern) as topic selectors of Mercure.
//!
//! A pattern and a topic are both resolved against the URL of the hub, and then compared part by part. A topic that is no URL
//! is matched by no pattern. Groups with regular expressions take time in proportion to the topic, and bounded memory.

mod known;
mod pieces;

use std::fmt::Write;

use url::{Position, Url, quirks};
use urlpattern::{UrlPatternInit, UrlPatternOptions};

pub use known::known;
use pieces::{Expression, Piece};

/// The number of parts of a URL that a pattern has pieces for.
const PARTS: usize = 8;

/// Which of them is the path.
const PATH: usize = 3;

/// A pattern, compiled.
#[derive(Debug)]
pub struct UrlPattern {
    text: Box<str>,
    base: Url,
    /// What is asked for each part of a URL, without the parts that may be anything.
    pieces: Box<[(usize, Piece)]>,
    prefix: Box<str>,
    suffix: Box<str>,
}

impl UrlPattern {
    /// Compiles a pattern. `base`: the URL of the hub.
    pub fn compile(text: &str, base: &Url) -> Result<Self, InvalidUrlPattern> {
        let init = UrlPatternInit::parse_constructor_string::<Expression>(text, Some(base.clone()));
        let options = UrlPatternOptions::default();
        let pattern = init.and_then(|init| urlpattern::UrlPattern::parse(init, options));
        let pattern = pattern.map_err(|_| InvalidUrlPattern)?;
        let components = [
            pattern.protocol,
            pattern.hostname,
            pattern.port,
            pattern.pathname,
            pattern.search,
            pattern.hash,
            pattern.username,
            pattern.password,
        ];
        let mut pieces = Vec::new();
        for (part, component) in components.into_iter().enumerate() {
            let piece = Piece::of(component).ok_or(InvalidUrlPattern)?;
            if !piece.is_anything() {
                pieces.push((part, piece));
            }
        }
        Ok(Self {
            text: text.into(),
            base: base.clone(),
            prefix: prefix(&pieces).into(),
            suffix: suffix(&pieces).into(),
            pieces: pieces.into(),
        })
    }

    /// The URL that topics are resolved against.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// What [`TopicUrl::key`] begins with for every topic that it matches.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What [`TopicUrl::key`] ends with for every topic that it matches.
    pub fn suffix(&self) -> &str {
        &self.suffix
    }

    /// Whether it matches a topic with this name.
    pub fn matches(&self, topic: &str) -> bool {
        TopicUrl::resolve(topic, &self.base).is_some_and(|url| self.matches_url(&url))
    }

    /// Whether it matches a topic that was resolved against its base.
    pub fn matches_url(&self, topic: &TopicUrl) -> bool {
        let parts = topic.parts();
        self.pieces
            .iter()
            .all(|(part, piece)| piece.matches(parts[*part]))
    }
}

impl PartialEq for UrlPattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, &self.base) == (&other.text, &other.base)
    }
}

impl Eq for UrlPattern {}

/// A text is no URL pattern, or one with an expression that needs too much memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not a URL pattern")]
pub struct InvalidUrlPattern;

/// A topic as a URL.
#[derive(Debug)]
pub struct TopicUrl(Url);

impl TopicUrl {
    /// Resolves the name of a topic against the URL of the hub. None if it is no URL then.
    pub fn resolve(topic: &str, base: &Url) -> Option<Self> {
        Url::options()
            .base_url(Some(base))
            .parse(topic)
            .ok()
            .map(Self)
    }

    /// The parts by which patterns are found: scheme, host, port and path.
    pub fn key(&self) -> String {
        let [scheme, host, port, path, ..] = self.parts();
        key([scheme, host, port], path)
    }

    /// In the order of [`UrlPattern::compile`].
    fn parts(&self) -> [&str; PARTS] {
        let url = &self.0;
        [
            url.scheme(),
            url.host_str().unwrap_or_default(),
            quirks::port(url),
            &url[Position::BeforePath..Position::AfterPath],
            url.query().unwrap_or_default(),
            url.fragment().unwrap_or_default(),
            url.username(),
            url.password().unwrap_or_default(),
        ]
    }
}

fn key(origin: [&str; 3], path: &str) -> String {
    let [scheme, host, port] = origin;
    let mut key = String::with_capacity(scheme.len() + host.len() + port.len() + path.len() + 3);
    // Infallible: it is memory.
    let _ = write!(key, "{scheme}\n{host}\n{port}\n{path}");
    key
}

/// The text before the first part that is not always the same.
fn prefix(pieces: &[(usize, Piece)]) -> String {
    let literal = |part: usize| {
        let piece = pieces.iter().find(|(other, _)| *other == part);
        piece.and_then(|(_, piece)| piece.literal())
    };
    match [0, 1, 2].map(literal) {
        [Some(scheme), Some(host), Some(port)] => {
            let path = pieces.iter().find(|(part, _)| *part == PATH);
            key(
                [scheme, host, port],
                path.map_or("", |(_, piece)| piece.prefix()),
            )
        }
        [Some(scheme), Some(host), None] => format!("{scheme}\n{host}\n"),
        [Some(scheme), None, _] => format!("{scheme}\n"),
        [None, ..] => String::new(),
    }
}

/// The end of the path that is always the same.
fn suffix(pieces: &[(usize, Piece)]) -> &str {
    let path = pieces.iter().find(|(part, _)| *part == PATH);
    path.map_or("", |(_, piece)| piece.suffix())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn base() -> Url {
        Url::parse("https://hub.example.com/.well-known/mercure").expect("a URL")
    }

    fn compile(text: &str) -> UrlPattern {
        UrlPattern::compile(text, &base()).expect("a pattern")
    }

    #[test]
    fn a_pattern_matches_urls_by_their_parts() {
        let cases = [
            (
                "https://example.com/books/:id",
                "https://example.com/books/1",
                true,
            ),
            (
                "https://example.com/books/:id",
                "https://example.com/books/1/pages",
                false,
            ),
            (
                "https://example.com/books/:id",
                "https://EXAMPLE.com:443/a/../books/1",
                true,
            ),
            (
                "https://example.com/books/:id",
                "https://example.com/BOOKS/1",
                false,
            ),
            (
                "https://example.com/books/:id",
                "https://example.com/books/",
                false,
            ),
            (
                "https://example.com/books/:id?",
                "https://example.com/books",
                true,
            ),
            (
                "https://example.com/books/*",
                "https://example.com/books/1/pages",
                true,
            ),
            (
                "https://example.com/books/*",
                "https://example.com/books/",
                true,
            ),
            (
                r"https://example.com/books/:id(\d+)",
                "https://example.com/books/42",
                true,
            ),
            (
                r"https://example.com/books/:id(\d+)",
                "https://example.com/books/x",
                false,
            ),
            ("/:name([a-z]{1,40})/:rest(.*)", "/abc/d/%C3%A9", true),
            ("http{s}?://example.com/a", "http://example.com/a", true),
            ("https://*.example.com/a", "https://b.example.com/a", true),
            ("https://*.example.com/a", "https://example.com/a", false),
            ("https://example.com/a", "https://example.com/a?b=c", true),
            (
                "https://example.com/a?b=:c",
                "https://example.com/a?b=c",
                true,
            ),
            ("/books/:id", "/books/1", true),
            ("/books/:id", "https://hub.example.com/books/1", true),
            ("https://hub.example.com/books/:id", "/books/1", true),
            ("/books/:id", "https://example.com/books/1", false),
            ("/books/:id", "//", false),
        ];
        for (pattern, topic, expected) in cases {
            assert_eq!(
                compile(pattern).matches(topic),
                expected,
                "{pattern} {topic}"
            );
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in [
            "https://example.com/(",
            "https://example.com/:id(a",
            "/{a",
            r"/(a{999999})",
        ] {
            assert!(UrlPattern::compile(text, &base()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_pattern_is_found_by_what_is_always_the_same() {
        let prefix = |text| compile(text).prefix().to_owned();
        assert_eq!(
            prefix("https://example.com/books/:id"),
            "https\nexample.com\n\n/books/"
        );
        assert_eq!(
            prefix("https://example.com:8443/a"),
            "https\nexample.com\n8443\n/a"
        );
        assert_eq!(
            prefix("https://example.com/books/:id?"),
            "https\nexample.com\n\n/books"
        );
        assert_eq!(prefix("https://*/a"), "https\n");
        assert_eq!(prefix("*://example.com/a"), "");
        let suffix = |text| compile(text).suffix().to_owned();
        assert_eq!(suffix("https://*/:shop/orders/7"), "/orders/7");
        assert_eq!(suffix("https://example.com/a/7?b=:c"), "/a/7");
        assert_eq!(suffix("https://example.com/a/:b(\\d+).html"), ".html");
        assert_eq!(suffix("https://example.com/:a{/b}?"), "");
    }

    proptest! {
        #[test]
        fn the_key_of_a_matching_topic_begins_and_ends_as_the_pattern_says(
            pattern in r"(https://[ab*]{1,2}(:8)?)?(/([ab]|:x|:x\?|\*|\{a\}\?|\([ab]\)|%61)){0,3}",
            topic in r"(https://[ab]{1,2}(:8)?)?(/([ab]|\.\.|%61|A)){0,3}",
        ) {
            let Ok(pattern) = UrlPattern::compile(&pattern, &base()) else {
                return Ok(());
            };
            if let Some(url) = TopicUrl::resolve(&topic, &base()) && pattern.matches_url(&url) {
                prop_assert!(url.key().starts_with(pattern.prefix()));
                prop_assert!(url.key().ends_with(pattern.suffix()));
            }
        }

        /// What the library itself says, with its own expressions.
        #[test]
        fn it_matches_as_the_library_does(
            pattern in r"(https://[ab*]{1,2})?(/([ab]|:x|:x[?+*]|\*|\{a\}[?+*]|\([ab]\)|b:x)){0,3}(\?a=:y)?",
            topic in r"(https://[ab]{1,2})?(/([ab]|b1|)){0,3}(\?a=b)?",
        ) {
            let init = UrlPatternInit::parse_constructor_string::<regex::Regex>(&pattern, Some(base()));
            let theirs = init.and_then(|init| <urlpattern::UrlPattern>::parse(init, UrlPatternOptions::default()));
            let ours = UrlPattern::compile(&pattern, &base());
            prop_assert_eq!(ours.is_ok(), theirs.is_ok());
            let url = Url::options().base_url(Some(&base())).parse(&topic);
            if let (Ok(ours), Ok(theirs), Ok(url)) = (ours, theirs, url) {
                let expected = theirs.test(urlpattern::UrlPatternMatchInput::Url(url)).expect("an answer");
                prop_assert_eq!(ours.matches(&topic), expected);
            }
        }

        #[test]
        fn any_text_is_a_pattern_or_refused(pattern in r"(\PC|[/:*?+{}()\\\[\]#@.]){0,40}", topic in r"\PC{0,40}") {
            if let Ok(pattern) = UrlPattern::compile(&pattern, &base()) {
                pattern.matches(&topic);
            }
        }
    }
}
