//! A record of a newer version, as a node writes it that was upgraded before the others.

use app::wire::To;
use async_nats::jetstream;

use crate::{
    harness::Cluster,
    load::assert_unavailable,
    support::{push_of, within},
};

impl Cluster {
    /// Adds a record to the stream that begins as those of this version do, but has the next version.
    async fn publish_newer_record(&self) {
        let record = minicbor::to_vec((8u8, 1u64, 1u64, 0u64, 0u64, "what is not known here"));
        let client = async_nats::connect(self.nats.urls()).await;
        let jetstream = jetstream::new(client.expect("connected"));
        let subject = format!("t.{}.r", self.name);
        let sent = jetstream.publish(subject, record.expect("CBOR").into());
        let confirmed = sent.await.expect("sent").await;
        confirmed.expect("confirmed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_stops_at_a_record_that_it_cannot_read_and_loses_nothing() {
    let cluster = Cluster::start().await;
    let before = cluster.nodes[0].push(To::Everyone, "before").await.id;
    let before = before.expect("a cursor");
    let after = cluster.nodes[1].push(To::Everyone, "after").await.id;
    cluster.same_history().await;
    cluster.publish_newer_record().await;
    for node in &cluster.nodes {
        let why = node.until_not_ready("it has version 8").await;
        assert!(why.contains("start a newer Tidings on this node"), "{why}");
        let mut reader = node.resume("ada", &before, &[]).await;
        assert_eq!(Some(reader.message().await.id), after);
    }
    // It is stored, and not lost: a node that reads the record before it applies it.
    let push = push_of(To::Everyone, "later");
    let refused = within(cluster.nodes[2].api.push(&push)).await;
    assert_unavailable(&refused.expect_err("this node can't apply it"));
    // The same program stops there again, with all that it had.
    cluster.nodes[0].node.restart().expect("restarted");
    cluster.nodes[0].until_not_ready("it has version 8").await;
    assert_eq!(cluster.same_history().await.len(), 2);
}
