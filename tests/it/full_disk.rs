//! A full disk: pushes are refused with a clear error, reads continue, and the server recovers by itself.

use std::fs;

use app::wire::{Problem, StatsHealth, To};
use serde_json::json;

use crate::harness::{Server, push_of, run_in_namespace};

/// A file system of four megabytes, only for this test.
const DISK: &str = "/mnt";

#[test]
fn pushes_are_refused_on_a_full_disk_and_accepted_again_when_there_is_space() {
    run_in_namespace(
        "--mount",
        "mount -t tmpfs -o size=4m none /mnt",
        "full_disk::in_its_own_file_system",
    );
}

#[tokio::test]
#[ignore = "the test above runs it where it has a disk of its own"]
async fn in_its_own_file_system() {
    let filler = format!("{DISK}/filler");
    fs::write(&filler, vec![0; 2 << 20]).expect("room for it");
    let folder = format!("{DISK}/data");
    let server = Server::with(&["--data-dir", &folder]).await;
    let mut ada = server.listen("ada", &[]).await;

    let push = json!({"to": "everyone", "data": "x".repeat(60_000)}).to_string();
    let refused = loop {
        let answer = server.post("/push", &push).await;
        if answer.status() != 200 {
            break answer;
        }
        assert_eq!(ada.message().await.data.len(), 60_000);
    };
    assert_eq!(refused.status(), 507);
    let problem: Problem = refused.json().await.expect("a problem document");
    assert_eq!(problem.code, "storage_full");

    let ready = server.get("/health/ready").await;
    assert_eq!(ready.status(), 507);
    let why: Problem = ready.json().await.expect("a problem document");
    assert_eq!(why.code, "storage_full");
    let metrics = server.get("/metrics").await.text().await.expect("a text");
    assert!(metrics.contains("\ntidings_log_disk_full 1\n"));
    assert!(metrics.contains("\ntidings_ready 0\n"));

    let health: StatsHealth = server.read("/api/stats/health").await;
    let first = &health.conditions[0];
    assert_eq!((&*first.code, first.bad), ("disk_full", true));

    // Streams and reads continue.
    let mut ephemeral = push_of(To::Everyone, "still here");
    ephemeral.ttl = Some(0);
    assert_eq!(
        server.api.push(&ephemeral).await.expect("sent").connections,
        1
    );
    assert_eq!(ada.text().await, "still here");
    assert_eq!(server.get("/api/messages?limit=1").await.status(), 200);

    fs::remove_file(&filler).expect("removed");
    assert_eq!(server.get("/health/ready").await.status(), 200);
    server.push(To::Everyone, "room again").await;
    assert_eq!(ada.text().await, "room again");
}
