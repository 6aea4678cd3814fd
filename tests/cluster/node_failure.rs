//! `kill -9` and stops of a node, while messages are pushed at all nodes.

use app::wire::To;

use crate::{
    harness::{Cluster, assert_ordered, follow, until},
    load::{Load, push_end},
    support::{client, within},
};

/// Pushes a last message, and checks that readers at all nodes get everything accepted from `start` on.
async fn check_readers(cluster: &Cluster, start: &str, accepted: &[(String, String)]) {
    let endpoints = cluster.endpoints();
    let end = push_end(&endpoints).await;
    for (number, _) in cluster.nodes.iter().enumerate() {
        let node = &endpoints[number..=number];
        let client_id = format!("late-{number}");
        let seen = within(follow(node, &client_id, start, "the end")).await;
        assert_complete(&seen, accepted);
        assert_eq!(seen.last().map(|(id, _)| id), Some(&end));
    }
}

/// Everything accepted is there with its cursor, in order and once.
fn assert_complete(seen: &[(String, String)], accepted: &[(String, String)]) {
    assert_ordered(seen);
    for message in accepted {
        assert!(
            seen.contains(message),
            "{message:?} was accepted and is lost"
        );
    }
    let others = seen.iter().filter(|message| !accepted.contains(message));
    let others: Vec<_> = others.filter(|(_, text)| text != "the end").collect();
    assert!(others.is_empty(), "nobody pushed these: {others:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_node_loses_nothing_that_was_accepted_and_catches_up() {
    let cluster = Cluster::start().await;
    let start = cluster.nodes[0].push(client("nobody"), "start").await.id;
    let start = start.expect("a cursor");
    let (_balancer, reader) = cluster.reader_behind_balancer(&start);
    let load = Load::start(|| cluster.endpoints());
    load.until_further(60).await;
    cluster.nodes[0].node.kill().expect("killed");
    load.until_further(60).await;
    cluster.nodes[0].node.start_again().expect("started");
    cluster.nodes[0].node.until_ready().expect("ready");
    load.until_further(30).await;
    let accepted = load.stop().await;

    check_readers(&cluster, &start, &accepted).await;
    assert_complete(&within(reader).await.expect("no panic"), &accepted);
    // The first message and the last come on top.
    assert_eq!(cluster.same_history().await.len(), accepted.len() + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_node_holds_up_nobody_and_catches_up() {
    let cluster = Cluster::start().await;
    let start = cluster.nodes[0].push(client("nobody"), "start").await.id;
    cluster.nodes[2].node.stop().expect("stopped");
    let load = Load::start(|| cluster.endpoints().into_iter().take(2).collect());
    load.until_further(100).await;
    cluster.nodes[2].node.go_on().expect("it goes on");
    cluster.nodes[2].node.until_ready().expect("ready");
    let accepted = load.stop().await;
    check_readers(&cluster, &start.expect("a cursor"), &accepted).await;
    cluster.same_history().await;
}

#[tokio::test]
async fn the_connections_of_a_killed_node_are_no_longer_counted() {
    let cluster = Cluster::start().await;
    let _ada = cluster.nodes[0].listen("ada", &[]).await;
    let _bob = cluster.nodes[1].listen("bob", &[]).await;
    let counted = async |expected| {
        until(async || {
            let answer = cluster.nodes[2].push(To::Everyone, "hello").await;
            (answer.connections == expected).then_some(())
        })
        .await;
    };
    counted(2).await;
    cluster.nodes[0].node.kill().expect("killed");
    counted(1).await;
}
