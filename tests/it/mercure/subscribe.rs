//! Subscribing: topics and templates, alternates heard once, and what a stream contains.

use app::{
    api::ClientsQuery,
    wire::{Problem, To},
};

use super::{HUB, bytes_until, hub, listen, open, publish};
use crate::harness::{Listener, client, encoded, topic};

const BOOK: &str = "https://example.com/books/1";

/// The data of all messages up to `end`.
async fn texts(stream: &mut Listener, end: &str) -> Vec<String> {
    let events = stream.up_to(end).await.into_iter();
    events.map(|event| event.data).collect()
}

#[tokio::test]
async fn an_update_with_several_topics_is_heard_once_live_and_replayed() {
    let server = hub(&[]).await;
    let selectors = [BOOK, "https://example.com/users/{id}", "*"];
    let mut both = listen(&server, &selectors, None).await;
    let mut alternate = listen(&server, &["https://example.com/users/7"], None).await;
    let mut template = listen(&server, &["https://example.com/users/{id}"], None).await;
    let mut other = listen(&server, &["https://example.com/users/8"], None).await;
    let fields = [
        ("topic", BOOK),
        ("topic", "https://example.com/users/7"),
        ("topic", "https://example.com/all"),
        ("data", "new"),
    ];
    publish(&server, &fields).await;
    publish(
        &server,
        &[("topic", "https://example.com/users/8"), ("data", "end")],
    )
    .await;
    publish(
        &server,
        &[("topic", "https://example.com/users/7"), ("data", "last")],
    )
    .await;
    assert_eq!(texts(&mut both, "last").await, ["new", "end", "last"]);
    assert_eq!(texts(&mut alternate, "last").await, ["new", "last"]);
    assert_eq!(texts(&mut template, "last").await, ["new", "end", "last"]);
    assert_eq!(texts(&mut other, "end").await, ["end"]);

    for (topics, expected) in [
        (&selectors[..], &["new", "end", "last"][..]),
        (&["https://example.com/users/7"], &["new", "last"]),
        (&["https://example.com/users/{id}"], &["new", "end", "last"]),
        (
            &["https://example.com/users/7", "https://example.com/all"],
            &["new", "last"],
        ),
        (&["https://example.com/{all}"], &["new"]),
    ] {
        let response = open(&server, topics, None, &[("last-event-id", "earliest")]).await;
        let mut replayed = Listener::of(response);
        let end = expected.last().expect("a text");
        assert_eq!(texts(&mut replayed, end).await, expected, "{topics:?}");
    }
}

#[tokio::test]
async fn a_replay_by_templates_finds_alternates_among_many_topics() {
    let server = hub(&[]).await;
    // More topics than a pattern reads one by one.
    for number in 0..200 {
        let name = format!("https://example.com/books/{number}");
        let user = format!("https://example.com/users/{}", number % 150);
        publish(
            &server,
            &[
                ("topic", &name),
                ("topic", &user),
                ("data", &number.to_string()),
            ],
        )
        .await;
    }
    publish(
        &server,
        &[("topic", "https://example.com/users/0"), ("data", "end")],
    )
    .await;
    let topics = ["https://example.com/users/{id}"];
    let response = open(&server, &topics, None, &[("last-event-id", "earliest")]).await;
    let heard = texts(&mut Listener::of(response), "end").await;
    let expected: Vec<String> = (0..200)
        .map(|number| number.to_string())
        .chain(["end".to_owned()])
        .collect();
    assert_eq!(heard, expected);
}

#[tokio::test]
async fn a_stream_has_updates_and_comments_only() {
    let server = hub(&[]).await;
    let response = open(&server, &[BOOK], None, &[]).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert!(!response.headers().contains_key("last-event-id"));
    let id = publish(&server, &[("topic", BOOK), ("data", "1")]).await;
    // A recall is an event of the streams of /sse.
    let cursor = id.trim_start_matches('#');
    let path = server.url(&format!("/api/messages/{cursor}"));
    assert_eq!(
        server
            .http
            .delete(path)
            .send()
            .await
            .expect("an answer")
            .status(),
        200
    );
    let id2 = publish(&server, &[("topic", BOOK), ("data", "2"), ("type", "t")]).await;
    let text = bytes_until(response, "data: 2\n\n").await;
    // Some libraries pass on an event at each empty line, also one without data.
    let mut events = text.split_terminator("\n\n");
    assert!(events.all(|event| event.contains("data: ")), "{text:?}");
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with(':'))
        .collect();
    let ids = [format!("id: {id}"), format!("id: {id2}")];
    assert_eq!(lines, [&ids[0], "data: 1", &ids[1], "event: t", "data: 2"]);
}

#[tokio::test]
async fn both_protocols_meet_in_the_same_topics() {
    let server = hub(&[]).await;
    let mut mercure = listen(&server, &["orders/{id}"], None).await;
    let mut own = server.listen("ada", &["orders/*"]).await;
    let pushed = server.push(topic("orders/7"), "pushed").await;
    let heard = mercure.message().await;
    assert_eq!(heard.data, "pushed");
    assert_eq!(heard.id, format!("#{}", pushed.id.expect("a cursor")));
    assert_eq!(own.text().await, "pushed");
    let fields = [
        ("topic", "books/1"),
        ("topic", "orders/8"),
        ("id", "urn:1"),
        ("data", "published"),
        ("retry", "7"),
    ];
    publish(&server, &fields).await;
    assert_eq!(mercure.message().await.id, "urn:1");
    let heard = own.message().await;
    assert_eq!(heard.data, "published");
    assert!(
        !heard.id.starts_with("urn"),
        "a stream of /sse has cursors: {}",
        heard.id
    );
    server.push(To::Everyone, "to all").await;
    assert_eq!(mercure.text().await, "to all");
}

#[tokio::test]
async fn a_subscriber_with_a_sub_is_a_client_and_others_leave_nothing_behind() {
    let server = hub(&[]).await;
    let token = super::signed(
        super::SUBSCRIBER_KEY,
        &serde_json::json!({ "sub": "ada", "mercure": { "subscribe": [] } }),
    );
    server.push(client("ada"), "waiting").await;
    let mut ada = listen(&server, &["a"], Some(&token)).await;
    assert_eq!(ada.text().await, "waiting");
    server.push(client("ada"), "now").await;
    assert_eq!(ada.text().await, "now");
    let anonymous = listen(&server, &["a"], None).await;
    server.until_connections(2).await;
    drop((ada, anonymous));
    server.until_connections(0).await;
    let all = ClientsQuery {
        all: true,
        ..ClientsQuery::default()
    };
    let page = server.api.clients(&all).await.expect("clients");
    let ids: Vec<&str> = page
        .clients
        .iter()
        .map(|client| client.client_id.as_str())
        .collect();
    assert_eq!(ids, ["ada"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_subscription_is_named() {
    let server = hub(&["--max-topics", "2"]).await;
    let refused = async |query: &str| {
        let answer = server.get(&format!("{HUB}?{query}")).await;
        let status = answer.status().as_u16();
        let problem: Problem = answer.json().await.expect("a problem");
        let field = if query.is_empty() { "match" } else { "topic" };
        assert_eq!(problem.field.as_deref(), Some(field), "{query}");
        (status, problem.code)
    };
    assert_eq!(refused("").await, (400, "missing_field".to_owned()));
    assert_eq!(refused("topic=").await, (400, "invalid_field".to_owned()));
    let many = encoded(&"{a}".repeat(17));
    assert_eq!(
        refused(&format!("topic={many}")).await,
        (400, "invalid_field".to_owned())
    );
    assert_eq!(
        refused("topic=a&topic=b&topic=c").await.1,
        "too_many_topics"
    );
    // No template, so it is a name.
    let _ = listen(&server, &["{", "$sys/clients"], None).await;
}

#[tokio::test]
async fn templates_are_listed_with_their_subscribers() {
    let server = hub(&[]).await;
    let _stream = listen(&server, &["books/{id}", "$sys/clients"], None).await;
    server.until_connections(1).await;
    let page: serde_json::Value = server.read("/api/topics").await;
    assert!(page.to_string().contains("books/{id}"), "{page}");
    let stats = server.api.stats().await.expect("stats");
    assert_eq!(
        (stats.clients, stats.connections),
        (1, 1),
        "it is no observer"
    );
}
