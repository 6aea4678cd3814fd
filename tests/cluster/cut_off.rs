//! A node that cannot reach the stream for long sends its streams elsewhere, and serves what it has.

use app::wire::To;

use crate::harness::Cluster;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_are_asked_to_reconnect_after_half_a_minute_without_the_stream() {
    let cluster = Cluster::with_own_servers().await;
    let node = &cluster.nodes[0];
    let before = node.push(To::Everyone, "before").await.id;
    let before = before.expect("a cursor");
    let after = node.push(To::Everyone, "after").await.id;
    let mut reader = node.listen("ada", &[]).await;
    cluster.nats.kill_all().expect("killed");
    let told = reader.event("reconnect").await;
    assert!(told.data.contains("shutdown"), "{told:?}");
    // It still answers, and a new stream is not sent away again.
    let mut reader = node.resume("ada", &before, &[]).await;
    assert_eq!(reader.message().await.id, after.expect("a cursor"));
    cluster.nats.start_all_again().expect("started");
    node.node.until_ready().expect("ready");
    node.push(To::Everyone, "later").await;
    assert_eq!(reader.text().await, "later");
}
