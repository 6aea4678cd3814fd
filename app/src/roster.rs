//! Who is connected, as the panel knows it: pages of the list and changes from the stream, put
//! together in whatever order they come.

use std::{collections::HashMap, sync::Arc};

use crate::wire::ClientInfo;

/// The clients that the panel knows of.
///
/// Of two accounts of one client the one with the larger version is true, so a page of the list
/// that was made before a change can't undo it. Clients that left are remembered until the list
/// has been read, for the same reason, and no longer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roster {
    known: HashMap<String, Arc<ClientInfo>>,
    whole: bool,
    connections: u64,
    clients: u64,
}

impl Roster {
    /// Takes in what the server says of some clients.
    pub(crate) fn take_in(&mut self, clients: Vec<ClientInfo>) {
        for client in clients {
            let before = self.known.get(&client.client_id);
            if before.is_some_and(|before| before.version >= client.version) {
                continue;
            }
            let held = before.map_or(0, |before| before.connections.len()) as u64;
            let holds = client.connections.len() as u64;
            self.connections = self.connections - held + holds;
            self.clients = self.clients - u64::from(held > 0) + u64::from(holds > 0);
            match self.whole && holds == 0 {
                true => self.known.remove(&client.client_id),
                false => self
                    .known
                    .insert(client.client_id.clone(), Arc::new(client)),
            };
        }
    }

    /// The list has been read to its end: from here on the changes alone say who is here.
    pub(crate) fn settle(&mut self) {
        self.whole = true;
        self.known.retain(|_, client| is_here(client));
    }

    /// How many clients have a connection.
    pub(crate) fn clients(&self) -> u64 {
        self.clients
    }

    /// How many connections they have.
    pub(crate) fn connections(&self) -> u64 {
        self.connections
    }

    /// Those who are here and whose id or topics contain `text`, whatever its case; who came last
    /// is first.
    pub(crate) fn matching(&self, text: &str) -> Vec<Arc<ClientInfo>> {
        let text = text.trim().to_lowercase();
        let mut found: Vec<_> = self
            .known
            .values()
            .filter(|client| is_here(client) && contains(client, &text))
            .cloned()
            .collect();
        found.sort_unstable_by(|a, b| {
            (since(b), a.client_id.as_str()).cmp(&(since(a), b.client_id.as_str()))
        });
        found
    }

    /// Topics that somebody subscribes to by name, so that a push could name them.
    pub(crate) fn topics(&self) -> Vec<String> {
        let mut topics: Vec<String> = self
            .known
            .values()
            .flat_map(|client| &client.connections)
            .flat_map(|connection| &connection.topics)
            .filter(|topic| !topic.starts_with('$') && !topic.split('/').any(is_wildcard))
            .cloned()
            .collect();
        topics.sort_unstable();
        topics.dedup();
        topics
    }
}

fn is_here(client: &ClientInfo) -> bool {
    !client.connections.is_empty()
}

fn is_wildcard(segment: &str) -> bool {
    matches!(segment, "*" | "**")
}

/// When the oldest of its connections was opened.
pub(crate) fn since(client: &ClientInfo) -> u64 {
    client
        .connections
        .iter()
        .map(|c| c.since)
        .min()
        .unwrap_or(0)
}

fn contains(client: &ClientInfo, text: &str) -> bool {
    let holds = |name: &str| name.to_lowercase().contains(text);
    text.is_empty()
        || holds(&client.client_id)
        || client.connections.iter().any(|connection| {
            holds(&connection.remote) || connection.topics.iter().any(|topic| holds(topic))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ConnectionInfo;

    fn client(id: &str, version: u64, topics: &[&[&str]]) -> ClientInfo {
        let connection = |(n, topics): (usize, &&[&str])| ConnectionInfo {
            id: n as u64,
            topics: topics.iter().map(|t| (*t).to_owned()).collect(),
            since: version,
            behind: 0,
            remote: "127.0.0.1".to_owned(),
            user_agent: None,
        };
        ClientInfo {
            client_id: id.to_owned(),
            version,
            connections: topics.iter().enumerate().map(connection).collect(),
            last_seen: None,
        }
    }

    fn ids(roster: &Roster, text: &str) -> Vec<String> {
        let found = roster.matching(text);
        found.iter().map(|c| c.client_id.clone()).collect()
    }

    #[test]
    fn a_page_that_comes_late_does_not_bring_back_who_has_left() {
        let mut roster = Roster::default();
        roster.take_in(vec![client("a", 7, &[])]);
        roster.take_in(vec![client("a", 5, &[&[]]), client("b", 6, &[&[], &[]])]);
        roster.settle();
        assert_eq!(ids(&roster, ""), ["b"]);
        assert_eq!((roster.clients(), roster.connections()), (1, 2));
    }

    #[test]
    fn who_comes_and_goes_is_counted() {
        let mut roster = Roster::default();
        roster.take_in(vec![client("a", 1, &[&[]])]);
        roster.take_in(vec![client("a", 2, &[&[], &[]]), client("b", 3, &[&[]])]);
        assert_eq!((roster.clients(), roster.connections()), (2, 3));
        roster.take_in(vec![client("a", 4, &[])]);
        assert_eq!((roster.clients(), roster.connections()), (1, 1));
        assert_eq!(ids(&roster, ""), ["b"]);
    }

    #[test]
    fn a_search_looks_at_ids_and_topics_and_who_came_last_is_first() {
        let mut roster = Roster::default();
        roster.take_in(vec![
            client("Anna", 1, &[&["orders/42"]]),
            client("bert", 2, &[&["news"]]),
            client("clara", 3, &[&["orders/*"]]),
        ]);
        assert_eq!(ids(&roster, ""), ["clara", "bert", "Anna"]);
        assert_eq!(ids(&roster, "ORDERS"), ["clara", "Anna"]);
        assert_eq!(ids(&roster, "an"), ["Anna"]);
        assert_eq!(ids(&roster, "nobody"), [""; 0]);
    }

    #[test]
    fn topics_are_those_that_a_push_could_name() {
        let mut roster = Roster::default();
        roster.take_in(vec![
            client("a", 1, &[&["orders/*", "news"], &["news", "$sys/clients"]]),
            client("b", 2, &[&["a*"]]),
        ]);
        assert_eq!(roster.topics(), ["a*", "news"]);
    }
}
