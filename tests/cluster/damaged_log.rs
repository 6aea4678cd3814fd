//! A page of the file of one node is damaged. The node goes on, as far as it can without that page.

use app::wire::To;
use serde_json::{Value, json};

use crate::{
    harness::Cluster,
    support::damaged_file::{damage, pages},
};

/// Entries of the audit trail that are indexed together.
const BLOCK: usize = 1024;

fn to_clients(count: usize) -> Vec<Value> {
    let push = |n| json!({"to": {"client": format!("c{}", n % 50)}, "data": n});
    (0..count).map(push).collect()
}

#[tokio::test]
async fn a_node_follows_though_it_can_not_index_its_audit_trail() {
    let cluster = Cluster::start().await;
    let [_, other, bad] = &cluster.nodes[..] else {
        panic!("three nodes");
    };
    bad.accepted(&to_clients(3 * BLOCK)).await;
    let before = cluster.same_history().await.len();
    bad.node.terminate().expect("ended");
    let file = bad.data().join("tidings.sqlite3");
    let leaves = pages(&file, "audit_targets", "leaf");
    assert!(leaves.len() > 4, "{leaves:?}");
    leaves.iter().for_each(|leaf| damage(&file, *leaf));
    bad.node.start_again().expect("started");
    bad.node.until_ready().expect("ready");

    // One of these begins a block. Then the block before it is indexed.
    other.accepted(&to_clients(BLOCK)).await;
    let own = bad.push(To::Everyone, "from here").await;
    assert!(own.id.is_some());
    assert_eq!(cluster.same_history().await.len(), before + BLOCK + 1);
    assert_eq!(bad.get("/health/ready").await.status(), 200);
    let told = bad.get("/api/stats/health").await.text().await;
    assert!(told.expect("a text").contains("log_damaged"));
}
