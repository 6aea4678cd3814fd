//! Streams with `envelope=json`: one `onmessage` gets messages of every type.

use eventsource_stream::Event;
use serde_json::{Value, json};

use crate::harness::{Listener, Server, client, topic};

const STREAM: &str = "/sse?client_id=ada&topic=orders/*&envelope=json";

/// Pushes of every kind for ada, and what she gets for each.
fn of_every_kind() -> Vec<(Value, Value)> {
    vec![
        (
            json!({"to": {"client": "ada"}, "data": "plain"}),
            json!({"event": "message", "text": "plain"}),
        ),
        (
            json!({"to": {"client": "ada"}, "event": "order.paid", "data": {"n": 1, "text": "a\nb"}}),
            json!({"event": "order.paid", "data": {"n": 1, "text": "a\nb"}}),
        ),
        (
            json!({"to": {"topic": "orders/42"}, "event": "größer: \"x\"", "data": "one\r\ntwo\rthree\n\nevent: forged"}),
            json!({"event": "größer: \"x\"", "topic": "orders/42", "text": "one\ntwo\nthree\n\nevent: forged"}),
        ),
        (
            json!({"to": {"topic": "orders/\"1\""}, "data": null}),
            json!({"event": "message", "topic": "orders/\"1\"", "data": null}),
        ),
        (
            json!({"to": "everyone", "event": "message", "data": ["\u{2028}", true]}),
            json!({"event": "message", "data": ["\u{2028}", true]}),
        ),
        (
            json!({"to": {"clients": ["ada", "bob"]}, "event": "data", "data": ""}),
            json!({"event": "data", "text": ""}),
        ),
    ]
}

fn opened(event: &Event) -> Value {
    assert_eq!(event.event, "message", "{event:?}");
    assert!(!event.data.contains('\n'), "{event:?}");
    serde_json::from_str(&event.data).expect("an envelope")
}

/// The ids and the envelopes of the next messages.
async fn envelopes(listener: &mut Listener, count: usize) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    while all.len() < count {
        let event = listener.message().await;
        all.push((event.id.clone(), opened(&event)));
    }
    all
}

#[tokio::test]
async fn messages_of_every_kind_come_alike_live_after_a_cursor_and_from_the_inbox() {
    let server = Server::start().await;
    let before = server.push(client("nobody"), "before").await.id;
    let mut live = server.stream(STREAM).await;
    let mut fields = server.listen("ada", &["orders/*"]).await;
    let mut expected = Vec::new();
    for (push, envelope) in of_every_kind() {
        let id = server.push_json(push).await.id.expect("an id");
        expected.push((id, envelope));
    }
    assert_eq!(envelopes(&mut live, expected.len()).await, expected);

    let after = format!("{STREAM}&last_event_id={}", before.expect("an id"));
    let mut replayed = server.stream(&after).await;
    assert_eq!(envelopes(&mut replayed, expected.len()).await, expected);

    let bob = "/sse?client_id=bob&envelope=json";
    let mut inbox = server.stream(bob).await;
    assert_eq!(envelopes(&mut inbox, 1).await, expected[5..]);

    // Who did not ask gets what it always got.
    assert_eq!(fields.message().await.data, "plain");
    let paid = fields.message().await;
    assert_eq!(
        (paid.event.as_str(), paid.data.as_str()),
        ("order.paid", r#"{"n":1,"text":"a\nb"}"#)
    );
}

#[tokio::test]
async fn json_of_many_lines_comes_in_one_and_keeps_its_numbers() {
    let server = Server::start().await;
    let mut ada = server.stream(STREAM).await;
    let push = "{\"to\": {\"client\": \"ada\"}, \"data\": {\n  \"total\": 1.10,\r\n  \"n\": 12345678901234567890\n}}";
    assert_eq!(server.post("/push", push).await.status(), 200);
    let event = ada.message().await;
    opened(&event);
    assert!(event.data.contains("1.10"), "{event:?}");
    assert!(event.data.contains("12345678901234567890"), "{event:?}");
}

#[tokio::test]
async fn ephemeral_messages_come_in_envelopes_without_an_id() {
    let server = Server::start().await;
    let mut ada = server.stream(STREAM).await;
    let before = ada.event("ping").await.id;
    for (mut push, envelope) in of_every_kind() {
        push["ttl"] = json!(0);
        assert_eq!(server.push_json(push).await.id, None);
        let event = ada.message().await;
        assert_eq!((&event.id, opened(&event)), (&before, envelope));
    }
}

#[tokio::test]
async fn messages_to_everyone_that_are_written_together_come_in_the_form_of_each_stream() {
    let server = Server::start().await;
    let mut envelope = server.stream(STREAM).await;
    let mut fields = server.listen("ben", &[]).await;
    envelope.event("ping").await;
    fields.event("ping").await;
    let numbers = 0..500;
    let pushes: Vec<Value> = numbers
        .clone()
        .map(|n| json!({"to": "everyone", "event": "n", "data": n}))
        .collect();
    let ids = server.accepted(&pushes).await;
    for (n, id) in numbers.zip(ids) {
        let event = envelope.message().await;
        assert_eq!(opened(&event), json!({"event": "n", "data": n}));
        assert_eq!(event.id, id);
        let event = fields.message().await;
        assert_eq!((event.event.as_str(), event.data), ("n", n.to_string()));
    }
}

#[tokio::test]
async fn a_reader_that_falls_behind_goes_on_in_envelopes() {
    let server = Server::with(&["--outbox", "4", "--durability", "os"]).await;
    let mut ada = server.stream(STREAM).await;
    let text = "x".repeat(200_000);
    let pushes = |some: std::ops::Range<usize>| {
        let push = |n| json!({"to": {"topic": "orders/1"}, "event": "n", "data": [n, text]});
        some.map(push).collect::<Vec<_>>()
    };
    for first in (0..90).step_by(10) {
        server.accepted(&pushes(first..first + 10)).await;
    }
    for n in 0..90 {
        let got = opened(&ada.message().await);
        assert_eq!(
            (&got["event"], &got["topic"], &got["data"][0]),
            (&json!("n"), &json!("orders/1"), &json!(n))
        );
    }
}

#[tokio::test]
async fn events_of_the_stream_itself_keep_their_types() {
    let server = Server::start().await;
    let unknown = format!("{STREAM}&last_event_id=other-7");
    let mut ada = server.stream(&unknown).await;
    assert_eq!(ada.gap().await.reason, "unknown_epoch");
    let id = server.push(topic("orders/1"), "a").await.id.expect("an id");
    opened(&ada.message().await);

    assert!(server.api.recall(&id).await.is_ok());
    let recall = ada.message().await;
    assert_eq!(recall.event, "recall");
    assert_eq!(recall.data, json!({ "id": id }).to_string());

    server.api.disconnect("ada").await.expect("disconnected");
    let rest = ada.rest().await;
    assert_eq!(rest.last().expect("an event").event, "reconnect");
}

#[tokio::test]
async fn the_servers_own_topics_come_in_envelopes() {
    let server = Server::start().await;
    let path = "/sse?client_id=panel&topic=$sys/messages&envelope=json";
    let mut panel = server.stream(path).await;
    server.push(topic("orders/1"), "a").await;
    let pushed = opened(&panel.message().await);
    assert_eq!(pushed["event"], "pushed");
    assert_eq!(pushed["topic"], "$sys/messages");
    assert_eq!(pushed["data"]["data"], "a");
}
