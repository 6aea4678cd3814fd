//! Promise 3 after a rollback: a data folder that is replaced by an older copy loses nothing in silence.

use app::wire::To;
use serde_json::json;

use crate::harness::{Server, Stopped, client, seq, topic};

/// Pushes `1` to `5`, makes a backup, and pushes `6` to `10`. Gives the ids of all.
async fn ten_with_backup() -> (Stopped, tempfile::TempDir, Vec<String>) {
    let server = Server::start().await;
    let mut ids = push(&server, 1..=5).await;
    let stopped = server.stopped().await;
    let backup = stopped.backup();
    let server = stopped.start().await;
    ids.extend(push(&server, 6..=10).await);
    (server.stopped().await, backup, ids)
}

async fn push(server: &Server, numbers: impl Iterator<Item = u64>) -> Vec<String> {
    let mut ids = Vec::new();
    for number in numbers {
        let to = match number % 3 {
            0 => To::Everyone,
            1 => client("ada"),
            _ => topic("t"),
        };
        let pushed = server.push(to, &number.to_string()).await;
        ids.push(pushed.id.expect("an id"));
    }
    ids
}

#[tokio::test]
async fn a_reader_with_a_cursor_beyond_a_restored_copy_gets_the_gap_and_all_new_messages() {
    let (stopped, backup, ids) = ten_with_backup().await;
    stopped.restore(&backup);
    let server = stopped.start().await;
    let new = push(&server, 101..=120).await;
    assert_eq!(seq(&new[0]), 6, "the copy has five messages");
    let all: Vec<String> = (101..=120).map(|number: u64| number.to_string()).collect();

    for lost in [6, 8, 10] {
        let cursor = &ids[lost - 1];
        let mut ada = server.resume("ada", cursor, &["t"]).await;
        let event = ada.message().await;
        assert_eq!(event.event, "gap");
        let gap: app::wire::Gap = serde_json::from_str(&event.data).expect("a gap");
        assert_eq!(gap.reason, "rolled_back");
        assert_eq!(seq(&gap.from.expect("a cursor")), 6);
        assert_eq!(gap.to.as_ref(), Some(cursor), "the cursor of the reader");
        assert_eq!(ada.texts(20).await, all);
        // A connection that ends right after the gap goes on where the histories part.
        let mut ada = server.resume("ada", &event.id, &["t"]).await;
        assert_eq!(ada.texts(20).await, all);
    }
    for kept in 1..=5 {
        let mut ada = server.resume("ada", &ids[kept - 1], &["t"]).await;
        let rest = (kept as u64 + 1..=5).chain(101..=120);
        let rest: Vec<String> = rest.map(|number| number.to_string()).collect();
        assert_eq!(ada.texts(rest.len()).await, rest, "no gap, nothing twice");
    }
}

#[tokio::test]
async fn a_rollback_is_reported_before_the_first_new_message_and_after_more_restarts() {
    let (stopped, backup, ids) = ten_with_backup().await;
    stopped.restore(&backup);
    let mut server = stopped.start().await;
    for number in 101..=103 {
        let mut ada = server.resume("ada", &ids[9], &["t"]).await;
        let gap = ada.gap().await;
        assert_eq!(gap.reason, "rolled_back");
        push(&server, number..=number).await;
        let last = ada.texts((number - 100) as usize).await;
        assert_eq!(last.last(), Some(&number.to_string()));
        server = server.restarted().await;
    }
}

#[tokio::test]
async fn an_acknowledgement_of_lost_messages_acknowledges_no_new_ones() {
    let (stopped, backup, ids) = ten_with_backup().await;
    stopped.restore(&backup);
    let server = stopped.start().await;
    let new = server.push(client("ada"), "new").await.id.expect("an id");
    server.ack("ada", &ids[9]).await;
    let mut ada = server.listen("ada", &[]).await;
    assert_eq!(ada.text().await, "new");
    let answer = server.get(&format!("/api/messages/{}", ids[9])).await;
    assert_eq!(answer.status(), 404);
    assert_eq!(server.message(&ids[4]).await.message.id, ids[4]);
    assert_eq!(server.message(&new).await.message.id, new);
}

#[tokio::test]
async fn the_same_push_over_a_restart_is_answered_with_the_same_id() {
    let server = Server::start().await;
    let push = json!({"to": "everyone", "data": "once", "idempotency_key": "k"});
    let first = server.push_json(push.clone()).await.id;
    let server = server.restarted().await;
    assert_eq!(server.push_json(push).await.id, first);
}
