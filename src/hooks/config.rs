//! Where a hook leads, and which events it wants.

use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::secret::InvalidHookSecret;
use crate::{
    log::{EventKind, EventKinds, HookEvent},
    message::{ClientId, ClientPattern, Topic, TopicFilter},
};

/// The longest name, in characters.
const MAX_NAME: usize = 100;

/// The longest URL, in bytes.
const MAX_URL: usize = 2048;

/// The most patterns of each kind in a filter.
const MAX_PATTERNS: usize = 100;

/// See the module documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookConfig {
    /// Where requests are sent to.
    pub url: Url,
    /// For people. May be empty.
    pub name: String,
    /// The kinds of events. None is empty.
    pub events: Vec<EventKind>,
    /// Which of these.
    pub filter: HookFilter,
}

/// Which clients and topics a hook wants to hear of. An empty list does not restrict anything, and neither does a list of
/// clients restrict events that have no client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookFilter {
    /// Clients: an id, or a prefix such as `shop:*`.
    pub clients: Vec<ClientPattern>,
    /// Topics and patterns of topics.
    pub topics: Vec<TopicFilter>,
}

/// A configuration as text, in the log and in requests.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct HookTexts {
    /// See [`HookConfig::url`].
    pub url: String,
    /// See [`HookConfig::name`].
    #[serde(default)]
    pub name: String,
    /// See [`HookConfig::events`].
    pub events: Vec<String>,
    /// See [`HookFilter::clients`].
    #[serde(default)]
    pub clients: Vec<String>,
    /// See [`HookFilter::topics`].
    #[serde(default)]
    pub topics: Vec<String>,
}

/// Which field is wrong, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct InvalidHook {
    /// The field.
    pub field: &'static str,
    /// Why.
    pub why: String,
}

impl From<InvalidHookSecret> for InvalidHook {
    fn from(why: InvalidHookSecret) -> Self {
        invalid("secret", why)
    }
}

fn invalid(field: &'static str, why: impl ToString) -> InvalidHook {
    let why = why.to_string();
    InvalidHook { field, why }
}

impl HookConfig {
    /// Parses texts.
    pub fn parse(texts: &HookTexts) -> Result<Self, InvalidHook> {
        let url = Url::parse(&texts.url).ok().filter(Url::has_host);
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.filter(|_| texts.url.len() <= MAX_URL);
        let url = url.ok_or_else(|| {
            invalid(
                "url",
                "must be like https://api.example.org/hooks, of at most 2048 bytes",
            )
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid(
                "url",
                "must not contain a user or a password: every request is signed",
            ));
        }
        let name = texts.name.trim();
        if name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
            return Err(invalid(
                "name",
                "must have at most 100 characters, and no control characters",
            ));
        }
        let kinds = texts.events.iter().map(|name| {
            EventKind::parse(name).ok_or_else(|| {
                let known: Vec<_> = EventKind::ALL.into_iter().map(EventKind::name).collect();
                invalid("events", format!("must be some of {}", known.join(", ")))
            })
        });
        let mut events = kinds.collect::<Result<Vec<_>, _>>()?;
        events.sort_unstable();
        events.dedup();
        if events.is_empty() {
            return Err(invalid("events", "must name at least one kind of event"));
        }
        if texts.clients.len().max(texts.topics.len()) > MAX_PATTERNS {
            return Err(invalid("filter", "has at most 100 clients and 100 topics"));
        }
        let clients = texts
            .clients
            .iter()
            .map(|text| ClientPattern::parse(text).map_err(|why| invalid("filter.clients", why)));
        let topics = texts
            .topics
            .iter()
            .map(|text| TopicFilter::parse(text).map_err(|why| invalid("filter.topics", why)));
        Ok(Self {
            url,
            name: name.to_owned(),
            events,
            filter: HookFilter {
                clients: clients.collect::<Result<_, _>>()?,
                topics: topics.collect::<Result<_, _>>()?,
            },
        })
    }

    /// Reads what was stored.
    pub fn stored(text: &str) -> Result<Self, InvalidHook> {
        let texts: HookTexts = serde_json::from_str(text).map_err(|why| invalid("config", why))?;
        Self::parse(&texts)
    }

    /// As texts.
    pub fn texts(&self) -> HookTexts {
        HookTexts {
            url: self.url.to_string(),
            name: self.name.clone(),
            events: self
                .events
                .iter()
                .map(|kind| kind.name().to_owned())
                .collect(),
            clients: self
                .filter
                .clients
                .iter()
                .map(ToString::to_string)
                .collect(),
            topics: self.filter.topics.iter().map(ToString::to_string).collect(),
        }
    }

    /// What is stored.
    pub fn to_stored(&self) -> String {
        // Can't fail: it has only texts.
        serde_json::to_string(&self.texts()).unwrap_or_default()
    }

    /// The kinds as a set.
    pub fn kinds(&self) -> EventKinds {
        self.events.iter().copied().collect()
    }

    /// Whether the hook wants an event.
    pub fn wants(&self, event: &HookEvent) -> bool {
        self.events.contains(&event.kind)
            && self
                .filter
                .passes(event.client.as_deref(), event.topic.as_deref())
    }
}

impl HookFilter {
    /// Whether an event about this client and this topic passes.
    fn passes(&self, client: Option<&str>, topic: Option<&str>) -> bool {
        let client = client.is_none_or(|client| {
            let matches = |client: &ClientId| self.clients.iter().any(|one| one.matches(client));
            self.clients.is_empty() || ClientId::parse(client).is_ok_and(|client| matches(&client))
        });
        client && topic.is_none_or(|topic| self.topics.is_empty() || self.passes_topic(topic))
    }

    /// A topic, or a pattern that somebody has subscribed to: then it has to be a part of what the hook wants.
    fn passes_topic(&self, topic: &str) -> bool {
        if let Ok(topic) = Topic::parse(topic)
            && self.topics.iter().any(|filter| filter.matches(&topic))
        {
            return true;
        }
        let pattern = TopicFilter::parse(topic);
        pattern.is_ok_and(|pattern| self.topics.iter().any(|filter| filter.covers(&pattern)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(events: &[&str], clients: &[&str], topics: &[&str]) -> HookTexts {
        let list = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        HookTexts {
            url: "https://api.example.org/hooks?x=1".to_owned(),
            name: " shop ".to_owned(),
            events: list(events),
            clients: list(clients),
            topics: list(topics),
        }
    }

    fn event(kind: EventKind, client: Option<&str>, topic: Option<&str>) -> HookEvent {
        HookEvent {
            seq: 1,
            at: 1,
            kind,
            client: client.map(str::to_owned),
            topic: topic.map(str::to_owned),
            messages: Vec::new(),
            data: "{}".to_owned(),
        }
    }

    #[test]
    fn a_filter_restricts_what_an_event_is_about_and_nothing_else() {
        let all = ["client.online", "topic.occupied", "job.ended"];
        let config = HookConfig::parse(&texts(&all, &["shop:*"], &["orders/**"])).expect("good");
        let wants = |kind, client, topic| config.wants(&event(kind, client, topic));
        assert!(wants(EventKind::ClientOnline, Some("shop:7"), None));
        assert!(!wants(EventKind::ClientOnline, Some("bar:7"), None));
        assert!(!wants(EventKind::ClientOffline, Some("shop:7"), None));
        assert!(wants(EventKind::TopicOccupied, None, Some("orders/42")));
        assert!(wants(EventKind::TopicOccupied, None, Some("orders/*")));
        assert!(!wants(EventKind::TopicOccupied, None, Some("**")));
        assert!(!wants(EventKind::TopicOccupied, None, Some("news")));
        assert!(wants(EventKind::JobEnded, None, None));
        let open = HookConfig::parse(&texts(&all, &[], &[])).expect("good");
        assert!(open.wants(&event(EventKind::ClientOnline, Some("bar:7"), None)));
    }

    #[test]
    fn a_configuration_comes_back_as_it_was_stored() {
        let config = HookConfig::parse(&texts(&["gap", "client.online", "gap"], &["a"], &["b/*"]));
        let config = config.expect("good");
        assert_eq!(config.name, "shop");
        assert_eq!(config.events, [EventKind::ClientOnline, EventKind::Gap]);
        assert_eq!(HookConfig::stored(&config.to_stored()), Ok(config));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let field = |change: fn(&mut HookTexts)| {
            let mut texts = texts(&["gap"], &[], &[]);
            change(&mut texts);
            HookConfig::parse(&texts).expect_err("wrong").field
        };
        for url in [
            "",
            "ftp://x.example/",
            "https://",
            "/hooks",
            "https://a:b@x.example/",
        ] {
            let mut texts = texts(&["gap"], &[], &[]);
            texts.url = url.to_owned();
            assert_eq!(
                HookConfig::parse(&texts).expect_err("wrong").field,
                "url",
                "{url}"
            );
        }
        assert_eq!(field(|texts| texts.events.clear()), "events");
        assert_eq!(field(|texts| texts.events.push("all".to_owned())), "events");
        assert_eq!(field(|texts| texts.name = "a\nb".to_owned()), "name");
        assert_eq!(
            field(|texts| texts.clients = vec!["a b".to_owned()]),
            "filter.clients"
        );
        assert_eq!(
            field(|texts| texts.topics = vec![String::new()]),
            "filter.topics"
        );
    }
}
