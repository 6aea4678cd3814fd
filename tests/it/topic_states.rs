//! The state of a topic: whoever subscribes hears it first, and those who listen hear each change.

use app::wire::{BatchAnswer, TopicStateInfo};
use eventsource_stream::Event;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Server, client, encoded, seq, topic, within};

async fn send(server: &Server, method: Method, topic: &str, body: Option<Value>) -> (u16, Value) {
    let path = format!("/api/topics/{}/state", encoded(topic));
    let mut request = server.http.request(method, server.url(&path));
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = within(request.send()).await.expect("an answer");
    let status = answer.status().as_u16();
    let text = within(answer.text()).await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

async fn put(server: &Server, topic: &str, data: Value) -> Value {
    let (status, answer) = send(server, Method::PUT, topic, Some(json!({"data": data}))).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

/// The type and the data of events.
fn said(events: &[Event]) -> Vec<(&str, &str)> {
    events
        .iter()
        .map(|event| (event.event.as_str(), event.data.as_str()))
        .collect()
}

#[tokio::test]
async fn whoever_subscribes_hears_the_newest_state_first_and_then_each_change() {
    let server = Server::start().await;
    put(&server, "price/gold", json!(1)).await;
    put(&server, "price/gold", json!({"eur": 2})).await;
    put(&server, "price/tin", json!("cheap")).await;
    put(&server, "weather", json!("rain")).await;
    let mut one = server.listen("ada", &["price/gold"]).await;
    let mut all = server.listen("bob", &["price/*", "price/gold"]).await;
    let first = one.next().await;
    assert_eq!(
        (first.event.as_str(), first.data.as_str()),
        ("state", r#"{"eur":2}"#)
    );
    assert_eq!(first.id, "", "it does not move the cursor");
    assert_eq!(one.next().await.event, "ping");
    let both = [all.next().await, all.next().await];
    assert_eq!(said(&both), [("state", r#"{"eur":2}"#), ("state", "cheap")]);
    assert_eq!(all.next().await.event, "ping");
    let set = put(&server, "price/gold", json!(3)).await;
    for listener in [&mut one, &mut all] {
        let live = listener.message().await;
        assert_eq!((live.event.as_str(), live.data.as_str()), ("state", "3"));
        assert_eq!(live.id, set["id"].as_str().expect("a cursor"));
    }
    assert_eq!(set["connections"], 2);
}

#[tokio::test]
async fn a_push_sets_the_state_in_the_same_commit() {
    let server = Server::start().await;
    let mut there = server.listen("bob", &["score"]).await;
    let push = json!({"to": {"topic": "score"}, "data": "1:0", "event": "goal", "state": true});
    let id = server.push_json(push).await.id.expect("a cursor");
    let live = there.message().await;
    assert_eq!((live.event.as_str(), live.data.as_str()), ("goal", "1:0"));
    let (_, info) = send(&server, Method::GET, "score", None).await;
    assert_eq!((&info["id"], &info["data"]), (&json!(id), &json!("1:0")));
    let mut later = server.listen("ada", &["score"]).await;
    assert_eq!(said(&[later.next().await]), [("state", "1:0")]);
    assert_eq!(later.next().await.event, "ping");
}

#[tokio::test]
async fn a_stream_that_resumes_hears_each_state_once_and_every_message() {
    let server = Server::start().await;
    let cursor = server
        .push(client("nobody"), "before")
        .await
        .id
        .expect("a cursor");
    put(&server, "t", json!("one")).await;
    server.push(topic("t"), "a message").await;
    put(&server, "t", json!("two")).await;
    let push = json!({"to": {"topic": "t"}, "data": "three", "state": true});
    server.push_json(push).await;
    put(&server, "t", json!("four")).await;
    let mut reader = server.resume("ada", &cursor, &["t"]).await;
    let mut events = Vec::new();
    while events
        .last()
        .is_none_or(|event: &Event| event.event != "ping")
    {
        events.push(reader.next().await);
    }
    events.pop();
    // The state is as new as the log. Its own events are not repeated, and messages are all there.
    assert_eq!(
        said(&events),
        [
            ("state", "four"),
            ("message", "a message"),
            ("message", "three")
        ]
    );
    put(&server, "t", json!("five")).await;
    assert_eq!(said(&[reader.message().await]), [("state", "five")]);
}

#[tokio::test]
async fn a_state_survives_a_restart_and_the_end_of_its_message_but_not_its_recall() {
    let server = Server::start().await;
    let push = |data: &str, ttl: u64| json!({"to": {"topic": "t"}, "data": data, "state": true, "ttl": ttl});
    server.push_json(push("kept", 1)).await;
    let server = server.restarted().await;
    let (status, info) = send(&server, Method::GET, "t", None).await;
    assert_eq!((status, &info["data"]), (200, &json!("kept")));
    let id = server
        .push_json(push("wrong", 60))
        .await
        .id
        .expect("a cursor");
    let recall = server
        .http
        .delete(server.url(&format!("/api/messages/{id}")));
    assert_eq!(
        within(recall.send()).await.expect("an answer").status(),
        200
    );
    let (status, problem) = send(&server, Method::GET, "t", None).await;
    assert_eq!((status, &problem["code"]), (404, &json!("state_unknown")));
    let mut reader = server.listen("ada", &["t"]).await;
    assert_eq!(reader.next().await.event, "ping");
}

#[tokio::test]
async fn a_removed_state_is_told_once_and_never_again() {
    let server = Server::start().await;
    put(&server, "orders/42", json!("open")).await;
    let mut there = server.listen("bob", &["orders/42"]).await;
    assert_eq!(said(&[there.next().await]), [("state", "open")]);
    let (status, _) = send(&server, Method::DELETE, "orders/42", None).await;
    assert_eq!(status, 204);
    assert_eq!(said(&[there.message().await]), [("state", "null")]);
    let (status, problem) = send(&server, Method::DELETE, "orders/42", None).await;
    assert_eq!((status, &problem["code"]), (404, &json!("state_unknown")));
    let mut later = server.listen("ada", &["orders/42"]).await;
    assert_eq!(later.next().await.event, "ping");
}

#[tokio::test]
async fn only_so_many_topics_have_a_state() {
    let server = Server::with(&["--max-states", "2"]).await;
    put(&server, "a", json!(1)).await;
    let push = |topic: &str| json!({"to": {"topic": topic}, "data": 1, "state": true});
    server.push_json(push("b")).await;
    let refused = |(status, problem): (u16, Value), field: &str| {
        assert_eq!(
            (status, &problem["code"], &problem["field"]),
            (429, &json!("too_many_states"), &json!(field))
        );
        let detail = problem["detail"].as_str().expect("a text");
        assert!(detail.contains("at most 2 (max_states)"), "{detail}");
    };
    let set = async |topic: &str| {
        let body = Some(json!({"data": 1}));
        send(&server, Method::PUT, topic, body).await
    };
    let push_of = async |push: Value| {
        let request = server.http.post(server.url("/push")).json(&push);
        let answer = within(request.send()).await.expect("an answer");
        let status = answer.status().as_u16();
        (status, within(answer.json()).await.expect("JSON"))
    };
    refused(set("c").await, "topic");
    refused(push_of(push("c")).await, "state");
    let mut later = push("c");
    later["delay"] = json!(60);
    refused(push_of(later).await, "state");
    let lines = server.batch(&[push("c"), push("a")]).await;
    let [BatchAnswer::Refused(problem), BatchAnswer::Accepted(_)] = &lines[..] else {
        panic!("one is refused: {lines:?}");
    };
    assert_eq!(problem.code, "too_many_states");
    // Messages without a state, and changes of those that are there, are accepted.
    server.push(topic("c"), "a message").await;
    put(&server, "a", json!({"much": "larger"})).await;
    let metrics = within(server.get("/metrics").await.text()).await;
    assert!(
        metrics
            .expect("a text")
            .contains("\ntidings_topic_states 2\n")
    );
    let server = server.restarted().await;
    let body = || Some(json!({"data": 1}));
    refused(send(&server, Method::PUT, "c", body()).await, "topic");
    let (status, _) = send(&server, Method::DELETE, "b", None).await;
    assert_eq!(status, 204);
    put(&server, "c", json!(1)).await;
    refused(send(&server, Method::PUT, "b", body()).await, "topic");
}

#[tokio::test]
async fn an_envelope_has_the_state_too() {
    let server = Server::start().await;
    let set = put(&server, "t", json!({"n": 1})).await;
    let id = set["id"].as_str().expect("a cursor");
    let mut reader = server
        .stream("/sse?client_id=ada&topic=t&envelope=json")
        .await;
    let first = reader.next().await;
    assert_eq!(first.event, "message");
    let expected = format!(r#"{{"event":"state","topic":"t","message":"{id}","data":{{"n":1}}}}"#);
    assert_eq!(first.data, expected);
    put(&server, "t", json!("x")).await;
    let live: Value = serde_json::from_str(&reader.message().await.data).expect("JSON");
    assert_eq!(
        (&live["event"], &live["text"]),
        (&json!("state"), &json!("x"))
    );
}

#[tokio::test]
async fn many_states_and_changes_meanwhile_leave_every_reader_with_the_newest() {
    let server = Server::start().await;
    let lines: Vec<Value> = (0..700)
        .map(|n| json!({"to": {"topic": format!("t/{n}")}, "data": "old", "state": true}))
        .collect();
    server.batch(&lines).await;
    let writer = async {
        for n in 0..200 {
            put(&server, &format!("t/{}", n % 10), json!(format!("new {n}"))).await;
        }
    };
    let readers = async {
        let mut all = Vec::new();
        for n in 0..20 {
            let mut reader = server.listen(&format!("reader-{n}"), &["t/*"]).await;
            // Up to the first ping it has all states.
            let mut states = std::collections::HashMap::new();
            loop {
                let event = reader.next().await;
                if event.event == "ping" {
                    break;
                }
                *states.entry(event.data).or_insert(0) += 1;
            }
            assert!(states.values().sum::<i32>() >= 700);
            all.push(reader);
        }
        all
    };
    let ((), mut all) = tokio::join!(writer, readers);
    let last = put(&server, "t/0", json!("the end")).await;
    for reader in &mut all {
        let events = reader.up_to("the end").await;
        let ids = events
            .iter()
            .filter(|event| !event.id.is_empty())
            .map(|event| seq(&event.id));
        assert!(ids.is_sorted(), "{events:?}");
        assert_eq!(
            events.last().map(|event| event.id.as_str()),
            last["id"].as_str()
        );
    }
}

#[tokio::test]
async fn wrong_topics_and_bodies_are_refused() {
    let server = Server::start().await;
    for (topic, body, status, field) in [
        ("$sys/clients", json!({"data": 1}), 403, "topic"),
        ("a/*", json!({"data": 1}), 422, "topic"),
        ("t", json!({}), 422, "data"),
        ("t", json!({"data": 1, "ttl": 5}), 422, "ttl"),
    ] {
        let (found, problem) = send(&server, Method::PUT, topic, Some(body)).await;
        assert_eq!(
            (found, &problem["field"]),
            (status, &json!(field)),
            "{topic}"
        );
    }
    let body = r#"{"to":{"topic":"t"},"data":1,"event":"state"}"#;
    assert_eq!(
        server.post("/push", body).await.status(),
        422,
        "the type is the stream's own"
    );
    put(&server, "https://example.com/books/1", json!("a URL")).await;
    let path = format!(
        "/api/topics/{}/state",
        encoded("https://example.com/books/1")
    );
    let info: TopicStateInfo = server.read(&path).await;
    assert_eq!(info.data.get(), "\"a URL\"");
}
