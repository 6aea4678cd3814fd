//! `"replace"` and `"urgency"`: a newer message takes the place of an older one, and urgent ones come first.

use app::wire::{ClientDetail, Ended, Receipt};
use serde_json::{Value, json};

use crate::harness::{Server, client, within};

/// Pushes a text to ada with these further fields. Returns its id.
async fn push(server: &Server, text: &str, more: Value) -> String {
    let mut push = json!({"to": {"client": "ada"}, "data": text});
    let fields = more.as_object().expect("fields").clone();
    push.as_object_mut().expect("an object").extend(fields);
    server.push_json(push).await.id.expect("a cursor")
}

/// The raw text of a stream up to the first ping.
async fn raw(server: &Server, path: &str) -> String {
    let mut response = server.get(path).await;
    let mut text = String::new();
    while !text.contains("event: ping") {
        let chunk = within(response.chunk()).await.expect("readable");
        text += std::str::from_utf8(&chunk.expect("a chunk")).expect("UTF-8");
    }
    text
}

/// The values of a field, in the order of the stream.
fn values<'t>(text: &'t str, field: &str) -> Vec<&'t str> {
    let value = |line: &'t str| line.strip_prefix(field)?.strip_prefix(": ");
    text.lines().filter_map(value).collect()
}

#[tokio::test]
async fn whoever_was_away_gets_the_newest_only_and_whoever_has_the_older_one_is_told() {
    let server = Server::start().await;
    let mut there = server.listen("bob", &["scores/7"]).await;
    let score = |text: &str| json!({"to": {"topic": "scores/7"}, "data": text, "replace": "score"});
    let before = server
        .push(client("nobody"), "before")
        .await
        .id
        .expect("a cursor");
    let first = server.push_json(score("1:0")).await.id.expect("a cursor");
    let second = server.push_json(score("2:0")).await.id.expect("a cursor");
    let third = server.push_json(score("2:1")).await.id.expect("a cursor");
    let seen: Vec<String> = there.texts(3).await;
    assert_eq!(seen, ["1:0", "2:0", "2:1"]);
    // A reader that comes back gets the newest, with the first of the chain.
    let path = format!("/sse?client_id=eve&topic=scores/7&since={before}");
    let text = raw(&server, &path).await;
    assert_eq!(
        values(&text, "data")
            .iter()
            .filter(|data| data.contains(':') && data.len() == 3)
            .count(),
        1
    );
    assert_eq!(values(&text, "replaces"), [first.as_str()]);
    let envelope = raw(&server, &format!("{path}&envelope=json")).await;
    let expected =
        format!(r#"{{"event":"message","topic":"scores/7","replaces":"{first}","text":"2:1"}}"#);
    assert!(envelope.contains(&expected), "{envelope}");
    assert_eq!(
        server.message(&second).await.message.ended,
        Some(Ended::Replaced)
    );
    let newest = server.message(&third).await.message;
    assert_eq!(
        (newest.replace.as_deref(), newest.replaces),
        (Some("score"), Some(first))
    );
}

#[tokio::test]
async fn live_and_replayed_frames_of_a_replacement_are_equal() {
    let server = Server::start().await;
    let field = json!({"replace": "k", "urgency": "low"});
    for envelope in ["", "&envelope=json"] {
        let before = server
            .push(client("nobody"), "before")
            .await
            .id
            .expect("a cursor");
        let mut live = server
            .get(&format!("/sse?client_id=ada&since=latest{envelope}"))
            .await;
        let mut text = String::new();
        while !text.contains("event: ping") {
            text +=
                std::str::from_utf8(&within(live.chunk()).await.expect("read").expect("a chunk"))
                    .expect("UTF-8");
        }
        push(&server, "one", field.clone()).await;
        push(&server, "two", field.clone()).await;
        let mut text = String::new();
        while !text.contains("two") || !text.ends_with("\n\n") {
            text +=
                std::str::from_utf8(&within(live.chunk()).await.expect("read").expect("a chunk"))
                    .expect("UTF-8");
        }
        let newest = text
            .split_inclusive("\n\n")
            .find(|frame| frame.contains("two"));
        let newest = newest.expect("the newest");
        assert!(
            newest.contains("replaces") && newest.contains("low"),
            "{newest}"
        );
        let replayed = raw(
            &server,
            &format!("/sse?client_id=ada&since={before}{envelope}"),
        )
        .await;
        assert!(replayed.contains(newest), "{replayed} without {newest}");
    }
}

#[tokio::test]
async fn an_inbox_has_the_newest_of_a_key_and_the_receipts_say_so() {
    let server = Server::start().await;
    let first = push(&server, "old", json!({"replace": "k"})).await;
    push(&server, "new", json!({"replace": "k"})).await;
    push(&server, "other", json!({"replace": "l"})).await;
    let detail: ClientDetail = server.read("/api/clients/ada").await;
    assert_eq!(detail.unread, 2);
    let mut ada = server.listen("ada", &[]).await;
    assert_eq!(ada.texts(2).await, ["new", "other"]);
    let old = server.message(&first).await;
    assert_eq!(old.recipients[0].receipt, Receipt::Replaced);
    assert_eq!(old.message.receipts.replaced, 1);
}

#[tokio::test]
async fn urgent_messages_of_an_inbox_come_first_and_each_comes_once() {
    let server = Server::start().await;
    push(&server, "one", json!({})).await;
    let urgent = push(&server, "fire", json!({"urgency": "high"})).await;
    push(&server, "two", json!({"urgency": "very-low"})).await;
    let last = push(&server, "flood", json!({"urgency": "high"})).await;
    let text = raw(&server, "/sse?client_id=ada").await;
    let texts: Vec<&str> = values(&text, "data")
        .into_iter()
        .filter(|data| !data.starts_with('{'))
        .collect();
    assert_eq!(texts, ["fire", "flood", "one", "two"]);
    // They do not move the cursor, which ends after all of them.
    assert_eq!(values(&text, "message"), [urgent.as_str(), last.as_str()]);
    let ids = values(&text, "id");
    assert_eq!(ids.len(), 3, "{text}");
    assert_eq!(ids.last(), Some(&last.as_str()), "of the ping");
    assert_eq!(values(&text, "urgency"), ["high", "high", "very-low"]);
    let envelopes = raw(&server, "/sse?client_id=ada&since=earliest&envelope=json").await;
    assert!(
        envelopes.contains(r#""urgency":"high","text":"fire""#),
        "{envelopes}"
    );
}

#[tokio::test]
async fn an_inbox_of_urgent_messages_is_empty_when_they_were_delivered() {
    let server = Server::start().await;
    for text in ["fire", "flood"] {
        push(&server, text, json!({"urgency": "high"})).await;
    }
    let mut ada = server.listen("ada", &[]).await;
    assert_eq!(ada.texts(2).await, ["fire", "flood"]);
    // The ping after the inbox has the cursor after both.
    let ping = ada.event("ping").await;
    server.ack("ada", &ping.id).await;
    server.until_unread("ada", 0).await;
    push(&server, "next", json!({})).await;
    let text = raw(&server, "/sse?client_id=ada").await;
    assert!(!text.contains("fire"), "{text}");
}

#[tokio::test]
async fn a_reader_with_a_cursor_gets_urgent_messages_in_their_order() {
    let server = Server::start().await;
    let before = push(&server, "before", json!({})).await;
    push(&server, "one", json!({})).await;
    push(&server, "fire", json!({"urgency": "high"})).await;
    let mut ada = server.resume("ada", &before, &[]).await;
    assert_eq!(ada.texts(2).await, ["one", "fire"]);
}

#[tokio::test]
async fn wrong_keys_and_urgencies_are_refused_with_the_field() {
    let server = Server::start().await;
    for (more, field) in [
        (r#""replace":"""#.to_owned(), "replace"),
        (r#""replace":"a\nb""#.to_owned(), "replace"),
        (format!(r#""replace":"{}""#, "x".repeat(129)), "replace"),
        (r#""replace":"k","ttl":0"#.to_owned(), "replace"),
        (r#""replace":7"#.to_owned(), "replace"),
        (r#""urgency":"urgent""#.to_owned(), "urgency"),
        (r#""state":true"#.to_owned(), "state"),
        (r#""state":1"#.to_owned(), "state"),
    ] {
        let body = format!(r#"{{"to":{{"client":"ada"}},"data":1,{more}}}"#);
        let answer = server.post("/push", &body).await;
        assert_eq!(answer.status(), 422, "{body}");
        let problem: Value = answer.json().await.expect("a problem");
        assert_eq!(problem["field"], field, "{body}");
    }
    let state = r#"{"to":{"topic":"t"},"data":1,"state":true,"ttl":0}"#;
    let problem: Value = server
        .post("/push", state)
        .await
        .json()
        .await
        .expect("a problem");
    assert_eq!(problem["field"], "state");
    assert_eq!(
        server
            .get("/push?client_id=a&message=b&urgency=x")
            .await
            .status(),
        422
    );
    assert_eq!(
        server
            .get("/push?client_id=a&message=b&urgency=high&replace=k")
            .await
            .status(),
        200
    );
}
