//! A push at any node reaches the readers at all nodes.

use app::wire::To;

use crate::{
    harness::{Cluster, assert_ordered, pairs, until},
    support::{client, topic},
};

#[tokio::test]
async fn a_push_at_one_node_reaches_readers_at_every_node_once_and_in_order() {
    let cluster = Cluster::start().await;
    let mut readers = Vec::new();
    for node in &cluster.nodes {
        readers.push(node.listen("ada", &["news"]).await);
    }
    let mut pushed = Vec::new();
    for (number, node) in (0..60).zip(cluster.nodes.iter().cycle()) {
        let to = match number % 4 {
            0 => client("ada"),
            1 => topic("news"),
            2 => To::Clients(vec!["bob".into(), "ada".into()]),
            _ => To::Everyone,
        };
        let text = format!("message {number}");
        let id = node.push(to, &text).await.id.expect("a cursor");
        pushed.push((id, text));
    }
    assert_ordered(&pushed);
    for reader in &mut readers {
        assert_eq!(pairs(reader.up_to("message 59").await), pushed);
    }
}

#[tokio::test]
async fn an_ephemeral_message_reaches_readers_at_every_node() {
    let cluster = Cluster::start().await;
    let mut readers = Vec::new();
    for node in &cluster.nodes {
        readers.push(node.listen("ada", &[]).await);
    }
    let push = serde_json::json!({"to": {"client": "ada"}, "data": "now", "ttl": 0});
    let answer = cluster.nodes[0].push_json(push).await;
    assert_eq!(answer.id, None);
    for reader in &mut readers {
        assert_eq!(reader.text().await, "now");
    }
}

#[tokio::test]
async fn the_connections_in_an_answer_are_those_of_all_nodes() {
    let cluster = Cluster::start().await;
    let _ada = cluster.nodes[0].listen("ada", &["news"]).await;
    let _tab = cluster.nodes[1].listen("ada", &[]).await;
    let _bob = cluster.nodes[2].listen("bob", &["news"]).await;
    for node in &cluster.nodes {
        for (to, expected) in [
            (client("ada"), 2),
            (client("bob"), 1),
            (topic("news"), 2),
            (To::Everyone, 3),
            (client("eve"), 0),
        ] {
            // A node is told about a connection at another node a little later.
            until(async || {
                let answer = node.push(to.clone(), "hello").await;
                (answer.connections == expected).then_some(())
            })
            .await;
        }
    }
}
