//! A node that cannot reach the stream for long sends its streams elsewhere, and serves what it has.

use app::wire::{NodeState, Nodes, Problem, To};

use crate::{
    harness::{Cluster, Site, pairs},
    load::assert_unavailable,
    support::{push_of, within},
};

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_cut_off_alone_loses_nothing_and_says_what_it_does_not_know() {
    let site = Site::new().await;
    let link = site.nats.link().expect("proxies");
    let folder = site.folder.path().join("node-1");
    let cut = site.options_with(1, folder, &link.url_list());
    let options = vec![cut, site.options(2), site.options(3)];
    let cluster = site.start_nodes(options);
    let [alone, second, third] = &cluster.nodes[..] else {
        panic!("three nodes");
    };
    let mut reader = alone.listen("ada", &[]).await;
    second.push(To::Everyone, "before").await;
    assert_eq!(reader.text().await, "before");

    link.cut();
    alone.until_not_ready("cluster_unavailable").await;
    // The others go on.
    let mut expected = Vec::new();
    for (number, node) in [second, third].into_iter().cycle().take(30).enumerate() {
        let text = format!("message {number}");
        node.push(To::Everyone, &text).await;
        expected.push(text);
    }
    let is_gone = |nodes: &Nodes| nodes.nodes[0].state == NodeState::Gone;
    second.until("/api/nodes", is_gone).await;
    // It serves what it has, and does not say that there is nothing else.
    assert_eq!(alone.get("/api/messages").await.status(), 200);
    let unknown = alone.get("/api/jobs/00000000-0000-4000-8000-000000000000");
    let problem: Problem = unknown.await.json().await.expect("a problem");
    assert_eq!(
        (problem.status, problem.code.as_str()),
        (503, "cluster_unavailable")
    );
    let mut push = push_of(To::Everyone, "during");
    push.idempotency_key = Some("during".to_owned());
    let refused = within(alone.api.push(&push)).await;
    assert_unavailable(&refused.expect_err("nobody has confirmed it"));
    let mut ephemeral = push_of(To::Everyone, "ephemeral");
    ephemeral.ttl = Some(0);
    let sent = within(alone.api.push(&ephemeral)).await.expect("sent");
    assert_eq!((sent.connections, sent.missing_nodes.len()), (1, 2));
    assert_eq!(reader.text().await, "ephemeral");

    link.mend();
    alone.node.until_ready().expect("ready");
    assert_eq!(reader.texts(30).await, expected);
    // It may have been kept; it is kept once.
    let kept = within(second.api.push(&push)).await.expect("accepted");
    let end = third.push(To::Everyone, "the end").await.id;
    let seen = pairs(reader.up_to("the end").await);
    let end = end.expect("a cursor");
    let expected = [(kept.id.expect("a cursor"), "during"), (end, "the end")];
    let expected = expected.map(|(id, text)| (id, text.to_owned()));
    assert_eq!(seen, expected);
    assert_eq!(cluster.same_history().await.len(), 33);
}
