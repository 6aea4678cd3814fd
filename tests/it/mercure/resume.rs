//! Resuming: by the ids of publishers and by cursors, exactly, over a restart, and what the response says about it.

use app::wire::{Ended, Gap, MessageDetail, Problem};
use serde_json::json;

use super::{hub, open, publish, stream_of};
use crate::harness::{Listener, Server, topic, within};

/// What a stream that resumes after an id says about it, and the data that it gets up to `end`.
async fn resumed(server: &Server, topics: &[&str], id: &str, end: &str) -> (String, Vec<String>) {
    let response = open(server, topics, None, &[("last-event-id", id)]).await;
    let headers = response.headers();
    assert_eq!(headers["last-event-id"], headers["mercure-last-event-id"]);
    let preceding = headers["last-event-id"].to_str().expect("text").to_owned();
    let events = Listener::of(response).up_to(end).await;
    (
        preceding,
        events.into_iter().map(|event| event.data).collect(),
    )
}

#[tokio::test]
async fn a_stream_resumes_after_any_id_of_a_publisher_and_any_cursor_over_a_restart() {
    let server = hub(&[]).await;
    let mut ids = Vec::new();
    for number in 0..20 {
        let (data, id) = (number.to_string(), format!("urn:example:{number}"));
        let topic = if number % 5 == 4 { "other" } else { "books/1" };
        let mut fields = vec![("topic", topic), ("data", &data), ("topic", "all")];
        if number % 2 == 0 {
            fields.push(("id", &id));
        }
        ids.push(publish(&server, &fields).await);
    }
    let server = server.restarted().await;
    publish(&server, &[("topic", "books/1"), ("data", "end")]).await;
    for (number, id) in ids.iter().enumerate() {
        let after = |wanted: &dyn Fn(usize) -> bool| {
            let numbers = (number + 1..20).filter(|number| wanted(*number));
            let texts = numbers.map(|number| number.to_string());
            texts.chain(["end".to_owned()]).collect::<Vec<_>>()
        };
        let expected = (id.clone(), after(&|number| number % 5 != 4));
        assert_eq!(resumed(&server, &["books/1"], id, "end").await, expected);
        assert_eq!(resumed(&server, &["books/{id}"], id, "end").await, expected);
        let expected = (id.clone(), after(&|_| true));
        assert_eq!(
            resumed(&server, &["books/1", "all"], id, "end").await,
            expected
        );
        // The cursor as streams of /sse have it.
        if let Some(cursor) = id.strip_prefix('#') {
            let (_, texts) = resumed(&server, &["*"], cursor, "end").await;
            assert_eq!(texts, expected.1);
        }
    }
}

#[tokio::test]
async fn the_query_says_it_where_a_header_can_not() {
    let server = hub(&[]).await;
    publish(&server, &[("topic", "a"), ("id", "urn:1"), ("data", "1")]).await;
    publish(&server, &[("topic", "a"), ("id", "urn:é 2"), ("data", "2")]).await;
    publish(&server, &[("topic", "a"), ("data", "3")]).await;
    for name in [
        "lastEventID",
        "Last-Event-ID",
        "last-event-id",
        "last_event_id",
    ] {
        let path = format!("{}&{name}=urn%3A1", stream_of(&["a"]));
        let mut stream = server.open(&path).await;
        assert_eq!(stream.texts(2).await, ["2", "3"], "{name}");
        let path = format!("{}&{name}=earliest", stream_of(&["a"]));
        let mut stream = server.open(&path).await;
        assert_eq!(stream.texts(3).await, ["1", "2", "3"], "{name}");
    }
    // The header wins, and a browser sends it in UTF-8.
    let url = server.url(&format!("{}&lastEventID=urn%3A1", stream_of(&["a"])));
    let header = reqwest::header::HeaderValue::from_bytes("urn:é 2".as_bytes()).expect("bytes");
    let request = server.http.get(url).header("last-event-id", header);
    let mut stream = Listener::of(request.send().await.expect("an answer"));
    assert_eq!(stream.text().await, "3");
}

#[tokio::test]
async fn an_id_that_is_not_there_gives_everything_that_is_kept() {
    let server = hub(&[]).await;
    for data in ["1", "2", "end"] {
        publish(
            &server,
            &[("topic", "a"), ("data", data), ("id", "urn:same")],
        )
        .await;
    }
    let everything = (
        "earliest".to_owned(),
        vec!["1".to_owned(), "2".into(), "end".into()],
    );
    for id in [
        "urn:unknown",
        "#nonsense",
        "#0123456789abcdef-7",
        "earliest",
    ] {
        assert_eq!(
            resumed(&server, &["a"], id, "end").await,
            everything,
            "{id}"
        );
    }
    // An id that was used several times is the first of them.
    let (preceding, texts) = resumed(&server, &["a"], "urn:same", "end").await;
    assert_eq!((preceding.as_str(), texts.len()), ("urn:same", 2));
}

#[tokio::test]
async fn a_gap_is_an_event_where_that_is_asked_for() {
    let server = hub(&[]).await;
    let first = publish(&server, &[("topic", "a"), ("data", "first")]).await;
    let short = json!({"to": {"topic": "a"}, "data": "short", "ttl": 1});
    let short = server.push_json(short).await.id.expect("a cursor");
    let ended = |detail: &MessageDetail| detail.message.ended == Some(Ended::Expired);
    let path = format!("/api/messages/{short}");
    server.until::<MessageDetail>(&path, ended).await;
    publish(&server, &[("topic", "a"), ("data", "end")]).await;
    let events = async |id: &str, gaps: &str| {
        let path = format!("{}&{gaps}", stream_of(&["a"]));
        let request = server
            .http
            .get(server.url(&path))
            .header("last-event-id", id);
        let response = within(request.send()).await.expect("an answer");
        assert_eq!(response.status(), 200);
        Listener::of(response).up_to("end").await
    };
    let told = events(&first, "gaps=true").await;
    let gap: Gap = serde_json::from_str(&told[0].data).expect("JSON");
    assert_eq!(
        (told[0].event.as_str(), gap.reason.as_str(), gap.to),
        ("gap", "expired", Some(short))
    );
    assert_eq!(told.len(), 2);
    let told = events("urn:nobody-knows", "gaps=true").await;
    let gap: Gap = serde_json::from_str(&told[0].data).expect("JSON");
    assert_eq!(
        (gap.reason.as_str(), gap.from, gap.to),
        ("unknown_epoch", None, None)
    );
    for quiet in ["gaps=false", "x=1"] {
        assert_eq!(events(&first, quiet).await.len(), 1);
        assert_eq!(events("urn:nobody-knows", quiet).await.len(), 2);
    }
    let told = events("earliest", "gaps=true").await;
    assert!(
        told.iter()
            .all(|event| !event.data.contains("unknown_epoch"))
    );
    let wrong = server
        .get(&format!("{}&gaps=maybe", stream_of(&["a"])))
        .await;
    assert_eq!(wrong.status(), 400);
    let problem: Problem = within(wrong.json()).await.expect("a problem");
    assert_eq!(problem.field.as_deref(), Some("gaps"));
}

#[tokio::test]
async fn without_an_id_a_stream_begins_now() {
    let server = hub(&[]).await;
    publish(&server, &[("topic", "a"), ("data", "before")]).await;
    let mut stream = server.open(&stream_of(&["a"])).await;
    server.push(topic("a"), "now").await;
    assert_eq!(stream.text().await, "now");
}

#[tokio::test]
async fn a_subscriber_that_has_nothing_yet_is_told_where_it_begins() {
    let server = hub(&[]).await;
    let path = format!("{}&last_event_id=", stream_of(&["a"]));
    let preceding = async |path: &str| {
        let response = server.get(path).await;
        let header = response.headers().get("mercure-last-event-id");
        header.map(|id| id.to_str().expect("text").to_owned())
    };
    assert_eq!(preceding(&path).await.as_deref(), Some("earliest"));
    let id = publish(&server, &[("topic", "a"), ("data", "x")]).await;
    assert_eq!(preceding(&path).await, Some(id));
    assert_eq!(preceding(&stream_of(&["a"])).await, None);
}
