//! A token that is revoked at one node is revoked at all of them.

use tidings::{auth::sign, config::Secret, message::ClientId};

use crate::{
    harness::{Site, until},
    support::Listener,
};

#[tokio::test]
async fn revoked_tokens_end_their_streams_at_all_nodes() {
    let site = Site::new().await;
    let secret = "s".repeat(32);
    let options = (1..=3).map(|n| site.options(n).env("TIDINGS_STREAM_SECRET", &secret));
    let options = options.collect();
    let cluster = site.start_nodes(options);
    let id = ClientId::parse("ada").expect("an id");
    let token = sign(&Secret::from(secret), &id, &[], 4_000_000_000);
    let path = format!("/sse?token={token}");
    let [first, second, third] = &cluster.nodes[..] else {
        panic!("three nodes");
    };
    let mut stream: Listener = until(async || {
        let answer = second.get(&path).await;
        (answer.status() == 200).then(|| Listener::of(answer))
    })
    .await;
    stream.event("welcome").await;
    let revoked = first.http.delete(first.url("/api/tokens?sub=ada")).send();
    assert_eq!(revoked.await.expect("an answer").status(), 204);
    let end = stream.event("reconnect").await;
    assert!(end.data.contains("\"token_revoked\""), "{}", end.data);
    until(async || {
        let status = third.get(&path).await.status();
        (status == 401).then_some(())
    })
    .await;
}
