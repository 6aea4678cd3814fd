//! Topic selectors of Mercure: a name, all topics, a URI template, or a URL pattern.

use std::sync::Arc;

use url::Url;

use super::{InvalidTopic, Topic, TopicFilter, check, is_reserved, is_wildcard};
use crate::message::{
    template,
    url_pattern::{UrlPattern, known},
};

/// The marks of a URI template, of a name that no topic has, and of a URL pattern. Other filters have no control characters.
const TEMPLATE: char = '\u{1}';
const NAME: char = '\u{2}';
/// The URL of the hub follows, and the same mark again before the pattern.
const URL_PATTERN: char = '\u{3}';

/// The selector of all topics.
const ALL: &str = "*";

impl TopicFilter {
    /// Parses a topic selector of Mercure 0.x: `*` for all topics, a URI template, or the name of a topic. A name that no topic
    /// can have is not an error: it matches nothing.
    pub fn selector(text: &str) -> Result<Self, InvalidTopic> {
        if text == ALL {
            return Ok(Self::all());
        }
        check(text)?;
        match template::is_template(text).map_err(|_| InvalidTopic::TooManyExpressions)? {
            true => Ok(Self(format!("{TEMPLATE}{text}").into())),
            false => Self::exact(text),
        }
    }

    /// Parses a matcher `exact` of Mercure 1.0: `*` for all topics, or the name of a topic. A name that no topic can have is
    /// not an error: it matches nothing.
    pub fn exact(text: &str) -> Result<Self, InvalidTopic> {
        if text == ALL {
            return Ok(Self::all());
        }
        check(text)?;
        match is_reserved(text) || text.split('/').any(is_wildcard) {
            true => Ok(Self(format!("{NAME}{text}").into())),
            false => Ok(Self(text.into())),
        }
    }

    /// Parses a matcher `urlpattern` of Mercure 1.0: `*` for all topics, or a URL pattern. `hub`: the URL of the hub, which
    /// completes patterns and topics that are not absolute.
    pub fn url_pattern(text: &str, hub: &Url) -> Result<Self, InvalidTopic> {
        if text == ALL {
            return Ok(Self::all());
        }
        check(text)?;
        let filter = Self(format!("{URL_PATTERN}{hub}{URL_PATTERN}{text}").into());
        match filter.compiled() {
            Some(_) => Ok(filter),
            None => Err(InvalidTopic::UrlPattern),
        }
    }

    /// Whether it is a selector of Mercure that is not simply the name of a topic.
    pub fn is_selector(&self) -> bool {
        self.0.starts_with([TEMPLATE, NAME, URL_PATTERN])
    }

    /// The compiled URL pattern, if it is one. Whoever keeps it makes sure that it is not compiled again.
    pub fn compiled(&self) -> Option<Arc<UrlPattern>> {
        known(&self.0, self.url_pattern_parts()?).ok()
    }

    /// Whether it matches the text of another filter, as if that were a topic, or is the same.
    pub fn matches_text_of(&self, other: &Self) -> bool {
        self == other || self.matches(&Topic(other.as_str().into()))
    }

    /// The text without marks.
    pub(super) fn unmarked(&self) -> &str {
        match self.url_pattern_parts() {
            Some((_, pattern)) => pattern,
            None => self.0.strip_prefix([TEMPLATE, NAME]).unwrap_or(&self.0),
        }
    }

    /// What every topic begins with that a selector matches.
    pub(super) fn selector_prefix(&self) -> &str {
        match self.is_url_pattern() {
            // A topic can be written in several ways.
            true => "",
            false => template::literal_prefix(self.unmarked()),
        }
    }

    /// What every topic ends with that it matches, if it is a template. Empty if it is a URL pattern: a topic can be written in
    /// several ways.
    pub fn literal_suffix(&self) -> &str {
        match self.is_url_pattern() {
            true => "",
            false => template::literal_suffix(self.unmarked()),
        }
    }

    pub(super) fn selects(&self, topic: &Topic) -> bool {
        if topic.is_reserved() {
            return false;
        }
        let name = topic.as_str();
        match self.0.chars().next() {
            Some(TEMPLATE) => template::matches(self.unmarked(), name),
            Some(URL_PATTERN) => self.compiled().is_some_and(|pattern| pattern.matches(name)),
            _ => false,
        }
    }

    /// Whether it selects the one topic that the other filter matches.
    pub(super) fn selects_all_of(&self, other: &Self) -> bool {
        let topic = Topic(other.0.clone());
        self.is_selector() && !other.is_pattern() && self.selects(&topic)
    }

    fn is_url_pattern(&self) -> bool {
        self.0.starts_with(URL_PATTERN)
    }

    /// The URL of the hub, and the pattern.
    fn url_pattern_parts(&self) -> Option<(&str, &str)> {
        self.0.strip_prefix(URL_PATTERN)?.split_once(URL_PATTERN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub() -> Url {
        Url::parse("https://hub.example.com/.well-known/mercure").expect("a URL")
    }

    fn topic(text: &str) -> Topic {
        Topic::parse(text).expect("a topic")
    }

    #[test]
    fn selectors_are_names_templates_or_all() {
        let selector = |text: &str| TopicFilter::selector(text).expect("a selector");
        let book = topic("https://example.com/books/1");
        for text in [
            "https://example.com/books/{id}",
            "https://example.com/books/1",
            "*",
            "{+all}",
        ] {
            let selector = selector(text);
            assert!(selector.matches(&book), "{text}");
            assert!(!selector.matches(&topic("$sys/clients")), "{text}");
            let shown = if text == "*" { "**" } else { text };
            assert_eq!(selector.as_str(), shown);
        }
        // Names, and no patterns of another kind.
        for text in [
            "https://example.com/books/*",
            "https://example.com/**",
            "https://example.com/{id",
        ] {
            assert!(!selector(text).matches(&book), "{text}");
        }
        let sys = selector("$sys/clients");
        assert!(!sys.is_reserved() && !sys.matches(&topic("$sys/clients")));
        assert_eq!(TopicFilter::selector(""), Err(InvalidTopic::Empty));
        let long = "{a}".repeat(17);
        assert_eq!(
            TopicFilter::selector(&long),
            Err(InvalidTopic::TooManyExpressions)
        );
    }

    #[test]
    fn exact_matchers_are_names_whatever_they_look_like() {
        let exact = |text: &str| TopicFilter::exact(text).expect("a matcher");
        let template = exact("https://example.com/{id}");
        assert!(template.matches(&topic("https://example.com/{id}")));
        assert!(!template.matches(&topic("https://example.com/1")));
        assert!(exact("*").matches(&topic("https://example.com/1")));
        assert!(!exact("a/*").matches(&topic("a/b")));
        assert!(!exact("$sys/clients").matches(&topic("$sys/clients")));
    }

    #[test]
    fn url_patterns_are_filters_with_the_text_that_was_given() {
        let pattern = |text: &str| TopicFilter::url_pattern(text, &hub());
        let books = pattern("https://example.com/books/:id").expect("a pattern");
        assert_eq!(books.as_str(), "https://example.com/books/:id");
        assert!(books.is_pattern() && books.is_selector() && !books.is_reserved());
        assert!(books.matches(&topic("https://example.com/books/1")));
        assert!(!books.matches(&topic("https://example.com/books/1/pages")));
        assert!(books.covers(&TopicFilter::exact("https://example.com/books/1").expect("a name")));
        let relative = pattern("/books/:id").expect("a pattern");
        assert!(relative.matches(&topic("/books/1")) && !relative.matches(&topic("$sys/clients")));
        assert_eq!(pattern("*"), Ok(TopicFilter::all()));
        assert_eq!(
            pattern("https://example.com/("),
            Err(InvalidTopic::UrlPattern)
        );
        assert!(books.matches_text_of(&books) && !books.matches_text_of(&relative));
        let wide = pattern("https://example.com/*").expect("a pattern");
        assert!(wide.matches_text_of(&books) && !books.matches_text_of(&wide));
    }

    #[test]
    fn selectors_are_covered_where_that_is_certain() {
        let selector = |text: &str| TopicFilter::selector(text).expect("a selector");
        let books = selector("books/{id}");
        let own = |text: &str| TopicFilter::parse(text).expect("a filter");
        assert!(books.covers(&books) && TopicFilter::all().covers(&books));
        assert!(books.covers(&own("books/1")) && !books.covers(&own("books/*")));
        assert!(!own("books/*").covers(&books) && !books.covers(&own("$sys/clients")));
        assert_eq!(books.intersection(&own("books/1")), Some(own("books/1")));
        assert_eq!(books.intersection(&TopicFilter::all()), Some(books.clone()));
        assert_eq!(books.intersection(&own("books/*")), None);
        assert_eq!(books.literal_prefix(), "books/");
        assert_eq!(selector("books/{id}/{page}.html").literal_suffix(), ".html");
        assert_eq!(
            (own("a/*/b").literal_prefix(), own("a/b").literal_prefix()),
            ("a/", "a/b")
        );
    }
}
