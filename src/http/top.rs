//! `GET /api/stats/top`: the busiest topics and clients, the map of topics, and why streams and requests have ended.

use std::sync::Arc;

use app::wire::{NamedCount, StatsTop, TopEntry, TopicArea};
use axum::{Json, extract::State};

use super::{AppState, Error, access::Caller, off_thread, topic_map::MAPPED, visible::Visible};
use crate::{
    broker::{Broker, Tally},
    message::{Topic, TopicFilter},
    registry::LargestTopics,
};

/// Names in each list.
const LISTED: usize = 10;
/// Show the busiest topics and clients
///
/// Of the last minutes, and of this node: the topics and clients with most deliveries, and the topics with most subscribers.
/// Since the start: why streams have ended, and why requests were refused. Counts of topics and clients are estimates if there
/// are many of them: a name with more than a hundredth of all deliveries is always counted. A caller that may read only some
/// clients and topics gets those.
#[utoipa::path(
    get, path = "/api/stats/top", tag = "node",
    responses((status = 200, description = "The lists", body = StatsTop)),
)]
pub async fn show(State(state): State<AppState>, caller: Caller) -> Result<Json<StatsTop>, Error> {
    let visible = Visible::from(&caller);
    Ok(Json(
        off_thread(move || Ok::<_, Error>(top(&state, &visible))).await?,
    ))
}

fn top(state: &AppState, visible: &Visible) -> StatsTop {
    let busiest = state.broker.busiest();
    let seconds = busiest.since().elapsed().as_secs().max(1);
    let topics = busiest.topics();
    let entry = |name: &str, tally: &Tally| TopEntry {
        name: name.to_owned(),
        deliveries: tally.deliveries,
        uncertain: tally.uncertain,
        pushes: tally.pushes,
    };
    let seen = topics.iter().filter(|(topic, _)| {
        !topic.is_reserved() && (visible.is_everything() || visible.filter(topic.as_str()))
    });
    let seen = seen.map(|(topic, tally)| entry(topic.as_str(), tally));
    let clients = busiest.clients().into_iter();
    let clients = clients.filter(|(client, _)| visible.client(client));
    let clients = clients.map(|(client, tally)| entry(client.as_str(), &tally));
    let map = match visible.is_everything() {
        true => state.topic_map.now(state.broker.registry()),
        false => Arc::new(part(&state.broker, visible)),
    };
    let area = |(topic, connections): &(String, u64)| TopicArea {
        pushes: per_minute(topic, &topics, seconds),
        topic: topic.clone(),
        connections: *connections,
    };
    let mut top = StatsTop {
        node: state.settings.node.clone(),
        seconds,
        topics: seen.take(LISTED).collect(),
        clients: clients.take(LISTED).collect(),
        map: map.topics.iter().map(area).collect(),
        other_topics: map.others,
        other_connections: map.others_connections,
        closes: Vec::new(),
        errors: Vec::new(),
    };
    if visible.is_everything() {
        let counters = state.broker.registry().counters();
        top.closes = most_first(counters.ended.counts());
        top.errors = most_first(state.counters.errors());
    }
    top
}

/// What has happened at all, most often first.
fn most_first(counts: impl Iterator<Item = (&'static str, u64)>) -> Vec<NamedCount> {
    let counts = counts.filter(|(_, count)| *count > 0);
    let named = counts.map(|(name, count)| NamedCount {
        name: name.to_owned(),
        count,
    });
    let mut named: Vec<NamedCount> = named.collect();
    named.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    named
}

/// Pushes per minute to a topic, or to all counted topics that a pattern matches.
fn per_minute(text: &str, topics: &[(Topic, Tally)], seconds: u64) -> f64 {
    let filter = TopicFilter::parse(text);
    let matches = |topic: &Topic| match &filter {
        Ok(filter) => filter.matches(topic),
        Err(_) => topic.as_str() == text,
    };
    let pushes = topics.iter().filter(|(topic, _)| matches(topic));
    let pushes: u64 = pushes.map(|(_, tally)| tally.pushes).sum();
    (pushes as f64 * 600.0 / seconds as f64).round() / 10.0
}

/// The map of a caller that sees some topics only.
fn part(broker: &Broker, visible: &Visible) -> LargestTopics {
    let registry = broker.registry();
    let mut topics = registry.list_topics("", "", usize::MAX, |topic| visible.filter(topic));
    topics.sort_by(|(a, most), (b, other)| other.cmp(most).then_with(|| a.cmp(b)));
    let rest = topics.split_off(topics.len().min(MAPPED));
    LargestTopics {
        topics,
        others: rest.len() as u64,
        others_connections: rest.iter().map(|(_, count)| count).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_has_the_rate_of_the_topics_that_it_matches() {
        let tally = |pushes| Tally {
            pushes,
            ..Tally::default()
        };
        let topic = |name| Topic::parse(name).expect("a topic");
        let topics = [
            (topic("orders/1"), tally(6)),
            (topic("orders/2"), tally(3)),
            (topic("news"), tally(30)),
        ];
        let rates = ["orders/*", "orders/1", "**", "weather"]
            .map(|filter| per_minute(filter, &topics, 180));
        assert_eq!(rates, [3.0, 2.0, 13.0, 0.0]);
    }

    #[test]
    fn counts_are_sorted_and_what_has_not_happened_is_left_out() {
        let counts = [("left", 2), ("lost", 0), ("stalled", 9), ("a", 2)];
        let names = most_first(counts.into_iter()).into_iter();
        let names: Vec<String> = names.map(|one| one.name).collect();
        assert_eq!(names, ["stalled", "a", "left"]);
    }
}
