//! `/api/topics`: what connections are subscribed to.

use std::sync::Arc;

use app::wire::{TopicInfo, TopicsPage};
use axum::{Json, extract::State};

use super::{AppState, Error, body::Pairs, off_thread};

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
pub async fn list(State(state): State<AppState>, pairs: Pairs) -> Result<Json<TopicsPage>, Error> {
    let limit = pairs.page_limit(PAGE, MAX_PAGE, "topics")?;
    let of = |name| pairs.get(name).unwrap_or_default().to_owned();
    let (after, search) = (of("after"), of("q"));
    let broker = Arc::clone(&state.broker);
    let found =
        off_thread(move || Ok::<_, Error>(broker.registry().list_topics(&after, &search, limit)));
    let topics = found.await?.into_iter();
    let info = |(topic, connections)| TopicInfo { topic, connections };
    let topics: Vec<TopicInfo> = topics.map(info).collect();
    let next = topics.last().filter(|_| topics.len() == limit);
    Ok(Json(TopicsPage {
        next: next.map(|last| last.topic.clone()),
        topics,
    }))
}
