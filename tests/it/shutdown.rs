//! Promise 7: orderly shutdown.

use std::collections::HashSet;

use app::wire::Reconnect;

use crate::harness::{Server, within};

#[tokio::test]
async fn streams_are_told_to_reconnect_at_different_times() {
    let mut server = Server::with(&["--drain", "5"]).await;
    let mut open = Vec::new();
    for number in 0..200 {
        open.push(server.listen(&format!("c{number}"), &[]).await);
    }
    server.begin_shutdown();
    let mut after = HashSet::new();
    for listener in open {
        let events = listener.rest().await;
        let last = events.last().expect("a word of leave");
        assert_eq!(last.event, "reconnect");
        let reconnect: Reconnect = serde_json::from_str(&last.data).expect("a reconnect");
        assert_eq!(reconnect.reason, "shutdown");
        let retry = last.retry.expect("for a plain EventSource").as_millis() as u64;
        assert_eq!(retry, reconnect.after_ms);
        after.insert(reconnect.after_ms);
    }
    assert!(after.len() > 50, "spread out: {after:?}");
    server.ended().await.expect("a clean end");
}

#[tokio::test]
async fn readiness_fails_first_and_a_late_client_is_told_to_reconnect() {
    let mut server = Server::with(&["--drain", "3600"]).await;
    // So many streams that the shutdown lasts for this whole test.
    let mut open = Vec::new();
    for number in 0..1_000 {
        open.push(server.listen(&format!("c{number}"), &[]).await);
    }
    assert_eq!(server.get("/health/ready").await.status(), 200);
    server.begin_shutdown();
    within(async {
        while server.get("/health/ready").await.status() != 503 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(server.get("/health/live").await.status(), 200);
    // An EventSource gives up on an error status, so a late client gets a stream that says when to reconnect.
    let events = server.open("/sse?client_id=late").await.rest().await;
    assert_eq!(events.last().expect("an event").event, "reconnect");
}

#[tokio::test]
async fn a_server_without_streams_ends_at_once() {
    let mut server = Server::with(&["--drain", "3600"]).await;
    server.begin_shutdown();
    server.ended().await.expect("a clean end");
}
