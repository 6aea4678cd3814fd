//! `/api/topics`: what connections are subscribed to.

use std::{collections::BTreeMap, sync::Arc};

use app::wire::{TopicInfo, TopicsPage};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};

use super::{
    AppState, Error,
    access::Caller,
    body::Pairs,
    nodes::ask::{self, Part},
    off_thread,
    visible::Visible,
};
use crate::broker::Broker;

/// The default number of topics on a page.
const PAGE: u64 = 100;
/// The maximum number of topics on a page.
const MAX_PAGE: u64 = 1_000;

/// List topics
///
/// The topics and patterns with subscribers, by name; `next` of one page is `after` of the
/// following.
#[utoipa::path(
    get, path = "/api/topics", tag = "clients",
    params(
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "Topics on one page; 100 by default"),
        ("after" = Option<String>, Query, description = "Only topics after this one"),
        ("q" = Option<String>, Query, description = "Only topics that contain this text"),
    ),
    responses((status = 200, description = "One page", body = TopicsPage)),
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    pairs: Pairs,
) -> Result<Json<TopicsPage>, Error> {
    let visible = Visible::from(&caller);
    let of = |name| pairs.get(name).unwrap_or_default().to_owned();
    let wanted = WantedTopics {
        limit: pairs.page_limit(PAGE, MAX_PAGE, "topics")?,
        after: of("after"),
        search: of("q"),
        visible: visible.clone(),
    };
    let asked = ask::ask::<TopicsPage>(&state.broker, Part::Topics, &wanted).await;
    let (broker, limit) = (Arc::clone(&state.broker), wanted.limit);
    let own = off_thread(move || Ok::<_, Error>(here(&broker, &wanted))).await?;
    if asked.answers.is_empty() {
        let missing_nodes = asked.missing;
        return Ok(Json(TopicsPage {
            missing_nodes,
            ..own
        }));
    }
    let mut more = own.next.is_some();
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    let others = asked.answers.into_iter().map(|(_, page)| page);
    for page in std::iter::once(own).chain(others) {
        more |= page.next.is_some();
        for TopicInfo { topic, connections } in page.topics {
            *sums.entry(topic).or_default() += connections;
        }
    }
    more |= sums.len() > limit;
    // A node of an earlier version answers with all topics.
    let sums = sums.into_iter().filter(|(topic, _)| visible.filter(topic));
    let topics = sums.take(limit);
    let topics = topics.map(|(topic, connections)| TopicInfo { topic, connections });
    let topics: Vec<TopicInfo> = topics.collect();
    let next = topics.last().filter(|_| more);
    Ok(Json(TopicsPage {
        next: next.map(|last| last.topic.clone()),
        topics,
        missing_nodes: asked.missing,
    }))
}

/// The query of a request.
#[derive(Serialize, Deserialize)]
pub struct WantedTopics {
    limit: usize,
    after: String,
    search: String,
    #[serde(default)]
    visible: Visible,
}

/// The page of this node.
pub fn here(broker: &Broker, wanted: &WantedTopics) -> TopicsPage {
    let limit = wanted.limit;
    let sees = |topic: &str| wanted.visible.filter(topic);
    let registry = broker.registry();
    let found = registry.list_topics(&wanted.after, &wanted.search, limit, sees);
    let info = |(topic, connections)| TopicInfo { topic, connections };
    let topics: Vec<TopicInfo> = found.into_iter().map(info).collect();
    let next = topics.last().filter(|_| topics.len() == limit);
    TopicsPage {
        next: next.map(|last| last.topic.clone()),
        topics,
        missing_nodes: Vec::new(),
    }
}
