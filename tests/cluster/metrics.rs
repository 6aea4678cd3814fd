//! What a node of a cluster tells monitoring, and what of a push the other nodes know.

use app::wire::PushAnswer;

use crate::{
    harness::Cluster,
    support::{Endpoint, within},
};

async fn has(node: &Endpoint, samples: &[&str]) {
    within(async {
        loop {
            let text = node.get("/metrics").await.text().await.expect("a text");
            if samples
                .iter()
                .all(|sample| text.contains(&format!("\n{sample}\n")))
            {
                return;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_metrics_of_a_node_tell_the_state_of_the_cluster() {
    let cluster = Cluster::start().await;
    for node in &cluster.nodes {
        let expected = [
            "tidings_cluster_connected 1",
            "tidings_cluster_reachable 1",
            "tidings_cluster_lag_records 0",
            "tidings_cluster_nodes{state=\"ready\"} 3",
            "tidings_cluster_nodes{state=\"gone\"} 0",
            "tidings_ready 1",
        ];
        has(node, &expected).await;
    }
}

#[tokio::test]
async fn the_trace_of_a_push_is_known_at_every_node() {
    let cluster = Cluster::start().await;
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let pushed = &cluster.nodes[0];
    let request = pushed.http.post(pushed.url("/push"));
    let request = request.header("content-type", "application/json");
    let request = request.header("traceparent", parent);
    let sent = request.body(r#"{"to":"everyone","data":"x"}"#).send();
    let answer = within(sent).await.expect("an answer");
    let answer: PushAnswer = answer.json().await.expect("an answer");
    let id = answer.id.expect("a cursor");
    cluster.same_history().await;
    for node in &cluster.nodes {
        let detail = node.message(&id).await;
        assert_eq!(detail.traceparent.as_deref(), Some(parent));
    }
}
