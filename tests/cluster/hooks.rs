//! Webhooks: one node delivers, and the next one goes on when it is gone.

use std::collections::HashSet;

use app::wire::HookRequest;

use crate::{
    harness::{Cluster, Site, until},
    support::{receiver::Receiver, within},
};

/// Lets hooks lead to this machine.
const ALLOW: (&str, &str) = ("TIDINGS_HOOK_ALLOW_PRIVATE", "true");

async fn start() -> Cluster {
    let site = Site::new().await;
    let options = (1..=3).map(|number| {
        let options = site.options(number).env(ALLOW.0, ALLOW.1);
        options.env("TIDINGS_HOOK_GRACE", "1")
    });
    let options = options.collect();
    site.start_nodes(options)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_all_nodes_are_delivered_once_and_the_next_node_goes_on_when_one_is_killed() {
    let cluster = start().await;
    let receiver = Receiver::start().await;
    let request = HookRequest {
        url: receiver.url(),
        events: vec!["client.online".to_owned(), "client.offline".to_owned()],
        ..HookRequest::default()
    };
    let api = &cluster.nodes[2].api;
    let hook = within(api.create_hook(&request)).await.expect("made");
    for node in &cluster.nodes {
        until(async || node.api.hook(&hook.info.id).await.ok()).await;
    }
    // A client that moves to another node is not offline meanwhile.
    let first = cluster.nodes[1].listen("ada", &[]).await;
    let online = receiver.next().await;
    assert_eq!((online.kind(), online.client()), ("client.online", "ada"));
    let second = cluster.nodes[2].listen("ada", &[]).await;
    drop(first);
    let bob = cluster.nodes[1].listen("bob", &[]).await;
    let mut ids = HashSet::from([online.id]);
    let next = receiver.next().await;
    assert_eq!((next.kind(), next.client()), ("client.online", "bob"));
    assert!(ids.insert(next.id));
    drop(second);
    let next = receiver.next().await;
    assert_eq!((next.kind(), next.client()), ("client.offline", "ada"));
    assert!(ids.insert(next.id));
    // The janitor is the first node by name.
    cluster.nodes[0].node.kill().expect("killed");
    let _cid = cluster.nodes[2].listen("cid", &[]).await;
    drop(bob);
    let mut told = Vec::new();
    while told.len() < 2 {
        let received = receiver.next().await;
        if ids.insert(received.id.clone()) {
            told.push((received.kind().to_owned(), received.client().to_owned()));
        }
    }
    told.sort_unstable();
    let expected = [("client.offline", "bob"), ("client.online", "cid")];
    let expected = expected.map(|(kind, client)| (kind.to_owned(), client.to_owned()));
    assert_eq!(told, expected);
}
