//! The disk of one node is full. The others go on, and it catches up when there is space.

use std::fs;

use app::wire::To;

use crate::{
    harness::{Site, pairs},
    load::assert_unavailable,
    support::{push_of, run_in_namespace, within},
};

/// A file system of 16 megabytes, only for this test.
const DISK: &str = "/mnt";

#[test]
fn a_full_disk_at_one_node_holds_up_nobody_else_and_loses_nothing() {
    run_in_namespace(
        "--mount",
        "mount -t tmpfs -o size=16m none /mnt",
        "full_disk::in_its_own_file_system",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the test above runs it where it has a disk of its own"]
async fn in_its_own_file_system() {
    let site = Site::new().await;
    let filler = format!("{DISK}/filler");
    fs::write(&filler, vec![0; 12 << 20]).expect("room for it");
    let full = site.options_with(1, format!("{DISK}/node").into(), &site.nats.url_list());
    let options = vec![full, site.options(2), site.options(3)];
    let cluster = site.start_nodes(options);
    let [full, second, third] = &cluster.nodes[..] else {
        panic!("three nodes");
    };
    let mut here = full.listen("ada", &[]).await;
    let mut there = second.listen("bob", &[]).await;
    let large = "x".repeat(100_000);
    let mut pushed = Vec::new();
    loop {
        let text = format!("{} {large}", pushed.len());
        let id = second.push(To::Everyone, &text).await.id;
        pushed.push((id.expect("a cursor"), text));
        let ready = full.get("/health/ready").await;
        if ready.status() == 503 {
            let why = ready.text().await.expect("a reason");
            assert!(why.contains("the disk is full"), "{why}");
            break;
        }
        assert!(pushed.len() < 500, "the disk is not full");
    }
    // The others go on, and this node says what it does not know.
    for number in 0..5 {
        let text = format!("on {number}");
        let id = third.push(To::Everyone, &text).await.id;
        pushed.push((id.expect("a cursor"), text));
    }
    assert_eq!(pairs(there.up_to("on 4").await), pushed);
    assert_eq!(full.get("/api/messages?limit=1").await.status(), 200);
    let path = format!("/api/messages/{}", pushed.last().expect("a message").0);
    assert_eq!(full.get(&path).await.status(), 503);
    let mut during = push_of(To::Everyone, "during");
    during.idempotency_key = Some("during".to_owned());
    let refused = within(full.api.push(&during)).await;
    assert_unavailable(&refused.expect_err("this node can't apply it"));
    // It was kept all the same, and is kept once.
    let kept = within(second.api.push(&during)).await.expect("accepted");
    pushed.push((kept.id.expect("a cursor"), "during".to_owned()));

    fs::remove_file(&filler).expect("removed");
    full.node.until_ready().expect("ready");
    assert_eq!(pairs(here.up_to("during").await), pushed);
    assert_eq!(cluster.same_history().await.len(), pushed.len());
}
