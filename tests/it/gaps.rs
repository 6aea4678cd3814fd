//! Promise 3: if messages can't be replayed, the stream says so.

use app::wire::{Ended, Gap, MessageDetail, To};
use serde_json::{Value, json};

use crate::harness::{Listener, Server, client, seq, topic, within};

/// Opens ada's stream with these bytes as its `Last-Event-ID`.
async fn resume_with(server: &Server, cursor: &[u8]) -> Listener {
    let value = reqwest::header::HeaderValue::from_bytes(cursor).expect("a header");
    let url = server.url("/sse?client_id=ada&topic=t");
    let request = server.http.get(url).header("last-event-id", value);
    let mut ada = Listener::of(within(request.send()).await.expect("an answer"));
    assert_eq!(ada.next().await.event, "welcome");
    ada
}

fn gap_without_range(reason: &str) -> Gap {
    Gap {
        from: None,
        to: None,
        reason: reason.to_owned(),
    }
}

#[tokio::test]
async fn an_unusable_cursor_is_reported_once_and_the_stream_continues() {
    let server = Server::start().await;
    let cases: [&[u8]; 5] = [
        b"00000000-1",
        b"garbage",
        b"-",
        b"99999999999999999999999999",
        "caf\u{e9}-1".as_bytes(),
    ];
    for cursor in cases {
        server.push(client("ada"), "waits").await;
        let mut ada = resume_with(&server, cursor).await;
        assert_eq!(
            ada.gap().await,
            gap_without_range("unknown_epoch"),
            "{cursor:?}"
        );
        assert_eq!(ada.text().await, "waits");
        let live = json!({"to": {"topic": "t"}, "data": "live", "ttl": 0});
        server.push_json(live).await;
        assert_eq!(ada.text().await, "live");
        drop(ada);
        server.until_unread("ada", 0).await;
    }
}

/// Pushes so much that all earlier messages are pruned.
async fn prune(server: &Server, oldest: &str) {
    let filler = "x".repeat(1_000);
    let push = json!({"to": {"topic": "filler"}, "data": filler});
    let pushes: Vec<Value> = std::iter::repeat_n(push, 2_500).collect();
    server.accepted(&pushes).await;
    server.until_gone(&format!("/api/messages/{oldest}")).await;
}

#[tokio::test]
async fn pruned_messages_are_a_gap_for_their_recipients_only() {
    let server = Server::with(&["--max-log-mb", "1", "--durability", "os"]).await;
    let start = server.push(client("x"), "start").await.id.expect("an id");
    server.push(topic("t"), "lost").await;
    server.push(client("ada"), "lost too").await;
    let last = server
        .push(topic("t"), "lost as well")
        .await
        .id
        .expect("an id");
    prune(&server, &last).await;
    let kept = server.push(topic("t"), "kept").await.id.expect("an id");

    let mut ada = server.resume("ada", &start, &["t"]).await;
    let gap = ada.gap().await;
    assert_eq!(gap.reason, "pruned");
    let (from, to) = (gap.from.expect("a place"), gap.to.expect("a place"));
    assert_eq!(seq(&from), seq(&start) + 1);
    assert_eq!(to, last, "nothing of hers is missing after that");
    let event = ada.message().await;
    assert_eq!(
        (event.id.as_str(), event.data.as_str()),
        (kept.as_str(), "kept")
    );

    let mut bob = server.resume("bob", &start, &["quiet"]).await;
    server.push(topic("quiet"), "bob lost nothing").await;
    assert_eq!(bob.text().await, "bob lost nothing");

    // Without a cursor, the client misses messages of its inbox, but not the topic.
    let mut ada = server.listen("ada", &["t"]).await;
    let gap = ada.gap().await;
    assert_eq!(gap.reason, "pruned");
    assert!(seq(&gap.to.expect("a place")) < seq(&last));
}

#[tokio::test]
async fn expired_messages_are_a_gap_for_their_recipients() {
    let server = Server::start().await;
    let start = server.push(client("x"), "start").await.id.expect("an id");
    for (to, for_bob) in [
        (json!({"client": "ada"}), false),
        (json!({"clients": ["ada", "eve"]}), false),
        (json!({"topic": "t"}), false),
        (json!("everyone"), true),
    ] {
        let push = json!({"to": to, "data": "short", "ttl": 1});
        let short = server.push_json(push).await.id.expect("a cursor");
        let stays = server.push(To::Everyone, "stays").await.id.expect("an id");
        let path = format!("/api/messages/{short}");
        let ended = |detail: &MessageDetail| detail.message.ended == Some(Ended::Expired);
        server.until::<MessageDetail>(&path, ended).await;

        let before = format!(
            "{}-{}",
            short.split_once('-').expect("a cursor").0,
            seq(&short) - 1
        );
        let mut ada = server.resume("ada", &before, &["t"]).await;
        let expected = Gap {
            from: Some(short.clone()),
            to: Some(short),
            reason: "expired".to_owned(),
        };
        assert_eq!(ada.gap().await, expected, "{to}");
        let event = ada.message().await;
        assert_eq!(
            (event.id.as_str(), event.data.as_str()),
            (stays.as_str(), "stays")
        );

        let mut bob = server.resume("bob", &before, &["quiet"]).await;
        if for_bob {
            assert_eq!(bob.gap().await, expected);
        }
        assert_eq!(bob.message().await.id, stays);
    }
    let mut ada = server.listen("ada", &[]).await;
    let gap = ada.gap().await;
    assert_eq!(gap.reason, "expired");
    let to = gap.to.expect("a place");
    assert_eq!(
        seq(&to),
        seq(&start) + 3,
        "the last that waited for her alone"
    );
}

#[tokio::test]
async fn a_reader_too_slow_for_ephemeral_messages_gets_a_gap() {
    let server = Server::with(&["--outbox", "4", "--durability", "os"]).await;
    let mut slow = server.listen("slow", &[]).await;
    // Much more than the socket buffers can hold.
    let text = "x".repeat(200_000);
    let push = json!({"to": "everyone", "data": text});
    for _ in 0..8 {
        server.accepted(&vec![push.clone(); 10]).await;
    }
    let ephemeral = |text: &str| json!({"to": "everyone", "data": text, "ttl": 0});
    for _ in 0..10 {
        server.push_json(ephemeral("lost")).await;
    }
    server.push(To::Everyone, "end").await;
    let events = slow.up_to("end").await;
    let gaps: Vec<_> = events.iter().filter(|event| event.event == "gap").collect();
    let gap: Gap = serde_json::from_str(&gaps[0].data).expect("a gap");
    assert_eq!((gaps.len(), gap), (1, gap_without_range("slow_reader")));
    assert!(events.iter().all(|event| event.data != "lost"));
    assert_eq!(events.iter().filter(|event| event.data == text).count(), 80);
    server.push_json(ephemeral("now")).await;
    assert_eq!(slow.text().await, "now");
}
