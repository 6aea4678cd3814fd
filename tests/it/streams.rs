//! The content of a stream, from its head to its end.

use std::time::Duration;

use app::wire::{To, Welcome};
use tokio::io::AsyncWriteExt;

use crate::harness::{Listener, Server, client, push_of, topic, within};

#[tokio::test]
async fn the_head_and_the_welcome_come_before_any_message() {
    let server = Server::with(&["--heartbeat", "7", "--node", "berlin"]).await;
    let response = server
        .get("/sse?client_id=ada&topic=b&topic=a/*&topic=b")
        .await;
    let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(header("content-type"), "text/event-stream");
    assert_eq!(header("cache-control"), "no-cache, no-transform");
    assert_eq!(header("x-accel-buffering"), "no");
    assert_eq!(header("access-control-allow-origin"), "*");

    let event = Listener::of(response).next().await;
    assert_eq!(event.event, "welcome");
    let retry = event.retry.expect("a crowd must not come back as one");
    let welcome: Welcome = serde_json::from_str(&event.data).expect("a welcome");
    let topics = ["b", "a/*"].map(str::to_owned).to_vec();
    let expected = Welcome {
        client_id: "ada".into(),
        node: "berlin".into(),
        heartbeat: 7,
        retry_ms: retry.as_millis() as u64,
        topics,
    };
    assert_eq!(welcome, expected);
}

#[tokio::test]
async fn a_line_end_in_a_message_can_not_forge_a_field() {
    let server = Server::start().await;
    let mut ada = server.listen("ada", &[]).await;
    server
        .push(
            client("ada"),
            "one\r\ntwo\rthree\n\nevent: forged\nid: 7\ndata: x",
        )
        .await;

    let message = ada.message().await;
    assert_eq!(message.event, "message");
    assert_eq!(
        message.data,
        "one\ntwo\nthree\n\nevent: forged\nid: 7\ndata: x"
    );
    assert_ne!(message.id, "7");
}

#[tokio::test]
async fn a_message_has_its_cursor_its_type_and_its_json() {
    let server = Server::start().await;
    let mut ada = server.listen("ada", &["orders/42"]).await;
    let json = r#"{"to":{"topic":"orders/42"},"event":"order","data":{"total":1.10,"n":12345678901234567890}}"#;
    let answer = server.post("/push", json).await;
    assert_eq!(answer.status(), 200);
    let answer: app::wire::PushAnswer = answer.json().await.expect("an answer");

    let message = ada.message().await;
    assert_eq!(Some(&message.id), answer.id.as_ref());
    assert_eq!(message.event, "order");
    assert_eq!(message.data, r#"{"total":1.10,"n":12345678901234567890}"#);
}

#[tokio::test]
async fn an_ephemeral_message_has_no_cursor() {
    let server = Server::start().await;
    let mut ada = server.listen("ada", &[]).await;
    let before = ada.event("ping").await;
    let mut push = push_of(To::Everyone, "now or never");
    push.ttl = Some(0);
    let answer = server.api.push(&push).await.expect("accepted");
    assert_eq!(
        (answer.id, answer.connections, answer.queued),
        (None, 1, false)
    );

    let message = ada.message().await;
    assert_eq!(
        (message.id, message.data.as_str()),
        (before.id, "now or never"),
        "the last id is still that of what came before"
    );
}

#[tokio::test]
async fn a_ping_separates_replayed_messages_from_live_ones() {
    let server = Server::with(&["--heartbeat", "3600"]).await;
    server.push(client("ada"), "one").await;
    let two = server.push(client("ada"), "two").await;
    let mut ada = server.listen("ada", &[]).await;
    assert_eq!(ada.next().await.data, "one");
    assert_eq!(ada.next().await.data, "two");
    let ping = ada.next().await;
    assert_eq!(
        (ping.event.as_str(), Some(&ping.id)),
        ("ping", two.id.as_ref())
    );

    server.push(client("ada"), "three").await;
    assert_eq!(ada.next().await.data, "three");
}

#[tokio::test]
async fn a_new_client_gets_a_cursor_at_once() {
    let server = Server::with(&["--heartbeat", "3600"]).await;
    let newest = server.push(client("somebody-else"), "not for ada").await;
    let mut ada = server.listen("ada", &[]).await;
    let ping = ada.next().await;
    assert_eq!(
        (ping.event.as_str(), Some(&ping.id)),
        ("ping", newest.id.as_ref())
    );
}

#[tokio::test]
async fn pings_keep_an_idle_stream_open_and_update_its_cursor() {
    let server = Server::with(&["--heartbeat", "1"]).await;
    let mut ada = server.listen("ada", &[]).await;
    let first = ada.event("ping").await;
    let answer = server.push(client("somebody-else"), "not for ada").await;
    let mut ping = ada.event("ping").await;
    while Some(&ping.id) != answer.id.as_ref() {
        assert_eq!(
            ping.id, first.id,
            "a cursor moves to what happened, and nowhere else"
        );
        ping = ada.event("ping").await;
    }
}

#[tokio::test]
async fn a_closed_connection_is_removed_at_once() {
    let server = Server::with(&["--heartbeat", "3600"]).await;
    let ada = server.listen("ada", &["news"]).await;
    assert_eq!(server.api.stats().await.expect("stats").topics, 1);
    drop(ada);
    server.until_connections(0).await;
    assert_eq!(server.api.stats().await.expect("stats").topics, 0);
    assert_eq!(server.push(topic("news"), "nobody").await.connections, 0);
}

#[tokio::test]
async fn a_half_closed_connection_is_removed() {
    let server = Server::with(&["--heartbeat", "3600"]).await;
    let mut socket = server.raw_stream("ada").await;
    socket.shutdown().await.expect("half closed");
    server.until_connections(0).await;
}

#[tokio::test]
async fn a_disconnected_client_gets_the_reason() {
    let server = Server::start().await;
    let ada = server.listen("ada", &[]).await;
    let closed = server.api.disconnect("ada").await.expect("disconnected");
    assert_eq!(closed.connections, 1);
    let events = ada.rest().await;
    let last = events.last().expect("an event");
    assert_eq!(last.event, "reconnect");
    assert!(
        last.data.contains("\"reason\":\"disconnected\""),
        "{}",
        last.data
    );
    server.until_connections(0).await;
}

#[tokio::test]
async fn a_stalled_reader_delays_nobody_and_gets_everything_later() {
    let server = Server::with(&["--outbox", "4"]).await;
    let mut socket = server.raw_stream("slow").await;
    let mut quick = server.listen("quick", &[]).await;

    // Much more than the socket buffers can hold.
    let text = "x".repeat(200_000);
    for number in 0..100 {
        server.push(To::Everyone, &format!("{number} {text}")).await;
        assert!(quick.text().await.starts_with(&format!("{number} ")));
    }
    server.push(To::Everyone, "end").await;

    let body = within(async {
        let mut seen = Vec::new();
        while !seen.ends_with(b"data: end\n\n\r\n") {
            let mut chunk = vec![0; 65_536];
            let n = tokio::io::AsyncReadExt::read(&mut socket, &mut chunk)
                .await
                .expect("read");
            assert_ne!(n, 0, "the stream goes on");
            seen.extend_from_slice(&chunk[..n]);
        }
        String::from_utf8(seen).expect("UTF-8")
    })
    .await;
    let numbers: Vec<u32> = body
        .lines()
        .filter_map(|line| {
            line.strip_prefix("data: ")?
                .split_once(" x")?
                .0
                .parse()
                .ok()
        })
        .collect();
    assert_eq!(numbers, (0..100).collect::<Vec<_>>());
}

#[tokio::test]
async fn without_a_client_id_the_stream_is_the_ten_steps_of_the_article() {
    let server = Server::start().await;
    let began = tokio::time::Instant::now();
    let body = within(server.get("/sse").await.text()).await.expect("all");
    let steps: String = (0..10).map(|n| format!("data: current: {n}\n\n")).collect();
    assert_eq!(body, format!("{steps}data: end\n\n"), "byte for byte");
    assert!(
        began.elapsed() >= Duration::from_secs(9),
        "the steps come one by one"
    );
    let page: app::wire::JobsPage = server.read("/api/jobs").await;
    assert_eq!(page.jobs, [], "the job was not stored");
}

#[tokio::test]
async fn a_preflight_request_of_another_origin_is_answered() {
    let server = Server::start().await;
    for (path, method) in [("/sse", "GET"), ("/ack", "POST")] {
        let options = "OPTIONS".parse().expect("a method");
        let asks = server
            .http
            .request(options, server.url(path))
            .header("origin", "https://example.org")
            .header("access-control-request-method", method)
            .header("access-control-request-headers", "content-type");
        let answer = within(asks.send()).await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(header("access-control-allow-origin"), "*");
        assert!(header("access-control-allow-methods").contains(method));
        assert!(header("access-control-allow-headers").contains("content-type"));
    }
    let answer = within(server.http.put(server.url("/ack")).send()).await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), 405);
    let problem: app::wire::Problem = answer.json().await.expect("a problem");
    assert_eq!(problem.code, "method_not_allowed");
}
