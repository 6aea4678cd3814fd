//! A client belongs to the cluster, not to a node: its inbox, its receipts, its connections.

use app::wire::{Disconnected, MessageDetail, Receipt};
use serde_json::json;

use crate::{
    harness::{Cluster, pairs, until},
    support::{Endpoint, client},
};

/// Waits until a node tells this receipt of ada.
async fn until_receipt(node: &Endpoint, id: &str, receipt: Receipt) {
    node.until(&format!("/api/messages/{id}"), |detail: &MessageDetail| {
        let of_ada = detail.recipients.iter().find(|to| to.client_id == "ada");
        of_ada.is_some_and(|to| to.receipt == receipt)
    })
    .await;
}

#[tokio::test]
async fn the_inbox_of_an_offline_client_is_read_at_any_node() {
    let cluster = Cluster::start().await;
    let mut pushed = Vec::new();
    for number in 0..9 {
        let text = format!("message {number}");
        let node = &cluster.nodes[number % 2];
        let answer = node.push(client("ada"), &text).await;
        assert_eq!((answer.connections, answer.queued), (0, true));
        pushed.push((answer.id.expect("a cursor"), text));
    }
    cluster.nodes[2].until_unread("ada", 9).await;
    let mut reader = cluster.nodes[2].listen("ada", &[]).await;
    assert_eq!(pairs(reader.up_to("message 8").await), pushed);
}

#[tokio::test]
async fn an_acknowledgement_at_one_node_is_seen_at_the_others() {
    let cluster = Cluster::start().await;
    let id = cluster.nodes[0].push(client("ada"), "letter").await.id;
    let id = id.expect("a cursor");
    for node in &cluster.nodes {
        until_receipt(node, &id, Receipt::Queued).await;
    }
    let mut reader = cluster.nodes[1].listen("ada", &[]).await;
    assert_eq!(reader.text().await, "letter");
    cluster.nodes[1].ack("ada", &id).await;
    for node in &cluster.nodes {
        until_receipt(node, &id, Receipt::Acknowledged).await;
    }
    // Acknowledged messages do not wait any more, at any node.
    drop(reader);
    for node in &cluster.nodes {
        node.until_unread("ada", 0).await;
    }
    let mut reader = cluster.nodes[2].listen("ada", &[]).await;
    let end = json!({"to": {"client": "ada"}, "data": "no more", "ttl": 0});
    cluster.nodes[2].push_json(end).await;
    assert_eq!(reader.text().await, "no more");
}

#[tokio::test]
async fn a_disconnect_closes_the_connections_at_all_nodes() {
    let cluster = Cluster::start().await;
    let mut readers = Vec::new();
    for node in &cluster.nodes {
        readers.push(node.listen("ada", &[]).await);
    }
    let mut bob = cluster.nodes[0].listen("bob", &[]).await;
    // A node is told about connections at other nodes a little later.
    until(async || {
        let answer = cluster.nodes[1].push(client("ada"), "hello").await;
        (answer.connections == 3).then_some(())
    })
    .await;
    let told: Disconnected = cluster.nodes[1].api.disconnect("ada").await.expect("told");
    assert_eq!(told.connections, 3);
    for reader in readers {
        reader.rest().await;
    }
    cluster.nodes[2].push(client("bob"), "still here").await;
    assert_eq!(bob.text().await, "still here");
}
