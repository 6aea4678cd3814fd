//! Promise 6: invalid input is refused with an error that names the field, and has no effect.

use app::wire::{Problem, To};
use serde_json::json;

use crate::harness::{Server, encoded};

/// Asserts that a request is refused with this status, code and field.
async fn assert_refused(
    answer: reqwest::Response,
    (status, code, field): (u16, &str, Option<&str>),
) {
    assert_eq!(answer.status(), status);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Problem = answer.json().await.expect("a problem document");
    assert_eq!(problem.status, status);
    assert_eq!(
        (problem.code.as_str(), problem.field.as_deref()),
        (code, field),
        "{problem:?}"
    );
    assert!(!problem.detail.is_empty() && !problem.title.is_empty());
}

#[tokio::test]
async fn an_invalid_push_is_refused_with_its_field_and_not_delivered() {
    let server = Server::start().await;
    let mut ada = server.listen("ada", &["a/b"]).await;
    let long = "x".repeat(600);
    let cases = [
        ("", 400, "invalid_json", None),
        ("{", 400, "invalid_json", None),
        ("[]", 422, "invalid_field", Some(".")),
        (
            r#"["everyone",1,null,null,null,false,false]"#,
            422,
            "invalid_field",
            Some("."),
        ),
        (
            r#"{"to":{"everyone":null},"data":1}"#,
            422,
            "invalid_field",
            Some("to"),
        ),
        (
            r#"{"to":{"client":"ada","topic":"a/b"},"data":1}"#,
            422,
            "invalid_field",
            Some("to"),
        ),
        (r#"{"data":1}"#, 422, "missing_field", Some("to")),
        (r#"{"to":"everyone"}"#, 422, "missing_field", Some("data")),
        (r#"{"to":"all","data":1}"#, 422, "invalid_field", Some("to")),
        (
            r#"{"to":{"client":""},"data":1}"#,
            422,
            "invalid_field",
            Some("to.client"),
        ),
        (
            r#"{"to":{"client":"a b"},"data":1}"#,
            422,
            "invalid_field",
            Some("to.client"),
        ),
        (
            r#"{"to":{"clients":[]},"data":1}"#,
            422,
            "invalid_field",
            Some("to.clients"),
        ),
        (
            r#"{"to":{"clients":["ada","é"]},"data":1}"#,
            422,
            "invalid_field",
            Some("to.clients[1]"),
        ),
        (
            r#"{"to":{"topic":"a/*"},"data":1}"#,
            422,
            "invalid_field",
            Some("to.topic"),
        ),
        (
            r#"{"to":{"topic":"a\nb"},"data":1}"#,
            422,
            "invalid_field",
            Some("to.topic"),
        ),
        (
            r#"{"to":{"topic":"$sys/clients"},"data":1}"#,
            403,
            "reserved_topic",
            Some("to.topic"),
        ),
        (
            r#"{"to":"everyone","data":1,"event":"a\nb"}"#,
            422,
            "invalid_field",
            Some("event"),
        ),
        (
            r#"{"to":"everyone","data":1,"event":"ping"}"#,
            422,
            "invalid_field",
            Some("event"),
        ),
        (
            r#"{"to":"everyone","data":1,"event":"error"}"#,
            422,
            "invalid_field",
            Some("event"),
        ),
        (
            r#"{"to":"everyone","data":1,"event":"open"}"#,
            422,
            "invalid_field",
            Some("event"),
        ),
        (
            r#"{"to":"everyone","data":1,"ttl":-1}"#,
            422,
            "invalid_field",
            Some("ttl"),
        ),
        (
            r#"{"to":"everyone","data":1,"ttl":99999999999}"#,
            422,
            "invalid_field",
            Some("ttl"),
        ),
        (
            r#"{"to":"everyone","data":1,"tll":1}"#,
            422,
            "unknown_field",
            Some("tll"),
        ),
    ];
    for (json, status, code, field) in cases {
        assert_refused(server.post("/push", json).await, (status, code, field)).await;
    }
    // Limits are in bytes: this has 400 characters.
    for topic in [long, "é".repeat(400)] {
        let json = json!({"to": {"topic": topic}, "data": 1}).to_string();
        let refused = (422, "invalid_field", Some("to.topic"));
        assert_refused(server.post("/push", &json).await, refused).await;
    }
    let event = json!({"to": "everyone", "data": 1, "event": "é".repeat(100)}).to_string();
    let refused = (422, "invalid_field", Some("event"));
    assert_refused(server.post("/push", &event).await, refused).await;

    server.push(To::Everyone, "the first message").await;
    assert_eq!(ada.text().await, "the first message");
}

#[tokio::test]
async fn an_unsupported_content_type_is_refused() {
    let server = Server::start().await;
    let request = server
        .http
        .post(server.url("/push"))
        .header("content-type", "text/plain");
    let answer = request
        .body(r#"{"to":"everyone","data":1}"#)
        .send()
        .await
        .expect("an answer");
    assert_refused(
        answer,
        (415, "unsupported_media_type", Some("content-type")),
    )
    .await;
}

#[tokio::test]
async fn invalid_parameters_of_a_stream_are_refused_with_their_field() {
    let server = Server::start().await;
    let long = "x".repeat(129);
    for (query, field) in [
        ("client_id=".to_owned(), "client_id"),
        (format!("client_id={long}"), "client_id"),
        ("client_id=a%0Ab".to_owned(), "client_id"),
        ("client_id=a&topic=".to_owned(), "topic"),
        ("client_id=a&topic=a/**/b".to_owned(), "topic"),
        (format!("client_id=a&topic={}", encoded("a\nb")), "topic"),
        ("client_id=a&since=yesterday".to_owned(), "since"),
        ("client_id=a&envelope=xml".to_owned(), "envelope"),
        ("client_id=a&envelope=".to_owned(), "envelope"),
    ] {
        let answer = server.get(&format!("/sse?{query}")).await;
        assert_refused(answer, (422, "invalid_field", Some(field))).await;
    }
    assert_eq!(
        server.api.stats().await.expect("stats").connections_opened,
        0
    );
}

#[tokio::test]
async fn a_forbidden_topic_is_refused_by_an_event_and_the_others_are_served() {
    let server = Server::with(&["--admin-token", "a-token-for-admins-only"]).await;
    let mut ada = server.listen("ada", &["news", "$sys/clients"]).await;
    let refused = ada.next().await;
    assert_eq!(refused.event, "refused");
    assert!(
        refused.data.contains(r#""topic":"$sys/clients""#),
        "{}",
        refused.data
    );

    let api = server.api.clone().with_token("a-token-for-admins-only");
    let push = crate::harness::push_of(crate::harness::topic("news"), "goes on");
    assert_eq!(api.push(&push).await.expect("accepted").connections, 1);
    assert_eq!(ada.text().await, "goes on");
}

#[tokio::test]
async fn the_form_of_the_article_is_supported() {
    let server = Server::start().await;
    let mut ada = server.listen("ada", &[]).await;
    let answer = server
        .get("/push?client_id=ada&message=hello%20%26+more")
        .await;
    assert_eq!(
        (
            answer.status().as_u16(),
            answer.text().await.expect("text").as_str()
        ),
        (200, "success")
    );
    let form = [("client_id", "ada"), ("message", "from a form")];
    let answer = server
        .http
        .post(server.url("/push"))
        .form(&form)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.text().await.expect("text"), "success");
    assert_eq!(
        [ada.text().await, ada.text().await],
        ["hello & more", "from a form"]
    );

    let answer = server.get("/push?client_id=ada").await;
    assert_refused(answer, (422, "missing_field", Some("message"))).await;
    let answer = server.get("/push?message=hello").await;
    assert_refused(answer, (422, "missing_field", Some("client_id"))).await;
}

#[tokio::test]
async fn unknown_addresses_and_objects_are_not_found() {
    let server = Server::start().await;
    assert_refused(server.get("/nothing").await, (404, "not_found", None)).await;
    let refused = (404, "client_unknown", Some("client_id"));
    assert_refused(server.get("/api/clients/nobody").await, refused).await;
    let put = server
        .http
        .put(server.url("/push"))
        .send()
        .await
        .expect("an answer");
    assert_refused(put, (405, "method_not_allowed", None)).await;
    for (path, field) in [
        ("/api/clients?limit=0", "limit"),
        ("/api/clients?limit=x", "limit"),
        ("/api/clients?after=%0A", "after"),
        ("/api/clients/%FF", "client_id"),
    ] {
        assert_refused(server.get(path).await, (422, "invalid_field", Some(field))).await;
    }
}
