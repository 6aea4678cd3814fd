//! Nodes whose settings differ are named, and go on.

use app::wire::{Nodes, To};
use local_cluster::NodeOptions;

use crate::{
    harness::{Member, Site, until},
    support::Endpoint,
};

const TOKEN: &str = "the-token-of-all-the-nodes";

fn with_secrets(options: NodeOptions, stream_secret: &str) -> NodeOptions {
    options
        .env("TIDINGS_ADMIN_TOKEN", TOKEN)
        .env("TIDINGS_STREAM_SECRET", stream_secret)
}

/// What `/api/nodes` of a node names as weak.
async fn weaknesses(node: &Endpoint) -> Vec<String> {
    let asked = node.http.get(node.url("/api/nodes")).bearer_auth(TOKEN);
    let answer = asked.send().await.expect("an answer");
    let nodes: Nodes = answer.json().await.expect("nodes");
    nodes.stream.expect("a stream").weaknesses
}

#[tokio::test]
async fn a_node_with_other_settings_is_named_everywhere_and_goes_on() {
    let site = Site::new().await;
    let (same, other) = ("s".repeat(32), "another-secret-of-32-bytes-or-more");
    let options = vec![
        with_secrets(site.options(1), &same),
        with_secrets(site.options(2), &same).args(["--max-age-hours", "24"]),
        with_secrets(site.options(3), other),
    ];
    let cluster = site.start_nodes(options);
    let expected = [
        vec![
            "the node node-2 has other settings than this one: --max-age-hours (24 there, 168 here).",
            "the node node-3 has other settings than this one: --stream-secret.",
        ],
        vec![
            "node-1 has other settings than this one: --max-age-hours (168 there, 24 here).",
            "node-3 has other settings than this one: --max-age-hours (168 there, 24 here), --stream-secret.",
        ],
    ];
    for (node, expected) in cluster.nodes.iter().zip(&expected) {
        until(async || {
            let told = weaknesses(node).await;
            let mut expected = expected.iter();
            let all = expected.all(|text| told.iter().any(|told| told.contains(text)));
            all.then_some(())
        })
        .await;
        // It is a warning: the node is ready.
        let ready = node.get("/health/ready").await;
        assert_eq!(ready.status(), 200);
        let text = ready.text().await.expect("a text");
        assert!(expected.iter().all(|told| text.contains(told)), "{text}");
        assert!(!text.contains('#'), "no digest is shown: {text}");
    }
    let said = |member: &Member| {
        let log = std::fs::read_to_string(member.node.log()).expect("its log");
        log.matches("the node node-2 has other settings").count()
    };
    assert_eq!(said(&cluster.nodes[0]), 1, "once");
}

#[tokio::test]
async fn nodes_with_equal_settings_are_ready_without_a_warning() {
    let cluster = Site::new().await.start();
    cluster.nodes[0].push(To::Everyone, "hello").await;
    cluster.same_history().await;
    for node in &cluster.nodes {
        until(async || {
            let ready = node.get("/health/ready").await;
            let text = ready.text().await.expect("a text");
            (text == "ready").then_some(())
        })
        .await;
        let nodes: Nodes = node.read("/api/nodes").await;
        assert_eq!(nodes.stream.expect("a stream").dropped, 0);
        assert!(
            nodes.nodes.iter().all(|node| node.uptime < 60),
            "{:?}",
            nodes.nodes
        );
    }
}
