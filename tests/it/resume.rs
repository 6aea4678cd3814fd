//! Promise 2: at least once, in order, with exact resume.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use app::wire::To;
use serde_json::{Value, json};

use crate::harness::{Listener, Server, client, seq, topic, within};

/// Pushes messages to all kinds of audiences. Some are not for ada, who subscribes to `a` and `b/*`. Returns the
/// messages for her with their cursors.
async fn push_to_all_kinds_of_audiences(server: &Server) -> Vec<(String, String)> {
    let pushes = [
        (client("ada"), true),
        (topic("a"), true),
        (topic("c"), false),
        (topic("b/1"), true),
        (client("bob"), false),
        (To::Everyone, true),
        (To::Clients(vec!["bob".into(), "ada".into()]), true),
        (topic("b/1/deeper"), false),
        (topic("b/2"), true),
        (client("ada"), true),
    ];
    let mut hers = Vec::new();
    for (number, (to, for_ada)) in pushes.into_iter().enumerate() {
        let text = format!("message {number}");
        let id = server.push(to, &text).await.id.expect("a cursor");
        if for_ada {
            hers.push((id, text));
        }
    }
    hers
}

/// Reads the stream up to the last message.
async fn read(mut listener: Listener, last: &str) -> Vec<(String, String)> {
    let events = listener.up_to(last).await;
    assert!(events.iter().all(|event| event.event == "message"));
    events
        .into_iter()
        .map(|event| (event.id, event.data))
        .collect()
}

#[tokio::test]
async fn a_stream_resumes_with_the_next_message_after_any_event() {
    let server = Server::start().await;
    let before = server.push(client("nobody"), "before").await.id;
    let hers = push_to_all_kinds_of_audiences(&server).await;
    let end = &hers.last().expect("messages").1;

    let mut from = before.expect("a cursor");
    for have in 0..hers.len() {
        let by_header = server.resume("ada", &from, &["a", "b/*"]).await;
        assert_eq!(read(by_header, end).await, hers[have..]);
        for parameter in [
            "last_event_id",
            "lastEventId",
            "evs_last_event_id",
            "lastEventID",
            "Last-Event-ID",
            "last-event-id",
            "since",
        ] {
            let path = format!("/sse?client_id=ada&topic=a&topic=b/*&{parameter}={from}");
            assert_eq!(read(server.stream(&path).await, end).await, hers[have..]);
        }
        from = hers[have].0.clone();
    }
}

#[tokio::test]
async fn the_header_has_precedence_over_since() {
    let server = Server::start().await;
    let first = server.push(To::Everyone, "first").await.id.expect("an id");
    server.push(To::Everyone, "second").await;
    let url = server.url("/sse?client_id=ada&since=latest&last_event_id=nonsense");
    let request = server.http.get(url).header("last-event-id", first);
    let mut ada = Listener::of(within(request.send()).await.expect("an answer"));
    assert_eq!(ada.next().await.event, "welcome");
    assert_eq!(ada.text().await, "second");
}

/// Opens ada's stream with this query, and with this `Last-Event-ID`, if any.
async fn open_with(server: &Server, query: &str, header: Option<&str>) -> Listener {
    let mut request = server
        .http
        .get(server.url(&format!("/sse?client_id=ada&{query}")));
    if let Some(id) = header {
        request = request.header("last-event-id", id);
    }
    let mut ada = Listener::of(within(request.send()).await.expect("an answer"));
    assert_eq!(ada.next().await.event, "welcome");
    ada
}

#[tokio::test]
async fn the_header_has_precedence_and_then_the_last_cursor_in_the_query() {
    let server = Server::start().await;
    let first = server.push(To::Everyone, "first").await.id.expect("an id");
    let second = server.push(To::Everyone, "second").await.id.expect("an id");
    server.push(To::Everyone, "third").await;

    // A page has put one cursor into its URL, and the polyfill has appended another.
    let both = format!("last_event_id={first}&lastEventId={second}");
    assert_eq!(open_with(&server, &both, None).await.text().await, "third");
    let both = format!("lastEventId={second}&last_event_id={first}");
    assert_eq!(open_with(&server, &both, None).await.text().await, "second");
    let twice = format!("lastEventId={first}&lastEventId={second}");
    assert_eq!(open_with(&server, &twice, None).await.text().await, "third");

    let mut by_header = open_with(&server, &both, Some(&second)).await;
    assert_eq!(by_header.text().await, "third");
    let empty_ones = format!("lastEventId={second}&lastEventID=&last_event_id=");
    assert_eq!(
        open_with(&server, &empty_ones, Some("")).await.text().await,
        "third"
    );
}

#[tokio::test]
async fn since_earliest_is_everything_and_latest_only_new_messages() {
    let server = Server::start().await;
    let hers = push_to_all_kinds_of_audiences(&server).await;
    let end = &hers.last().expect("messages").1;
    let open = async |since: &str| {
        let path = format!("/sse?client_id=ada&topic=a&topic=b/*&since={since}");
        server.stream(&path).await
    };
    assert_eq!(read(open("earliest").await, end).await, hers);

    let mut latest = open("latest").await;
    server.push(client("ada"), "from now on").await;
    assert_eq!(latest.text().await, "from now on");
}

#[tokio::test]
async fn a_cursor_is_valid_after_a_restart() {
    let server = Server::start().await;
    let hers = push_to_all_kinds_of_audiences(&server).await;
    let server = server.restarted().await;
    let next = server.push(topic("a"), "after").await.id.expect("an id");
    assert!(seq(&next) > seq(&hers[9 - 3].0), "places only grow");

    let ada = server.resume("ada", &hers[1].0, &["a", "b/*"]).await;
    let mut expected = hers[2..].to_vec();
    expected.push((next, "after".to_owned()));
    assert_eq!(read(ada, "after").await, expected);
}

/// Connects and disconnects repeatedly while messages are pushed, each time with the last cursor. Returns all messages
/// it saw.
async fn reconnect_repeatedly(server: Arc<Server>, stay: usize) -> Vec<String> {
    let path = "/sse?client_id=ada&topic=t&since=earliest";
    let mut listener = server.stream(path).await;
    let mut seen: Vec<String> = Vec::new();
    loop {
        for _ in 0..stay {
            let event = listener.message().await;
            assert_eq!(event.event, "message");
            if event.data == "end" {
                return seen;
            }
            seen.push(event.id);
        }
        let last = seen.last().expect("it stayed");
        listener = server.resume("ada", last, &["t"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_pushed_between_replay_and_live_arrive_once_and_in_order() {
    let server = Arc::new(Server::with(&["--outbox", "4", "--durability", "os"]).await);
    let done = Arc::new(AtomicBool::new(false));
    let publishers: Vec<_> = (0..3)
        .map(|number| {
            let (server, done) = (Arc::clone(&server), Arc::clone(&done));
            tokio::spawn(async move {
                let mut ids = Vec::new();
                while !done.load(Ordering::Relaxed) && ids.len() < 300 {
                    let to = [topic("t"), client("ada"), To::Everyone][number].clone();
                    ids.push(server.push(to, "x").await.id.expect("a cursor"));
                }
                ids
            })
        })
        .collect();
    let listeners: Vec<_> = (0..8)
        .map(|number| tokio::spawn(reconnect_repeatedly(Arc::clone(&server), 1 + 3 * number)))
        .collect();

    let mut pushed = Vec::new();
    for publisher in publishers {
        pushed.extend(within(publisher).await.expect("no panic"));
    }
    server.push(To::Everyone, "end").await;
    pushed.sort_by_key(|id| seq(id));
    for listener in listeners {
        let seen = within(listener).await.expect("no panic");
        assert_eq!(seen, pushed);
    }
}

#[tokio::test]
async fn a_cursor_near_the_end_of_a_long_log_gets_exactly_the_messages_after_it() {
    let server = Server::with(&["--durability", "os"]).await;
    let push = |number: usize| {
        let to = [
            json!({"topic": "t"}),
            json!("everyone"),
            json!({"topic": "u"}),
        ];
        json!({"to": to[number % 3], "data": number})
    };
    let pushes: Vec<Value> = (0..20_000).map(push).collect();
    let ids = server.accepted(&pushes).await;

    let mut ada = server.resume("ada", &ids[19_989], &["*"]).await;
    for (number, id) in ids.iter().enumerate().skip(19_990) {
        let event = ada.message().await;
        assert_eq!((event.id, event.data), (id.clone(), number.to_string()));
    }
    server.push(To::Everyone, "live").await;
    assert_eq!(ada.text().await, "live");
}

#[tokio::test]
async fn an_idle_client_can_resume_from_the_cursor_of_a_ping() {
    let server = Server::with(&["--heartbeat", "1"]).await;
    let mut ada = server.listen("ada", &["quiet"]).await;
    let noise = server.push(topic("loud"), "not for ada").await.id;
    let noise = noise.expect("a cursor");
    let ping = loop {
        let ping = ada.event("ping").await;
        if ping.id == noise {
            break ping;
        }
    };
    drop(ada);
    server.push(topic("quiet"), "while away").await;
    // All messages of the busy topic are new to this connection, but they are before the cursor of the ping.
    let mut ada = server.resume("ada", &ping.id, &["quiet", "loud"]).await;
    assert_eq!(ada.text().await, "while away");
}
