//! What a URL pattern asks of one part of a URL.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};
use urlpattern::{
    RegexSyntax,
    component::Component,
    matcher::{InnerMatcher, Matcher},
    regexp::RegExp,
};

/// The most bytes of a compiled expression, and of what it remembers while it matches. Subscribers choose them, and there can be
/// thousands.
const MAX_SIZE: usize = 1 << 14;

/// See the module documentation.
#[derive(Debug)]
pub struct Piece(Matcher<Expression>);

impl Piece {
    /// The piece of a component. None if its expression is not valid, or needs too much memory.
    pub fn of(component: Component<Expression>) -> Option<Self> {
        let valid = match &component.matcher.inner {
            InnerMatcher::RegExp { regexp: Ok(regexp) } => regexp.compiled().is_some(),
            InnerMatcher::RegExp { regexp: Err(_) } => false,
            InnerMatcher::Literal { .. } | InnerMatcher::SingleCapture { .. } => true,
        };
        valid.then_some(Self(component.matcher))
    }

    /// Whether it matches every text.
    pub fn is_anything(&self) -> bool {
        let anything = matches!(
            self.0.inner,
            InnerMatcher::SingleCapture {
                filter: None,
                allow_empty: true
            }
        );
        anything && self.0.prefix.is_empty() && self.0.suffix.is_empty()
    }

    /// The only text that it matches, if there is only one.
    pub fn literal(&self) -> Option<&str> {
        match &self.0.inner {
            InnerMatcher::Literal { literal } => Some(literal),
            InnerMatcher::SingleCapture { .. } | InnerMatcher::RegExp { .. } => None,
        }
    }

    /// What every text begins with that it matches.
    pub fn prefix(&self) -> &str {
        self.literal().unwrap_or(&self.0.prefix)
    }

    /// What every text ends with that it matches.
    pub fn suffix(&self) -> &str {
        self.literal().unwrap_or(&self.0.suffix)
    }

    pub fn matches(&self, text: &str) -> bool {
        self.0.matches(text).is_some()
    }
}

/// A regular expression that is compiled when it is first used: most of those that the library makes never are.
#[derive(Debug)]
pub struct Expression {
    text: Box<str>,
    compiled: OnceLock<Option<Regex>>,
}

impl Expression {
    fn compiled(&self) -> Option<&Regex> {
        let compile = || {
            let mut builder = RegexBuilder::new(&self.text);
            // As in the standard, `\d` is a digit of ASCII. All parts of a URL are ASCII.
            builder.unicode(false);
            builder.size_limit(MAX_SIZE).dfa_size_limit(MAX_SIZE);
            builder.build().ok()
        };
        self.compiled.get_or_init(compile).as_ref()
    }
}

impl RegExp for Expression {
    fn syntax() -> RegexSyntax {
        RegexSyntax::Rust
    }

    fn parse(pattern: &str, _: &str, _: bool) -> Result<Self, ()> {
        Ok(Self {
            text: pattern.into(),
            compiled: OnceLock::new(),
        })
    }

    /// The captures are not used.
    fn matches<'a>(&self, text: &'a str) -> Option<Vec<Option<&'a str>>> {
        let found = self.compiled()?.is_match(text.as_bytes());
        found.then(Vec::new)
    }

    fn pattern_string(&self) -> &str {
        &self.text
    }
}
