//! Topics, and the patterns of subscriptions.

mod hub;
mod selector;

use std::fmt;

use arcstr::ArcStr;

/// The maximum length of a topic or pattern in bytes.
const MAX_LEN: usize = 512;

/// What the topics of subscriptions contain. The path of the public URL stands before it.
pub const SUBSCRIPTIONS: &str = "/.well-known/mercure/subscriptions/";

/// The name of a topic, such as `orders/42` or a URL: 1 to 512 bytes of UTF-8 without control characters, in segments
/// separated by `/`. No segment is `*` or `**`. Topics of subscriptions of Mercure, which only the server makes, may be longer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(ArcStr);

impl Topic {
    /// Parses the topic of a push.
    pub fn parse(text: &str) -> Result<Self, InvalidTopic> {
        check(text)?;
        match text.split('/').any(is_wildcard) {
            true => Err(InvalidTopic::Wildcard),
            false => Ok(Self(text.into())),
        }
    }

    /// A topic of the server itself.
    pub(crate) fn own(text: &'static str) -> Self {
        Self(text.into())
    }

    /// The topic as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it belongs to the server: clients can't push to it, and only an admin can subscribe to it.
    pub fn is_reserved(&self) -> bool {
        is_reserved(&self.0)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A subscription: a topic, or a pattern. A segment `*` matches any one segment, and `**` at the end matches one or
/// more segments. Wildcards do not match a first segment that begins with `$`, so that nobody subscribes to the
/// server's own topics by accident.
///
/// Selectors of Mercure that are not simply the name of a topic begin with a mark, which no other filter can begin with. It
/// is no field of its own, because each subscription of each connection would take more memory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicFilter(ArcStr);

impl TopicFilter {
    /// Parses a subscription from a request.
    pub fn parse(text: &str) -> Result<Self, InvalidTopic> {
        check(text)?;
        let rest_comes_early = text.split('/').rev().skip(1).any(|segment| segment == "**");
        match rest_comes_early {
            true => Err(InvalidTopic::RestNotLast),
            false => Ok(Self(text.into())),
        }
    }

    /// A subscription to exactly this topic.
    pub fn of(topic: &Topic) -> Self {
        Self(topic.0.clone())
    }

    /// The subscription as text.
    pub fn as_str(&self) -> &str {
        self.unmarked()
    }

    /// Whether it can match several topics.
    pub fn is_pattern(&self) -> bool {
        self.is_selector() || self.0.split('/').any(is_wildcard)
    }

    /// What every topic begins with that it matches.
    pub fn literal_prefix(&self) -> &str {
        if self.is_selector() {
            return self.selector_prefix();
        }
        let mut end = 0;
        for segment in self.0.split('/') {
            if is_wildcard(segment) {
                return &self.0[..end];
            }
            end += segment.len() + 1;
        }
        &self.0
    }

    /// Whether it subscribes to the server's own topics.
    pub fn is_reserved(&self) -> bool {
        is_reserved(&self.0)
    }

    /// Whether a message to `topic` matches this subscription.
    pub fn matches(&self, topic: &Topic) -> bool {
        if self.is_selector() {
            return self.selects(topic);
        }
        let mut wanted = self.0.split('/');
        let mut given = topic.as_str().split('/');
        let mut first = true;
        loop {
            let hidden = std::mem::take(&mut first) && topic.is_reserved();
            match (wanted.next(), given.next()) {
                (None, None) => return true,
                (Some("**"), Some(_)) => return !hidden,
                (Some("*"), Some(_)) if !hidden => {}
                (Some(wanted), Some(given)) if wanted == given => {}
                _ => return false,
            }
        }
    }
}

impl TopicFilter {
    /// All topics but the server's own.
    pub fn all() -> Self {
        Self(arcstr::literal!("**"))
    }

    /// Whether it matches every topic that `other` matches.
    pub fn covers(&self, other: &Self) -> bool {
        if self.is_selector() || other.is_selector() {
            return self == other || *self == Self::all() || self.selects_all_of(other);
        }
        let mut own = self.0.split('/');
        let mut segments = other.0.split('/');
        let mut hidden = other.is_reserved();
        loop {
            match (own.next(), segments.next()) {
                (None, None) => return true,
                (Some("**"), Some(_)) => return !hidden,
                (Some("*"), Some(asked)) if asked != "**" && !hidden => {}
                (Some(own), Some(asked)) if own == asked => {}
                _ => return false,
            }
            hidden = false;
        }
    }

    /// The filter of the topics that both match. None if there are none, and between two patterns of which one is a
    /// selector of Mercure and none covers the other.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        if self.is_selector() || other.is_selector() {
            let smaller = [(self, other), (other, self)];
            let smaller = smaller.into_iter().find(|(one, two)| two.covers(one));
            return smaller.map(|(one, _)| one.clone());
        }
        let hidden = self.is_reserved() || other.is_reserved();
        let (mut one, mut two) = (self.0.split('/'), other.0.split('/'));
        let mut both: Vec<&str> = Vec::new();
        loop {
            // A wildcard does not match a first segment with `$`.
            let plain = !hidden || !both.is_empty();
            match (one.next(), two.next()) {
                (None, None) => return Some(Self(both.join("/").into())),
                (Some("**"), Some(first)) if plain => {
                    both.push(first);
                    both.extend(two);
                    return Some(Self(both.join("/").into()));
                }
                (Some(first), Some("**")) if plain => {
                    both.push(first);
                    both.extend(one);
                    return Some(Self(both.join("/").into()));
                }
                (Some("*"), Some(segment)) | (Some(segment), Some("*")) if plain => {
                    both.push(segment);
                }
                (Some(one), Some(two)) if one == two => both.push(one),
                _ => return None,
            }
        }
    }
}

impl fmt::Display for TopicFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn check(text: &str) -> Result<(), InvalidTopic> {
    if text.is_empty() {
        Err(InvalidTopic::Empty)
    } else if text.len() > max_len(text) {
        Err(InvalidTopic::TooLong)
    } else if text.chars().any(char::is_control) {
        Err(InvalidTopic::Control)
    } else {
        Ok(())
    }
}

/// Topics of subscriptions contain the text of a matcher, encoded.
fn max_len(text: &str) -> usize {
    match text.contains(SUBSCRIPTIONS) {
        true => 4 * MAX_LEN,
        false => MAX_LEN,
    }
}

fn is_wildcard(segment: &str) -> bool {
    matches!(segment, "*" | "**")
}

fn is_reserved(text: &str) -> bool {
    text.starts_with('$')
}

/// Why a text is not a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTopic {
    /// The text is empty.
    #[error("a topic must not be empty")]
    Empty,
    /// It is longer than 512 bytes.
    #[error("a topic has at most 512 bytes")]
    TooLong,
    /// It contains a line end or another control character.
    #[error("a topic must not contain control characters")]
    Control,
    /// A push can't have a pattern.
    #[error("a push has exactly one topic: * and ** are only for subscriptions")]
    Wildcard,
    /// `**` is not the last segment.
    #[error("** matches the rest of a topic, so it can only be the last segment")]
    RestNotLast,
    /// A URI template that would take long to match.
    #[error("a URI template has at most 16 expressions")]
    TooManyExpressions,
    /// Not a URL pattern, or one that would need much memory.
    #[error(
        "it is not a URL pattern, or has an expression that is not understood here (no look-around, no back-references)"
    )]
    UrlPattern,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(filter: &str, topic: &str) -> bool {
        let filter = TopicFilter::parse(filter).expect("a filter");
        filter.matches(&Topic::parse(topic).expect("a topic"))
    }

    #[test]
    fn one_star_matches_a_segment_and_two_match_the_rest() {
        assert!(matches("orders/42", "orders/42"));
        assert!(!matches("orders/42", "orders/43"));
        assert!(matches("orders/*", "orders/42"));
        assert!(!matches("orders/*", "orders/42/items"));
        assert!(!matches("orders/*", "orders"));
        assert!(matches("orders/*/items", "orders/42/items"));
        assert!(matches("orders/**", "orders/42/items"));
        assert!(matches("orders/**", "orders/42"));
        assert!(!matches("orders/**", "orders"));
        assert!(matches(
            "https://example.org/**",
            "https://example.org/orders/42"
        ));
        assert!(
            matches("a*", "a*"),
            "a star inside a segment is an ordinary character"
        );
    }

    #[test]
    fn wildcards_do_not_match_reserved_topics() {
        assert!(!matches("**", "$sys/clients"));
        assert!(!matches("*/clients", "$sys/clients"));
        assert!(matches("$sys/**", "$sys/clients"));
        assert!(matches("$sys/*", "$sys/clients"));
    }

    #[test]
    fn invalid_topics_are_refused() {
        assert_eq!(Topic::parse(""), Err(InvalidTopic::Empty));
        assert_eq!(Topic::parse("a\nb"), Err(InvalidTopic::Control));
        assert_eq!(Topic::parse(&"é".repeat(257)), Err(InvalidTopic::TooLong));
        assert_eq!(Topic::parse("a/*"), Err(InvalidTopic::Wildcard));
        assert_eq!(Topic::parse("a/**"), Err(InvalidTopic::Wildcard));
        assert_eq!(TopicFilter::parse("a/**/b"), Err(InvalidTopic::RestNotLast));
    }
}
