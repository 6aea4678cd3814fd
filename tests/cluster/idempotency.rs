//! An idempotency key holds for all nodes.

use app::wire::To;
use serde_json::json;

use crate::{
    harness::{Cluster, together},
    support::{push_of, within},
};

#[tokio::test]
async fn a_key_that_is_used_at_two_nodes_gives_one_message() {
    let cluster = Cluster::start().await;
    let mut push = push_of(To::Everyone, "once");
    push.idempotency_key = Some("order 7".to_owned());
    let mut ids = Vec::new();
    for node in &cluster.nodes {
        ids.push(within(node.api.push(&push)).await.expect("accepted").id);
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert_eq!(cluster.same_history().await.len(), 1);

    let other = json!({"to": "everyone", "data": "other", "idempotency_key": "order 7"});
    let answer = cluster.nodes[1].post("/push", &other.to_string()).await;
    let problem: app::wire::Problem = within(answer.json()).await.expect("a problem");
    assert_eq!(problem.code, "idempotency_key_reused");
}

#[tokio::test]
async fn a_key_that_is_used_at_all_nodes_at_once_gives_one_message() {
    let cluster = Cluster::start().await;
    let mut reader = cluster.nodes[0].listen("ada", &[]).await;
    for round in 0..10 {
        let text = format!("round {round}");
        let mut push = push_of(To::Everyone, &text);
        push.idempotency_key = Some(text.clone());
        let pushes = cluster.nodes.iter().map(|node| node.api.push(&push));
        let answers = within(together(pushes)).await.into_iter();
        let mut ids: Vec<_> = answers.map(|answer| answer.expect("accepted").id).collect();
        ids.dedup();
        assert_eq!(ids.len(), 1, "{ids:?}");
        let event = reader.message().await;
        assert_eq!((Some(event.id), event.data), (ids.remove(0), text));
    }
    assert_eq!(cluster.same_history().await.len(), 10);
}
