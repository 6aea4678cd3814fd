//! Patterns of client ids.

use std::fmt;

use arcstr::ArcStr;

use super::{ClientId, InvalidClientId};

/// Some client ids: one id, all ids that begin with a prefix (`shop:*`), or all (`*`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientPattern(ArcStr);

impl ClientPattern {
    /// All clients.
    pub fn all() -> Self {
        Self(arcstr::literal!("*"))
    }

    /// Parses a pattern. A `*` can only be its end.
    pub fn parse(text: &str) -> Result<Self, InvalidClientId> {
        match text.strip_suffix('*') {
            Some("") => Ok(Self::all()),
            Some(prefix) => ClientId::parse(prefix).map(|_| Self(text.into())),
            None => ClientId::parse(text).map(|_| Self(text.into())),
        }
    }

    /// Exactly this client.
    pub fn of(client_id: &ClientId) -> Self {
        Self(client_id.as_str().into())
    }

    /// The pattern as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it stands for this client.
    pub fn matches(&self, client_id: &ClientId) -> bool {
        match self.0.strip_suffix('*') {
            Some(prefix) => client_id.as_str().starts_with(prefix),
            None => client_id.as_str() == self.as_str(),
        }
    }

    /// Whether it stands for every client that `other` stands for.
    pub fn covers(&self, other: &Self) -> bool {
        match self.0.strip_suffix('*') {
            Some(prefix) => other
                .0
                .strip_suffix('*')
                .unwrap_or(&other.0)
                .starts_with(prefix),
            None => self == other,
        }
    }

    /// The clients that both stand for. None if there are none.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        match (self.covers(other), other.covers(self)) {
            (true, _) => Some(other.clone()),
            (_, true) => Some(self.clone()),
            _ => None,
        }
    }
}

impl fmt::Display for ClientPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> ClientPattern {
        ClientPattern::parse(text).expect("a pattern")
    }

    #[test]
    fn a_star_is_the_end_of_a_pattern_and_nothing_else() {
        for good in ["a", "*", "shop:*", "a.b~c@d-e_1*"] {
            assert_eq!(pattern(good).as_str(), good);
        }
        for bad in ["", "**", "*a", "a*b", "a b", "ä*"] {
            assert!(ClientPattern::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_pattern_covers_what_it_matches() {
        assert!(pattern("shop:*").covers(&pattern("shop:1*")));
        assert!(pattern("*").covers(&pattern("*")) && pattern("a").covers(&pattern("a")));
        assert!(!pattern("shop:1").covers(&pattern("shop:*")));
        assert!(!pattern("shop:*").covers(&pattern("*")));
        let both = pattern("a*").intersection(&pattern("ab"));
        assert_eq!(both, Some(pattern("ab")));
        assert_eq!(pattern("a").intersection(&pattern("b*")), None);
    }
}
