//! Messages can be looked at and recalled at any node.

use app::wire::{Ended, MessageDetail};

use crate::{
    harness::Cluster,
    support::{client, within},
};

#[tokio::test]
async fn a_recall_at_one_node_holds_at_all() {
    let cluster = Cluster::start().await;
    let mut reader = cluster.nodes[0].listen("ada", &[]).await;
    let id = cluster.nodes[1].push(client("ada"), "mistake").await.id;
    let id = id.expect("a cursor");
    let unread = cluster.nodes[1].push(client("bob"), "another").await.id;
    let unread = unread.expect("a cursor");
    assert_eq!(reader.text().await, "mistake");

    within(cluster.nodes[2].api.recall(&id))
        .await
        .expect("recalled");
    within(cluster.nodes[0].api.recall(&unread))
        .await
        .expect("recalled");
    let event = reader.event("recall").await;
    assert!(event.data.contains(&id), "{event:?}");
    for node in &cluster.nodes {
        for id in [&id, &unread] {
            let path = format!("/api/messages/{id}");
            let is_recalled =
                |detail: &MessageDetail| detail.message.ended == Some(Ended::Recalled);
            node.until(&path, is_recalled).await;
        }
        node.until_unread("bob", 0).await;
    }
}

#[tokio::test]
async fn all_nodes_tell_the_same_history() {
    let cluster = Cluster::start().await;
    for number in 0..30 {
        let node = &cluster.nodes[number % 3];
        node.push(client("ada"), &format!("message {number}")).await;
    }
    let history = cluster.same_history().await;
    let texts = history.iter().map(|message| message["data"].as_str());
    let expected: Vec<String> = (0..30).map(|number| format!("message {number}")).collect();
    assert!(texts.eq(expected.iter().map(|text| Some(text.as_str()))));
}
