//! When a stream that ended is opened again, and under which address.

use crate::api::encoded;

/// The longest wait, in milliseconds.
const LONGEST: f64 = 30_000.0;

/// Milliseconds until the next try after `failures` tries that came to nothing. It doubles from one
/// second to half a minute, and `random` (0 up to 1) spreads it from half to one and a half of that,
/// so that pages which lost their server together do not come back together.
pub(super) fn delay(failures: u32, random: f64) -> f64 {
    let steady = 1_000.0 * f64::from(2_u32.pow(failures.min(6)));
    steady.min(LONGEST) * (0.5 + random)
}

/// What a stream is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subscription {
    /// Who listens.
    pub(crate) client_id: String,
    /// Topics and patterns.
    pub(crate) topics: Vec<String>,
}

impl Subscription {
    /// The address of the stream, going on after `cursor` unless that is empty.
    pub(super) fn url(&self, cursor: &str) -> String {
        let mut url = format!("/sse?client_id={}", encoded(&self.client_id));
        for topic in &self.topics {
            url.push_str("&topic=");
            url.push_str(&encoded(topic));
        }
        if !cursor.is_empty() {
            url.push_str("&last_event_id=");
            url.push_str(&encoded(cursor));
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_become_rarer_and_never_stop() {
        assert_eq!(delay(0, 0.5), 1_000.0);
        assert_eq!(delay(3, 0.5), 8_000.0);
        assert_eq!(delay(5, 0.5), LONGEST);
        assert_eq!(delay(u32::MAX, 0.5), LONGEST);
        assert_eq!(delay(0, 0.0), 500.0);
        assert!(delay(0, 0.999) < 1_500.0);
    }

    #[test]
    fn an_address_names_the_client_its_topics_and_the_place_to_go_on_from() {
        let mut subscription = Subscription {
            client_id: "tab:1".to_owned(),
            topics: Vec::new(),
        };
        assert_eq!(subscription.url(""), "/sse?client_id=tab%3A1");
        subscription.topics = vec!["orders/*".to_owned(), "a&b".to_owned()];
        assert_eq!(
            subscription.url("k3-17"),
            "/sse?client_id=tab%3A1&topic=orders%2F%2A&topic=a%26b&last_event_id=k3-17"
        );
    }
}
