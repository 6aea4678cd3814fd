//! Audiences: a message is delivered to its recipients, once on each connection, and to nobody else.

use app::wire::{AudienceRequest, AudienceSize, To};

use crate::harness::{Server, client, topic};

#[tokio::test]
async fn a_push_to_one_client_is_delivered_to_all_its_tabs_only() {
    let server = Server::start().await;
    let (mut tab, mut other_tab) = (
        server.listen("ada", &[]).await,
        server.listen("ada", &[]).await,
    );
    let mut stranger = server.listen("bob", &[]).await;

    let answer = server.push(client("ada"), "for ada").await;
    assert_eq!(answer.connections, 2);
    assert!(answer.id.is_some());
    server.push(To::Everyone, "for all").await;

    assert_eq!(tab.text().await, "for ada");
    assert_eq!(tab.text().await, "for all");
    assert_eq!(other_tab.text().await, "for ada");
    assert_eq!(other_tab.text().await, "for all");
    assert_eq!(stranger.text().await, "for all");
}

#[tokio::test]
async fn closing_one_tab_does_not_affect_the_other() {
    let server = Server::start().await;
    let tab = server.listen("ada", &[]).await;
    let mut other_tab = server.listen("ada", &[]).await;
    drop(tab);
    server.until_connections(1).await;

    assert_eq!(
        server.push(client("ada"), "still there").await.connections,
        1
    );
    assert_eq!(other_tab.text().await, "still there");
}

#[tokio::test]
async fn a_client_listed_twice_gets_the_message_once() {
    let server = Server::start().await;
    let mut ada = server.listen("ada", &[]).await;
    let mut bob = server.listen("bob", &[]).await;
    let names = ["bob", "ada", "bob", "nobody"].map(str::to_owned).to_vec();

    assert_eq!(server.push(To::Clients(names), "both").await.connections, 2);
    server.push(To::Everyone, "end").await;
    for listener in [&mut ada, &mut bob] {
        assert_eq!(listener.text().await, "both");
        assert_eq!(listener.text().await, "end");
    }
}

#[tokio::test]
async fn overlapping_subscriptions_deliver_a_message_once() {
    let server = Server::start().await;
    let mut patterns = server
        .listen("ada", &["orders/42", "orders/*", "orders/**"])
        .await;
    let mut exact = server
        .listen("bob", &["https://example.org/orders/42"])
        .await;
    let mut none = server.listen("eve", &["invoices/**"]).await;

    assert_eq!(server.push(topic("orders/42"), "paid").await.connections, 1);
    assert_eq!(
        server
            .push(topic("https://example.org/orders/42"), "sent")
            .await
            .connections,
        1
    );
    assert_eq!(
        server.push(topic("orders"), "too short").await.connections,
        0
    );
    server.push(To::Everyone, "end").await;

    assert_eq!(
        [patterns.text().await, patterns.text().await],
        ["paid", "end"]
    );
    assert_eq!([exact.text().await, exact.text().await], ["sent", "end"]);
    assert_eq!(none.text().await, "end");
}

#[tokio::test]
async fn the_audience_can_be_counted_without_sending() {
    let server = Server::start().await;
    let mut ada = server.listen("ada", &["news"]).await;
    let _tab = server.listen("ada", &[]).await;
    let _bob = server.listen("bob", &["news"]).await;
    let count = async |to| {
        server
            .api
            .audience(&AudienceRequest { to })
            .await
            .expect("counted")
    };

    let size = |clients, connections| AudienceSize {
        clients,
        connections,
    };
    assert_eq!(count(To::Everyone).await, size(2, 3));
    assert_eq!(count(topic("news")).await, size(2, 2));
    assert_eq!(count(client("ada")).await, size(1, 2));
    assert_eq!(count(client("nobody")).await, size(0, 0));

    server.push(To::Everyone, "the first message").await;
    assert_eq!(ada.text().await, "the first message");
}

#[tokio::test]
async fn a_message_to_one_of_a_thousand_clients_is_delivered() {
    let server = Server::start().await;
    let mut listeners = Vec::new();
    for number in 0..1_000 {
        listeners.push(server.listen(&format!("client-{number}"), &[]).await);
    }
    assert_eq!(
        server.push(client("client-617"), "you").await.connections,
        1
    );
    assert_eq!(server.push(To::Everyone, "end").await.connections, 1_000);
    for (number, listener) in listeners.iter_mut().enumerate() {
        if number == 617 {
            assert_eq!(listener.text().await, "you");
        }
        assert_eq!(listener.text().await, "end");
    }
}
