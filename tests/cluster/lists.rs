//! The lists and counts of the panel cover all nodes.

use app::wire::{ClientsPage, TopicsPage};

use crate::{harness::Cluster, support::client};

#[tokio::test]
async fn the_list_of_clients_shows_those_of_all_nodes() {
    let cluster = Cluster::start().await;
    let _ada = cluster.nodes[0].listen("ada", &["news"]).await;
    let _tab = cluster.nodes[1].listen("ada", &[]).await;
    let _bob = cluster.nodes[1].listen("bob", &[]).await;
    let _cleo = cluster.nodes[2].listen("cleo", &[]).await;
    for node in &cluster.nodes {
        let expected = [("ada", 2), ("bob", 1), ("cleo", 1)];
        node.until("/api/clients", |page: &ClientsPage| {
            let clients = page.clients.iter();
            let found = clients.map(|c| (c.client_id.as_str(), c.connections.len()));
            page.total == 3 && found.eq(expected)
        })
        .await;
    }
}

#[tokio::test]
async fn the_list_of_topics_shows_those_of_all_nodes() {
    let cluster = Cluster::start().await;
    let _ada = cluster.nodes[0].listen("ada", &["news", "orders/*"]).await;
    let _bob = cluster.nodes[1].listen("bob", &["news"]).await;
    let _cleo = cluster.nodes[2].listen("cleo", &["weather"]).await;
    for node in &cluster.nodes {
        let expected = [("news", 2), ("orders/*", 1), ("weather", 1)];
        node.until("/api/topics", |page: &TopicsPage| {
            let topics = page.topics.iter();
            topics
                .map(|t| (t.topic.as_str(), t.connections))
                .eq(expected)
        })
        .await;
    }
}

#[tokio::test]
async fn clients_that_leave_are_gone_from_the_lists_of_all_nodes() {
    let cluster = Cluster::start().await;
    let ada = cluster.nodes[0].listen("ada", &["news"]).await;
    for node in &cluster.nodes {
        let path = "/api/clients";
        node.until(path, |page: &ClientsPage| page.total == 1).await;
    }
    drop(ada);
    for node in &cluster.nodes {
        let path = "/api/clients";
        node.until(path, |page: &ClientsPage| page.total == 0).await;
        let path = "/api/topics";
        node.until(path, |page: &TopicsPage| page.topics.is_empty())
            .await;
    }
}

#[tokio::test]
async fn filters_of_the_list_of_clients_hold_at_all_nodes() {
    let cluster = Cluster::start().await;
    let _ada = cluster.nodes[0].listen("ada", &["news"]).await;
    let _tab = cluster.nodes[1].listen("ada", &[]).await;
    let _bob = cluster.nodes[2].listen("bob", &["news/*"]).await;
    for name in ["ada", "cleo"] {
        cluster.nodes[2].push(client(name), "hello").await;
    }
    for node in &cluster.nodes {
        // All connections of a client are shown, if one of them is what was asked for.
        node.until("/api/clients?topic=news", |page: &ClientsPage| {
            let clients = page.clients.iter();
            let found = clients.map(|c| (c.client_id.as_str(), c.connections.len()));
            found.eq([("ada", 2)])
        })
        .await;
        // Who is connected to another node is not away.
        let cleo = |page: &ClientsPage| {
            let clients = page.clients.iter();
            clients.map(|c| c.client_id.as_str()).eq(["cleo"])
        };
        node.until("/api/clients?state=away", cleo).await;
        node.until("/api/clients?state=away&offset=0&unread=true", cleo)
            .await;
    }
}
