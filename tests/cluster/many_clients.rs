//! Many clients of a node that is killed go on at the others.

use std::sync::Arc;

use app::wire::To;

use crate::{
    harness::{Cluster, assert_ordered, follow, together, until},
    load::{Load, push_end},
    support::{client, within},
};

const CLIENTS: usize = 250;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clients_of_a_killed_node_resume_at_the_others_and_miss_nothing() {
    let cluster = Cluster::start().await;
    let start = cluster.nodes[1].push(client("nobody"), "start").await.id;
    let start: Arc<str> = start.expect("a cursor").into();
    let nodes = Arc::new(cluster.endpoints());
    let readers: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (nodes, start) = (Arc::clone(&nodes), Arc::clone(&start));
            tokio::spawn(async move {
                let name = format!("client-{number}");
                follow(&nodes, &name, &start, "the end").await
            })
        })
        .collect();
    // All begin at the first node.
    cluster.nodes[0].until_connections(CLIENTS as u64).await;
    let load = Load::start(|| cluster.endpoints());
    load.until_further(20).await;
    cluster.nodes[0].node.kill().expect("killed");
    load.until_further(20).await;
    let accepted = load.stop().await;
    push_end(&cluster.endpoints()).await;

    for seen in within(together(readers)).await {
        let seen = seen.expect("no panic");
        assert_ordered(&seen);
        let lost = accepted.iter().filter(|message| !seen.contains(message));
        assert_eq!(lost.count(), 0);
        assert_eq!(seen.len(), accepted.len() + 1, "nothing else");
    }
    // The count is right again, without those of the killed node.
    until(async || {
        let answer = cluster.nodes[1].push(To::Everyone, "nobody").await;
        let right = answer.connections == 0 && answer.missing_nodes.is_empty();
        right.then_some(())
    })
    .await;
}
