//! Publishing: what is accepted, what the publisher is answered, and what is refused.

use app::wire::{MessagesPage, Problem};
use serde_json::json;

use super::{HUB, bytes_until, hub, listen, open, post, publish, publisher};
use crate::harness::{Server, within};

#[tokio::test]
async fn without_its_settings_there_is_no_hub() {
    let server = Server::start().await;
    assert_eq!(server.get(&format!("{HUB}?topic=a")).await.status(), 404);
    let posted = server.http.post(server.url(HUB)).body("topic=a").send();
    assert_eq!(within(posted).await.expect("an answer").status(), 404);
}

#[tokio::test]
async fn the_request_of_a_symfony_application_is_accepted_byte_for_byte() {
    let server = hub(&[]).await;
    let stream = open(&server, &["https://example.com/books/1"], None, &[]).await;
    // Its body is made by http_build_query, except for the repeated name `topic`.
    let body = "topic=https%3A%2F%2Fexample.com%2Fbooks%2F1&topic=https%3A%2F%2Fexample.com%2Flast&data=%7B%22status%22%3A%22OutOfStock%22%7D&id=urn%3Auuid%3A5e94c686-2c0b-4f9b-958c-92ccc3bbb4eb&type=book&retry=3000";
    let request = server
        .http
        .post(server.url(HUB))
        .header("accept", "*/*")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", format!("Bearer {}", publisher(&["*"])))
        .header("user-agent", "Symfony HttpClient (Curl)")
        .body(body);
    let answer = within(request.send()).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.headers()["content-type"],
        "text/plain; charset=utf-8"
    );
    let id = answer.text().await.expect("an id");
    assert_eq!(id, "urn:uuid:5e94c686-2c0b-4f9b-958c-92ccc3bbb4eb");

    let text = bytes_until(stream, "\"}\n\n").await;
    let events: String = text
        .split_inclusive('\n')
        .filter(|line| !line.starts_with(':'))
        .collect();
    assert_eq!(
        events,
        "id: urn:uuid:5e94c686-2c0b-4f9b-958c-92ccc3bbb4eb\nevent: book\nretry: 3000\ndata: {\"status\":\"OutOfStock\"}\n\n"
    );
}

#[tokio::test]
async fn an_update_without_an_id_gets_one_of_the_server() {
    let server = hub(&[]).await;
    let mut stream = listen(&server, &["a"], None).await;
    let id = publish(&server, &[("topic", "a"), ("data", "one\r\ntwo")]).await;
    assert!(id.starts_with('#'), "{id}");
    let event = stream.message().await;
    assert_eq!(
        (event.id, event.event.as_str(), event.data.as_str()),
        (id, "message", "one\ntwo")
    );
    // Nothing but the topic is needed.
    publish(&server, &[("topic", "a")]).await;
    assert_eq!(stream.text().await, "");
}

#[tokio::test]
async fn an_update_that_is_repeated_is_stored_once() {
    let server = hub(&[]).await;
    let mut stream = listen(&server, &["a"], None).await;
    let first = [
        ("topic", "a"),
        ("topic", "b"),
        ("id", "urn:1"),
        ("data", "x"),
    ];
    for _ in 0..3 {
        assert_eq!(publish(&server, &first).await, "urn:1");
    }
    // The same id with something else is another update: nothing is lost.
    let other = [("topic", "a"), ("id", "urn:1"), ("data", "x")];
    assert_eq!(publish(&server, &other).await, "urn:1");
    publish(&server, &[("topic", "a"), ("data", "end")]).await;
    let texts: Vec<String> = stream
        .up_to("end")
        .await
        .into_iter()
        .map(|event| event.data)
        .collect();
    assert_eq!(texts, ["x", "x", "end"]);
    let history: MessagesPage = server.read("/api/messages").await;
    assert_eq!(history.messages.len(), 3);
}

#[tokio::test]
async fn what_is_wrong_with_an_update_is_named() {
    let server = hub(&[]).await;
    let token = publisher(&["*"]);
    let long = "x".repeat(513);
    for (fields, field) in [
        (&[("data", "x")][..], "topic"),
        (&[("topic", "")], "topic"),
        (&[("topic", "*")], "topic"),
        (&[("topic", "a"), ("topic", "a\nb")], "topic"),
        (&[("topic", &long)], "topic"),
        (
            &[(
                "topic",
                "https://hub.example/.well-known/mercure/subscriptions/a/b",
            )],
            "topic",
        ),
        (&[("topic", "a"), ("id", "#1")], "id"),
        (&[("topic", "a"), ("id", "earliest")], "id"),
        (&[("topic", "a"), ("id", "a\ndata: b")], "id"),
        (&[("topic", "a"), ("type", "a\ndata: b")], "type"),
        (&[("topic", "a"), ("type", "mercure")], "type"),
        (&[("topic", "a"), ("type", "ping")], "type"),
        (&[("topic", "a"), ("retry", "-1")], "retry"),
        (&[("topic", "a"), ("retry", "soon")], "retry"),
    ] {
        let answer = post(&server, &token, fields).await;
        assert_eq!(answer.status(), 400, "{fields:?}");
        let problem: Problem = answer.json().await.expect("a problem");
        assert_eq!(problem.field.as_deref(), Some(field), "{fields:?}");
    }
    let reserved = post(&server, &token, &[("topic", "$sys/clients")]).await;
    let problem: Problem = reserved.json().await.expect("a problem");
    assert_eq!(problem.code, "reserved_topic");
    let topics: Vec<String> = (0..101).map(|number| format!("topic/{number}")).collect();
    let many: Vec<(&str, &str)> = topics
        .iter()
        .map(|topic| ("topic", topic.as_str()))
        .collect();
    assert_eq!(post(&server, &token, &many).await.status(), 413);
    let json = server
        .http
        .post(server.url(HUB))
        .bearer_auth(&token)
        .json(&json!({ "topic": "a" }));
    assert_eq!(within(json.send()).await.expect("an answer").status(), 415);
    // Fields that nobody knows are ignored, for later versions of the protocol.
    publish(&server, &[("topic", "a"), ("new", "x")]).await;
}
