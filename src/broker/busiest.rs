//! The topics and the clients that get most deliveries, of the last minutes.
//!
//! It costs next to nothing. It is noted once for each push, where its recipients have just been counted, and not for each
//! stream: a push to ten thousand subscribers costs as much as one to ten. Noting is one lookup in a table of
//! [`ENTRIES`](top_list::ENTRIES) names, and a name that is not there takes the place of the last one in the list, which is
//! found in a few steps. Names are shared texts, so nothing is copied. The writer of the log takes the lock once for a
//! commit. Publishers of ephemeral messages run in several threads: one that finds the lock taken does not count, because a
//! list of the busiest may miss some of many. No clock is read: whoever takes samples turns the page.

mod top_list;

use std::{hash::Hash, time::Instant};

use parking_lot::Mutex;

use crate::message::{Audience, ClientId, Topic};
pub use top_list::Tally;
use top_list::TopList;

/// A push to more clients says little of each of them, and would cost a lookup for each.
const FEW: usize = 32;

/// See the module documentation.
#[derive(Debug, Default)]
pub struct Busiest(Mutex<Pages>);

/// What is counted now, and what was counted before, with the times when that began.
#[derive(Debug)]
struct Pages {
    current: (Instant, Lists),
    previous: Option<(Instant, Lists)>,
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            current: (Instant::now(), Lists::default()),
            previous: None,
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Lists {
    topics: TopList<Topic>,
    clients: TopList<ClientId>,
}

impl Busiest {
    /// Counts pushes and the connections that each was handed to.
    pub(super) fn note_all<'a>(&self, pushes: impl Iterator<Item = (&'a Audience, u64)>) {
        let mut pages = self.0.lock();
        pushes.for_each(|(audience, connections)| pages.current.1.note(audience, connections));
    }

    /// Counts a push, unless another thread is counting.
    pub(super) fn note_if_free(&self, audience: &Audience, connections: u64) {
        if let Some(mut pages) = self.0.try_lock() {
            pages.current.1.note(audience, connections);
        }
    }

    /// Begins a new page. What was counted before the last one is forgotten.
    pub fn turn(&self) {
        let mut pages = self.0.lock();
        let current = (Instant::now(), Lists::default());
        pages.previous = Some(std::mem::replace(&mut pages.current, current));
    }

    /// Since when is counted what is on both pages.
    pub fn since(&self) -> Instant {
        let pages = self.0.lock();
        let previous = pages.previous.as_ref();
        previous.map_or(pages.current.0, |(since, _)| *since)
    }

    /// The topics on both pages, with most deliveries first.
    pub fn topics(&self) -> Vec<(Topic, Tally)> {
        self.both(|lists| &lists.topics)
    }

    /// The clients on both pages, with most deliveries first. Deliveries by topics are not counted for clients.
    pub fn clients(&self) -> Vec<(ClientId, Tally)> {
        self.both(|lists| &lists.clients)
    }

    fn both<K: Clone + Eq + Hash + Ord>(&self, list: fn(&Lists) -> &TopList<K>) -> Vec<(K, Tally)> {
        let pages = self.0.lock();
        let mut all = list(&pages.current.1).clone();
        let previous = pages.previous.as_ref();
        let previous = previous.map(|(_, lists)| list(lists).clone());
        drop(pages);
        if let Some(previous) = previous {
            all.add(previous);
        }
        all.sorted()
    }
}

impl Lists {
    fn note(&mut self, audience: &Audience, connections: u64) {
        if connections == 0 {
            return;
        }
        match audience {
            Audience::Topic(topic) => self.topics.note(topic, connections),
            Audience::Client(client) => self.clients.note(client, connections),
            Audience::Clients(clients) if clients.len() <= FEW => {
                // How many connections each of them has is not known here.
                let each = connections / clients.len().max(1) as u64;
                if each > 0 {
                    clients
                        .iter()
                        .for_each(|client| self.clients.note(client, each));
                }
            }
            Audience::Clients(_) | Audience::Everyone => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &str) -> ClientId {
        ClientId::parse(name).expect("an id")
    }

    fn topic(name: &str) -> Audience {
        Audience::Topic(Topic::parse(name).expect("a topic"))
    }

    fn names(busiest: &Busiest) -> Vec<(String, u64)> {
        let topics = busiest.topics().into_iter();
        topics
            .map(|(topic, tally)| (topic.as_str().to_owned(), tally.deliveries))
            .collect()
    }

    #[test]
    fn two_pages_are_counted_together_and_the_third_is_forgotten() {
        let busiest = Busiest::default();
        busiest.note_if_free(&topic("a"), 3);
        busiest.turn();
        busiest.note_all([(&topic("b"), 2), (&topic("a"), 1)].into_iter());
        assert_eq!(names(&busiest), [("a".to_owned(), 4), ("b".to_owned(), 2)]);
        busiest.turn();
        assert_eq!(names(&busiest), [("b".to_owned(), 2), ("a".to_owned(), 1)]);
        busiest.turn();
        assert!(names(&busiest).is_empty());
    }

    #[test]
    fn a_push_to_few_clients_is_shared_among_them_and_one_that_reaches_nobody_does_not_count() {
        let busiest = Busiest::default();
        let two = Audience::clients(vec![client("ada"), client("bob")]);
        let many = (0..=FEW).map(|n| client(&format!("c{n}"))).collect();
        for (audience, connections) in [
            (&two, 4),
            (&Audience::Client(client("bob")), 1),
            (&Audience::Client(client("eve")), 0),
            (&Audience::clients(many), 1_000),
            (&Audience::Everyone, 1_000),
        ] {
            busiest.note_all([(audience, connections)].into_iter());
        }
        let clients = busiest.clients().into_iter();
        let found: Vec<_> = clients
            .map(|(client, tally)| (client.as_str().to_owned(), tally.deliveries, tally.pushes))
            .collect();
        assert_eq!(found, [("bob".to_owned(), 3, 2), ("ada".to_owned(), 2, 1)]);
    }
}
