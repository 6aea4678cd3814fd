//! The folders of the nats-servers are put back to an older copy.

use app::wire::To;

use crate::{
    commands::{good, on},
    harness::{Cluster, flags, pairs},
    load::{assert_unavailable, push_until_accepted},
    support::{push_of, within},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_copy_of_the_stream_is_noticed_and_nothing_that_was_accepted_is_lost() {
    let cluster = Cluster::with_own_servers().await;
    let mut pushed = Vec::new();
    let push = async |text: String| {
        let mut push = push_of(To::Everyone, &text);
        push.idempotency_key = Some(text.clone());
        let id = push_until_accepted(&cluster.endpoints(), 0, &push).await;
        (id, text)
    };
    for number in 0..10 {
        pushed.push(push(format!("saved {number}")).await);
    }
    cluster.nats.kill_all().expect("killed");
    let saved = cluster.nats.save().expect("saved");
    cluster.nats.start_all_again().expect("started");
    for number in 0..10 {
        pushed.push(push(format!("later {number}")).await);
    }
    assert_eq!(cluster.same_history().await.len(), 20);
    cluster.nats.kill_all().expect("killed");
    cluster.nats.restore(&saved).expect("restored");
    cluster.nats.start_all_again().expect("started");

    for node in &cluster.nodes {
        let why = node
            .until_not_ready("an older copy of the stream was restored")
            .await;
        assert!(why.contains("TIDINGS_TEST"), "{why}");
        // It serves what it has.
        let mut reader = node.resume("ada", &pushed[0].0, &[]).await;
        assert_eq!(pairs(reader.up_to("later 9").await), pushed[1..]);
    }
    let refused = within(cluster.nodes[0].api.push(&push_of(To::Everyone, "refused"))).await;
    assert_unavailable(&refused.expect_err("nobody has it"));

    // As the guide says.
    for node in &cluster.nodes {
        node.node.terminate().expect("ended");
    }
    let args = on(
        &cluster.nodes[0].data(),
        flags(&cluster.nats, &cluster.name),
    );
    let args = [args, vec!["--delete-stream".to_owned()]].concat();
    let text = good("recover", &args);
    assert!(text.contains("20 messages"), "{text}");
    for node in &cluster.nodes {
        node.node.start_again().expect("started");
        node.node.until_ready().expect("ready");
    }
    cluster.nodes[1].push(To::Everyone, "the end").await;
    assert_eq!(cluster.same_history().await.len(), 21);
}
