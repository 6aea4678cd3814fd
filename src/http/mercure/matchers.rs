//! What a subscriber asks for: `topic` of Mercure 0.x, and `match` and `match_urlpattern` of 1.0.

use std::fmt;

use url::Url;

use crate::{
    http::{Code, Error, body::Pairs},
    message::{InvalidTopic, TopicFilter, is_visible},
};

/// What the names of the parameters of 1.0 begin with. All names that do, in any case, are reserved for them.
const PREFIX: &str = "match";

/// How the text of a matcher is compared with topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatcherType {
    /// A topic selector of 0.x: a name or a URI template. It has no name in 1.0.
    Selector,
    /// The name of a topic.
    Exact,
    /// A URL pattern.
    UrlPattern,
}

impl MatcherType {
    /// The type with this name in 1.0.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "exact" => Some(Self::Exact),
            "urlpattern" => Some(Self::UrlPattern),
            _ => None,
        }
    }

    /// Its name in 1.0. None: it is of 0.x.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Selector => None,
            Self::Exact => Some("exact"),
            Self::UrlPattern => Some("urlpattern"),
        }
    }

    /// The type that a parameter asks for. None: it asks for none.
    fn of_parameter(name: &str) -> Result<Option<Self>, Error> {
        let begins = name.get(..PREFIX.len());
        let is_reserved = begins.is_some_and(|begin| begin.eq_ignore_ascii_case(PREFIX));
        let found = match name {
            "topic" => Some(Self::Selector),
            PREFIX => Some(Self::Exact),
            _ => name.strip_prefix("match_").and_then(Self::parse),
        };
        match (found, is_reserved) {
            (None, true) => {
                let why = "no such matcher: there are match, match_exact and match_urlpattern";
                Err(Error::invalid(name, why))
            }
            _ => Ok(found),
        }
    }

    fn filter(self, text: &str, hub: &Url) -> Result<TopicFilter, InvalidTopic> {
        match self {
            Self::Selector => TopicFilter::selector(text),
            Self::Exact => TopicFilter::exact(text),
            Self::UrlPattern => TopicFilter::url_pattern(text, hub),
        }
    }
}

impl fmt::Display for MatcherType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name().unwrap_or("topic"))
    }
}

/// A matcher: one subscription of a subscriber.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// How it is compared.
    pub kind: MatcherType,
    /// As the subscriber has written it.
    pub text: Box<str>,
    /// What it subscribes to.
    pub filter: TopicFilter,
}

/// The matchers of a query, at most `most` and at least one, each once. `hub`: the URL of the hub.
pub fn parse(pairs: &Pairs, most: usize, hub: &Url) -> Result<Vec<Matcher>, Error> {
    let mut matchers: Vec<Matcher> = Vec::new();
    for (name, text) in pairs.iter() {
        let Some(kind) = MatcherType::of_parameter(name)? else {
            continue;
        };
        // Older hubs take any text.
        if kind != MatcherType::Selector && !is_visible(text) {
            let why = "must not contain control characters, or others that are invisible";
            return Err(Error::invalid(name, why));
        }
        let filter = kind.filter(text, hub);
        let filter = filter.map_err(|why| Error::invalid(name, why))?;
        let is_same = |other: &Matcher| other.kind == kind && *other.text == *text;
        if !matchers.iter().any(is_same) {
            let text = text.into();
            matchers.push(Matcher { kind, text, filter });
        }
        if matchers.len() > most {
            let detail = format!("a connection can have at most {most} topics (max_topics)");
            return Err(Error::new(Code::TooManyTopics, detail).field(name));
        }
    }
    match matchers.is_empty() {
        true => {
            let detail = "say what to subscribe to, by match, match_urlpattern or topic";
            Err(Error::new(Code::MissingField, detail).field(PREFIX))
        }
        false => Ok(matchers),
    }
}

/// What matchers subscribe to, each once.
pub fn filters(matchers: &[Matcher]) -> Box<[TopicFilter]> {
    let mut filters: Vec<TopicFilter> = Vec::with_capacity(matchers.len());
    for matcher in matchers {
        if !filters.contains(&matcher.filter) {
            filters.push(matcher.filter.clone());
        }
    }
    filters.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(query: &str) -> Result<Vec<Matcher>, Error> {
        let hub = Url::parse("https://hub.example.com/.well-known/mercure").expect("a URL");
        parse(&Pairs::parse(query.as_bytes()), 3, &hub)
    }

    #[test]
    fn the_name_of_a_parameter_says_how_its_value_is_compared() {
        let matchers =
            parsed("match=a&topic=b&match_exact=a&match_urlpattern=/c/:d&x=y").expect("matchers");
        let kinds: Vec<_> = matchers.iter().map(|matcher| matcher.kind).collect();
        use MatcherType::{Exact, Selector, UrlPattern};
        assert_eq!(kinds, [Exact, Selector, UrlPattern]);
        assert_eq!(&*matchers[2].text, "/c/:d");
        // The same topic, by two kinds.
        let both = parsed("match=a&topic=a").expect("matchers");
        assert_eq!((both.len(), filters(&both).len()), (2, 1));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for query in [
            "",
            "x=y",
            "match",
            "match=",
            "Match=a",
            "matchs=a",
            "match_=a",
            "match_URLPattern=/a",
            "match_template=/a",
            "match_urlpattern=/(",
            "match=a%E2%80%8Bb",
            "match=a%0Ab",
            "match=a&match=b&match=c&match=d",
        ] {
            let error = parsed(query).expect_err("refused").as_bad_request();
            assert_eq!(error.status(), 400, "{query}");
        }
    }
}
