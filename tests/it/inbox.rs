//! Promise 4: messages to a client that is offline are delivered when it connects.

use app::wire::{MessageDetail, MessagesPage, Problem, To};
use serde_json::{Value, json};
use socket2::SockRef;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    harness::{Listener, Server, client, within},
    vanishing::{remove_peer, run_with_peer, stream_of_peer},
};

/// Pushes these texts to ada, who is offline. Returns their cursors.
async fn push_to_offline_ada(server: &Server, texts: &[&str]) -> Vec<String> {
    let mut ids = Vec::new();
    for text in texts {
        let answer = server.push(client("ada"), text).await;
        assert_eq!((answer.connections, answer.queued), (0, true));
        ids.push(answer.id.expect("a cursor"));
    }
    ids
}

/// The messages that wait for a client that connects without a cursor.
async fn waiting(server: &Server, client_id: &str) -> (Vec<String>, Listener) {
    let mut listener = server.listen(client_id, &[]).await;
    let end = json!({"to": {"client": client_id}, "data": "no more", "ttl": 0});
    server.push_json(end).await;
    let events = listener.up_to("no more").await;
    assert!(events.iter().all(|event| event.event == "message"));
    let mut texts: Vec<String> = events.into_iter().map(|event| event.data).collect();
    texts.pop();
    (texts, listener)
}

async fn refused(server: &Server, push: Value) -> Problem {
    let answer = server.post("/push", &push.to_string()).await;
    assert_eq!(answer.status(), 409);
    answer.json().await.expect("a problem document")
}

#[tokio::test]
async fn a_new_client_gets_all_its_messages_in_order() {
    let server = Server::start().await;
    push_to_offline_ada(&server, &["one", "two", "three"]).await;
    server.push(client("bob"), "not for ada").await;
    assert_eq!(waiting(&server, "ada").await.0, ["one", "two", "three"]);
}

#[tokio::test]
async fn acknowledged_messages_are_not_delivered_again_even_after_a_restart() {
    let server = Server::start().await;
    let ids = push_to_offline_ada(&server, &["one", "two", "three"]).await;
    let (texts, page) = waiting(&server, "ada").await;
    assert_eq!(texts.len(), 3);
    server.ack("ada", &ids[1]).await;
    // However this page ends: it has acknowledged.
    drop(page);
    server.until_connections(0).await;
    assert_eq!(waiting(&server, "ada").await.0, ["three"]);

    let server = server.restarted().await;
    assert_eq!(waiting(&server, "ada").await.0, ["three"]);
    server.ack("ada", &ids[2]).await;
    // An older acknowledgement of another tab changes nothing.
    server.ack("ada", &ids[0]).await;
    assert_eq!(waiting(&server, "ada").await.0, [""; 0]);
}

#[tokio::test]
async fn messages_that_an_eventsource_received_before_it_closed_are_not_delivered_again() {
    let server = Server::start().await;
    push_to_offline_ada(&server, &["one", "two"]).await;
    let (texts, page) = waiting(&server, "ada").await;
    assert_eq!(texts, ["one", "two"]);
    drop(page);
    server.until_unread("ada", 0).await;
    push_to_offline_ada(&server, &["three"]).await;
    assert_eq!(waiting(&server, "ada").await.0, ["three"]);
    let server = server.restarted().await;
    server.push(client("ada"), "four").await;
    let (texts, _page) = waiting(&server, "ada").await;
    assert_eq!(texts.last().map(String::as_str), Some("four"));
    assert!(!texts.contains(&"two".to_owned()), "{texts:?}");
}

#[tokio::test]
async fn messages_sent_to_a_broken_connection_are_delivered_again() {
    let server = Server::with(&["--heartbeat", "3600"]).await;
    let mut socket = server.raw_stream("ada").await;
    server.push(client("ada"), "perhaps").await;
    // The server has sent everything.
    let mut seen = Vec::new();
    within(async {
        while !seen.ends_with(b"data: perhaps\n\n\r\n") {
            assert_ne!(socket.read_buf(&mut seen).await.expect("read"), 0);
        }
    })
    .await;
    SockRef::from(&socket)
        .set_linger(Some(std::time::Duration::ZERO))
        .expect("set");
    drop(socket);
    server.until_connections(0).await;
    assert_eq!(waiting(&server, "ada").await.0, ["perhaps"]);
}

#[tokio::test]
async fn unread_messages_are_delivered_again_after_their_page_closes() {
    let server = Server::with(&["--heartbeat", "3600"]).await;
    let socket = server.raw_stream("ada").await;
    server.push(client("ada"), "never looked at").await;
    let mut seen = vec![0; 65_536];
    within(async {
        loop {
            let n = socket.peek(&mut seen).await.expect("peek");
            if seen[..n].ends_with(b"data: never looked at\n\n\r\n") {
                break;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(socket);
    server.until_connections(0).await;
    assert_eq!(waiting(&server, "ada").await.0, ["never looked at"]);
}

#[test]
fn messages_sent_to_a_vanished_peer_are_delivered_again() {
    run_with_peer("inbox::in_its_own_network");
}

#[tokio::test]
#[ignore = "the test above runs it where it may take addresses away"]
async fn in_its_own_network() {
    let server = Server::with(&["--heartbeat", "1"]).await;
    let mut ada = stream_of_peer(&server).await;
    server.push(client("ada"), "seen").await;
    assert_eq!(ada.text().await, "seen");
    server.until_unread("ada", 0).await;

    remove_peer();
    let answer = server.push(client("ada"), "into the void").await;
    assert_eq!(answer.connections, 1, "nothing has told the server yet");

    server.until_connections(0).await;
    assert_eq!(waiting(&server, "ada").await.0, ["into the void"]);
}

#[tokio::test]
async fn both_tabs_get_the_inbox_and_a_message_to_several_clients_waits_for_each() {
    let server = Server::start().await;
    let to = To::Clients(vec!["ada".into(), "bob".into(), "eve".into()]);
    let _eve = server.listen("eve", &[]).await;
    let answer = server.push(to, "for three").await;
    assert_eq!((answer.connections, answer.queued), (1, true));
    let (first, _tab) = waiting(&server, "ada").await;
    let (second, _other_tab) = waiting(&server, "ada").await;
    assert_eq!(
        (first, second),
        (vec!["for three".into()], vec!["for three".into()])
    );
    server.ack("ada", &answer.id.expect("a cursor")).await;
    assert_eq!(waiting(&server, "ada").await.0, [""; 0]);
    assert_eq!(waiting(&server, "bob").await.0, ["for three"]);
}

#[tokio::test]
async fn a_message_waits_for_its_time_to_live() {
    let server = Server::start().await;
    let short = json!({"to": {"client": "ada"}, "data": "short", "ttl": 1});
    let short = server.push_json(short).await.id.expect("a cursor");
    let long = json!({"to": {"client": "ada"}, "data": "long", "ttl": 3600});
    server.push_json(long).await;
    let path = format!("/api/messages/{short}");
    let ended = |detail: &MessageDetail| detail.message.ended.is_some();
    server.until::<MessageDetail>(&path, ended).await;
    let mut ada = server.listen("ada", &[]).await;
    ada.gap().await;
    assert_eq!(ada.text().await, "long");
}

#[tokio::test]
async fn ephemeral_messages_do_not_wait() {
    let server = Server::start().await;
    let push = json!({"to": {"client": "ada"}, "data": "gone", "ttl": 0});
    let answer = server.push_json(push).await;
    assert_eq!((answer.id, answer.queued), (None, false));
    assert_eq!(waiting(&server, "ada").await.0, [""; 0]);
}

#[tokio::test]
async fn a_push_that_requires_an_online_client_is_refused_and_not_stored() {
    let server = Server::start().await;
    let push = json!({"to": {"client": "ada"}, "data": "now", "require_online": true});
    let problem = refused(&server, push.clone()).await;
    assert_eq!(problem.code, "nobody_online");
    let page: MessagesPage = server.read("/api/messages").await;
    assert!(page.messages.is_empty());

    let (texts, mut ada) = waiting(&server, "ada").await;
    assert_eq!(texts, [""; 0]);
    assert_eq!(server.push_json(push).await.connections, 1);
    assert_eq!(ada.text().await, "now");
}

#[tokio::test]
async fn a_push_repeated_with_its_key_is_the_same_message_even_after_a_restart() {
    let server = Server::start().await;
    let push = |data: &str| json!({"to": {"client": "ada"}, "data": data, "idempotency_key": "k"});
    let first = server.push_json(push("once")).await;
    assert_eq!(server.push_json(push("once")).await.id, first.id);
    assert_eq!(
        refused(&server, push("twice")).await.code,
        "idempotency_key_reused"
    );
    let mut other = push("once");
    other["to"] = json!({"client": "bob"});
    assert_eq!(refused(&server, other).await.code, "idempotency_key_reused");

    let server = server.restarted().await;
    assert_eq!(server.push_json(push("once")).await.id, first.id);
    assert_eq!(
        refused(&server, push("twice")).await.code,
        "idempotency_key_reused"
    );
    assert_eq!(waiting(&server, "ada").await.0, ["once"]);
    assert_eq!(waiting(&server, "bob").await.0, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_pushed_during_an_ack_is_not_lost() {
    let server = Server::with(&["--durability", "os"]).await;
    for number in 0..50 {
        let mut page = server.listen("ada", &[]).await;
        let text = format!("seen {number}");
        let seen = server.push(client("ada"), &text).await.id.expect("an id");
        assert_eq!(page.text().await, text);
        let text = format!("unseen {number}");
        let (unseen, ()) =
            tokio::join!(server.push(client("ada"), &text), server.ack("ada", &seen));
        drop(page);
        let (texts, _page) = waiting(&server, "ada").await;
        assert_eq!(texts, [text]);
        server.ack("ada", &unseen.id.expect("a cursor")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_pushed_while_a_page_closes_is_not_lost() {
    let server = Server::with(&["--heartbeat", "3600", "--durability", "os"]).await;
    for number in 0..200 {
        let client_id = format!("client-{number}");
        let mut socket = TcpStream::connect(server.address).await.expect("connected");
        let head = format!("GET /sse?client_id={client_id} HTTP/1.1\r\nhost: x\r\n\r\n");
        socket.write_all(head.as_bytes()).await.expect("sent");
        let mut seen = Vec::new();
        within(async {
            while !seen.ends_with(b"}\n\n\r\n") {
                assert_ne!(socket.read_buf(&mut seen).await.expect("read"), 0);
            }
        })
        .await;
        // The page has read its welcome and nothing else, in whatever order the two happen.
        let close = async {
            for _ in 0..number % 50 {
                tokio::task::yield_now().await;
            }
            drop(socket);
        };
        let push = server.push(client(&client_id), "unseen");
        tokio::join!(close, push);
        server.until_connections(0).await;
        let (texts, page) = waiting(&server, &client_id).await;
        assert_eq!(texts, ["unseen"], "{number}");
        drop(page);
        server.until_connections(0).await;
    }
}

#[tokio::test]
async fn a_second_stream_on_a_connection_is_confirmed_by_itself() {
    // Only a stream that stays with hyper leaves its connection to a second request.
    let flags = ["--heartbeat", "3600", "--delivery-threads", "0"];
    let server = Server::with(&flags).await;
    let mut socket = TcpStream::connect(server.address).await.expect("connected");
    push_to_offline_ada(&server, &["one"]).await;
    let mut stream = async |last: &[u8]| {
        let head = b"GET /sse?client_id=ada HTTP/1.1\r\nhost: x\r\n\r\n";
        socket.write_all(head).await.expect("sent");
        let mut seen = Vec::new();
        within(async {
            // The ping after the last message.
            while !seen.ends_with(b"data: {}\n\n\r\n") {
                assert_ne!(socket.read_buf(&mut seen).await.expect("read"), 0);
            }
            let seen_it = seen.windows(9).any(|part| part == b"data: one");
            assert!(seen_it, "it comes before the ping");
            if !last.is_empty() {
                server.api.disconnect("ada").await.expect("disconnected");
            }
            while !seen.ends_with(last) {
                assert_ne!(socket.read_buf(&mut seen).await.expect("read"), 0);
            }
        })
        .await;
    };
    // The server ends the first stream, and it is unknown what was read.
    stream(b"\r\n0\r\n\r\n").await;
    server.until_unread("ada", 1).await;
    stream(b"").await;
    drop(socket);
    server.until_unread("ada", 0).await;
}
