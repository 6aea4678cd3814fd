//! Restarts of one node after the other, as in twenty deployments, under load.
//!
//! It takes longer than any other story. Tests begin in the order of their names, so others run beside it.

use crate::{
    harness::{Cluster, assert_ordered},
    load::{Load, push_end},
    support::{client, within},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_restarts_in_order_lose_nothing_and_double_nothing() {
    let cluster = Cluster::start().await;
    let start = cluster.nodes[0].push(client("nobody"), "start").await.id;
    let start = start.expect("a cursor");
    let (_balancer, reader) = cluster.reader_behind_balancer(&start);
    let load = Load::start(|| cluster.endpoints());
    for restart in 0..20 {
        let node = &cluster.nodes[restart % 3].node;
        node.restart().expect("restarted");
        node.until_ready().expect("ready");
        load.until_further(10).await;
    }
    let accepted = load.stop().await;
    push_end(&cluster.endpoints()).await;
    let seen = within(reader).await.expect("no panic");
    assert_ordered(&seen);
    let lost = accepted.iter().filter(|message| !seen.contains(message));
    assert_eq!(lost.count(), 0);
    assert_eq!(seen.len(), accepted.len() + 1, "nothing else");
    assert_eq!(cluster.same_history().await.len(), accepted.len() + 2);
}
