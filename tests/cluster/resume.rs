//! A reader goes on at another node with its cursor.

use app::wire::To;

use crate::{
    harness::{Cluster, assert_ordered, follow, pairs, together},
    support::{topic, within},
};

#[tokio::test]
async fn a_reader_resumes_at_another_node_and_misses_nothing() {
    let cluster = Cluster::start().await;
    let mut reader = cluster.nodes[0].listen("ada", &[]).await;
    let push = async |number: usize| {
        let text = format!("message {number}");
        let node = &cluster.nodes[number % 3];
        let answer = within(node.push(To::Everyone, &text)).await;
        (answer.id.expect("a cursor"), text)
    };
    let pushes = together((0..300).map(push));
    let read_some = async {
        let mut seen = Vec::new();
        while seen.len() < 50 {
            seen.push(reader.message().await);
        }
        // Its connection breaks while messages arrive.
        drop(reader);
        pairs(seen)
    };
    let (mut pushed, mut seen) = tokio::join!(pushes, read_some);
    pushed.sort_by_key(|(id, _)| crate::support::seq(id));
    assert_ordered(&pushed);
    assert_eq!(seen, pushed[..50]);

    for node in [1, 2] {
        let (cursor, _) = seen.last().expect("a message");
        let mut reader = cluster.nodes[node].resume("ada", cursor, &[]).await;
        for _ in 0..100 {
            let event = reader.message().await;
            seen.push((event.id, event.data));
        }
    }
    let (cursor, _) = seen.last().expect("a message");
    let (_, last) = pushed.last().expect("a message");
    let mut reader = cluster.nodes[0].resume("ada", cursor, &[]).await;
    seen.extend(pairs(reader.up_to(last).await));
    assert_eq!(seen, pushed);
}

#[tokio::test]
async fn a_node_that_restarts_in_order_sends_its_readers_elsewhere() {
    let cluster = Cluster::start().await;
    let mut reader = cluster.nodes[0].listen("ada", &[]).await;
    cluster.nodes[1].push(To::Everyone, "before").await;
    let cursor = reader.message().await.id;
    let shutdown = cluster.nodes[0].node.begin_shutdown();
    shutdown.expect("a signal");
    let last = reader.rest().await.pop().expect("an event");
    assert_eq!(last.event, "reconnect");
    cluster.nodes[2].push(To::Everyone, "after").await;
    let mut reader = cluster.nodes[1].resume("ada", &cursor, &[]).await;
    assert_eq!(reader.text().await, "after");
    cluster.nodes[0].node.wait().expect("ended");
    cluster.nodes[0].node.start_again().expect("started");
    cluster.nodes[0].node.until_ready().expect("ready");
    let mut reader = cluster.nodes[0].resume("ada", &cursor, &[]).await;
    assert_eq!(reader.text().await, "after");
}

#[tokio::test]
async fn a_cursor_that_this_node_has_not_reached_yet_is_no_gap() {
    let cluster = Cluster::start().await;
    let id = cluster.nodes[0].push(topic("news"), "zero").await.id;
    let id = id.expect("a cursor");
    let (epoch, number) = id.split_once('-').expect("a cursor");
    let ahead = number.parse::<u64>().expect("a number") + 2;
    let from = format!("{epoch}-{ahead}");
    let reader = {
        let (endpoints, from) = (cluster.endpoints(), from.clone());
        tokio::spawn(async move { follow(&endpoints, "ada", &from, "three").await })
    };
    let other = cluster.nodes[1].listen("bob", &["news"]).await;
    for text in ["one", "two", "three"] {
        cluster.nodes[1].push(topic("news"), text).await;
    }
    let seen = within(reader).await.expect("no panic");
    let texts: Vec<&str> = seen.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["three"], "what it has is not sent again");
    drop(other);
}
