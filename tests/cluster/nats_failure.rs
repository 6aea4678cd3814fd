//! `kill -9` of nats-servers, while messages are pushed.

use app::wire::To;
use tokio::task::JoinHandle;

use crate::{
    harness::{Cluster, assert_ordered, follow, until},
    load::{Load, assert_unavailable, push_end},
    support::{client, push_of, within},
};

/// Reads everything from `start` to the end, wherever it can.
fn reader(cluster: &Cluster, start: &str) -> JoinHandle<Vec<(String, String)>> {
    let (endpoints, start) = (cluster.endpoints(), start.to_owned());
    tokio::spawn(async move { follow(&endpoints, "ada", &start, "the end").await })
}

/// What was accepted is there in order and once, then the end, and nothing else.
fn assert_exactly(seen: &[(String, String)], accepted: &[(String, String)]) {
    assert_ordered(seen);
    assert_eq!(seen.len(), accepted.len() + 1);
    let lost = accepted.iter().filter(|message| !seen.contains(message));
    assert_eq!(lost.count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_leader_delays_pushes_and_loses_none() {
    let cluster = Cluster::with_own_servers().await;
    let start = cluster.nodes[0].push(client("nobody"), "start").await.id;
    let start = start.expect("a cursor");
    let reader = reader(&cluster, &start);
    let load = Load::start(|| cluster.endpoints());
    load.until_further(60).await;
    let (_, leader) = until(async || cluster.nats.stream_leader(0, |_| true)).await;
    cluster.nats.kill(leader).expect("killed");
    load.until_further(60).await;
    cluster.nats.start_again(leader).expect("started");
    cluster.nats.until_ready().expect("ready");
    load.until_further(60).await;
    let accepted = load.stop().await;
    push_end(&cluster.endpoints()).await;

    let seen = within(reader).await.expect("no panic");
    assert_exactly(&seen, &accepted);
    assert_eq!(cluster.same_history().await.len(), accepted.len() + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pushes_without_any_nats_server_are_refused_or_wait_and_are_never_lost() {
    let cluster = Cluster::with_own_servers().await;
    let start = cluster.nodes[0].push(client("nobody"), "start").await.id;
    let start = start.expect("a cursor");
    let reader = reader(&cluster, &start);
    cluster.nats.kill_all().expect("killed");

    let (answered, mut answers) = tokio::sync::mpsc::unbounded_channel();
    for number in 0..9 {
        let (node, answered) = (
            cluster.endpoints().swap_remove(number % 3),
            answered.clone(),
        );
        tokio::spawn(async move {
            let text = format!("message {number}");
            let answer = node.api.push(&push_of(To::Everyone, &text)).await;
            answered.send((text, answer)).expect("the test waits");
        });
    }
    drop(answered);
    // While no server runs, the only answer is a refusal.
    let (_, first) = within(answers.recv()).await.expect("an answer");
    assert_unavailable(&first.expect_err("nothing was stored"));

    cluster.nats.start_all_again().expect("started");
    let mut accepted = Vec::new();
    while let Some((text, answer)) = within(answers.recv()).await {
        match answer {
            Ok(answer) => accepted.push((answer.id.expect("a cursor"), text)),
            Err(error) => assert_unavailable(&error),
        }
    }
    for member in &cluster.nodes {
        member.node.until_ready().expect("ready");
    }
    push_end(&cluster.endpoints()).await;
    // A refused push may have been kept. It is not there twice, and what was accepted is there.
    let endpoints = cluster.endpoints();
    let seen = within(follow(&endpoints, "bob", &start, "the end")).await;
    assert_eq!(within(reader).await.expect("no panic"), seen);
    assert_ordered(&seen);
    assert!(accepted.iter().all(|message| seen.contains(message)));
    cluster.same_history().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_nats_server_can_be_restarted_in_turn_under_load() {
    let cluster = Cluster::with_own_servers().await;
    let start = cluster.nodes[0].push(client("nobody"), "start").await.id;
    let load = Load::start(|| cluster.endpoints());
    for server in 0..3 {
        cluster.nats.terminate(server).expect("ended");
        load.until_further(30).await;
        cluster.nats.start_again(server).expect("started");
        cluster.nats.until_ready().expect("ready");
        load.until_further(30).await;
    }
    let accepted = load.stop().await;
    push_end(&cluster.endpoints()).await;
    let start = start.expect("a cursor");
    let endpoints = cluster.endpoints();
    let seen = within(follow(&endpoints, "ada", &start, "the end")).await;
    assert_exactly(&seen, &accepted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_is_cut_off_from_the_other_servers_loses_nothing() {
    let cluster = Cluster::with_own_servers().await;
    let start = cluster.nodes[0].push(client("nobody"), "start").await.id;
    let reader = reader(&cluster, &start.expect("a cursor"));
    let load = Load::start(|| cluster.endpoints());
    load.until_further(60).await;
    let (_, leader) = until(async || cluster.nats.stream_leader(0, |_| true)).await;
    cluster.nats.cut_off(leader);
    load.until_further(30).await;
    cluster.nats.connect(leader);
    cluster.nats.until_ready().expect("ready");
    load.until_further(60).await;
    let accepted = load.stop().await;
    push_end(&cluster.endpoints()).await;
    assert_exactly(&within(reader).await.expect("no panic"), &accepted);
    cluster.same_history().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_server_is_cut_off_from_the_others_goes_on_at_another_one() {
    let cluster = Cluster::with_own_servers().await;
    let only = || cluster.endpoints().into_iter().take(1).collect();
    let load = Load::start(only);
    load.until_further(60).await;
    let server = until(async || {
        let nodes = cluster.nodes[0].api.nodes().await.ok()?;
        nodes.stream?.server
    });
    let server = cluster.nats.number(&server.await).expect("a server");
    cluster.nats.cut_off(server);
    load.until_further(300).await;
    cluster.nats.connect(server);
    cluster.nats.until_ready().expect("ready");
    load.stop().await;
    cluster.same_history().await;
}
