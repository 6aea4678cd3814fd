//! Query strings and forms, decoded (WHATWG URL, `application/x-www-form-urlencoded`).

/// The names by which clients send the value of the header `Last-Event-ID` in the query, if they cannot set the header.
/// Names in a query are case-sensitive.
pub const LAST_EVENT_ID: [&str; 6] = [
    // Tidings.
    "last_event_id",
    // event-source-polyfill and reconnecting-eventsource.
    "lastEventId",
    // eventsource-polyfill.
    "evs_last_event_id",
    // Mercure, since version 8 of its protocol.
    "lastEventID",
    // Mercure, before that.
    "Last-Event-ID",
    // CouchDB and servers that are like it.
    "last-event-id",
];

/// The pairs of a query or a form, in their order.
pub struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Parses `a=1&b=2`.
    pub fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// All names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The last value that is not empty, of any of these names.
    pub fn last_of(&self, names: &[&str]) -> Option<&str> {
        self.0
            .iter()
            .rfind(|(key, value)| names.contains(&key.as_str()) && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Every value of a name, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}
