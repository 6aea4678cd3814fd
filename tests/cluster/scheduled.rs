//! Scheduled messages: made at one node, changed at another, and pushed once by whichever node is there.

use app::wire::{ScheduledChange, ScheduledInfo, ScheduledPage};
use serde_json::{Value, json};

use crate::{
    harness::{Cluster, follow, until},
    support::{client, within},
};

/// Schedules a text for the topic `news`, in so many seconds. Returns its id.
async fn schedule(node: &crate::support::Endpoint, text: &str, delay: u64) -> String {
    let push = json!({"to": {"topic": "news"}, "data": text, "delay": delay});
    let answer = node.post("/push", &push.to_string()).await;
    assert_eq!(answer.status(), 202);
    let answer: Value = within(answer.json()).await.expect("an answer");
    answer["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_scheduled_message_is_known_at_all_nodes_and_can_be_changed_at_any() {
    let cluster = Cluster::start().await;
    let [first, second, third] = &cluster.nodes[..] else {
        panic!("three nodes");
    };
    let moved = schedule(first, "moved", 3600).await;
    let cancelled = schedule(first, "cancelled", 3600).await;
    within(second.api.cancel_scheduled(&cancelled))
        .await
        .expect("cancelled");
    let change = ScheduledChange {
        at: None,
        delay: Some(0),
    };
    within(third.api.reschedule(&moved, &change))
        .await
        .expect("moved");
    let path = format!("/api/scheduled/{moved}");
    for node in &cluster.nodes {
        let sent = |info: &ScheduledInfo| info.message.is_some();
        let info = node.until(&path, sent).await;
        let message = node.message(&info.message.expect("a cursor")).await;
        assert_eq!(message.scheduled.as_deref(), Some(moved.as_str()));
        let page: ScheduledPage = node.read("/api/scheduled").await;
        assert_eq!(page.scheduled.len(), 0);
    }
    cluster.same_history().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_is_pushed_once_although_the_janitor_was_killed() {
    let cluster = Cluster::start().await;
    let start = cluster.nodes[1].push(client("nobody"), "start").await.id;
    let start = start.expect("a cursor");
    // The janitor is the first node by name. It dies with some of them pushed, and others due.
    let mut expected = Vec::new();
    for (n, node) in cluster.nodes.iter().cycle().take(60).enumerate() {
        let text = format!("message {n}");
        schedule(node, &text, 1 + n as u64 / 20).await;
        expected.push(text);
    }
    let waiting = async |node: &crate::support::Endpoint| {
        let page: ScheduledPage = node.read("/api/scheduled?limit=100").await;
        page.scheduled.len()
    };
    until(async || (waiting(&cluster.nodes[1]).await < 60).then_some(())).await;
    cluster.nodes[0].node.kill().expect("killed");
    until(async || (waiting(&cluster.nodes[1]).await == 0).then_some(())).await;
    cluster.nodes[0].node.start_again().expect("started");
    cluster.nodes[0].node.until_ready().expect("ready");
    for node in &cluster.nodes {
        assert_eq!(waiting(node).await, 0);
    }
    cluster.nodes[2]
        .push(crate::support::topic("news"), "the end")
        .await;
    let seen = within(follow(&cluster.endpoints()[..1], "ada", &start, "the end")).await;
    let mut texts: Vec<String> = seen.into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts.pop().as_deref(), Some("the end"));
    texts.sort();
    expected.sort();
    assert_eq!(texts, expected);
    cluster.same_history().await;
}
