//! HTTP/1.1 connections: idle timeouts, and answers to invalid request heads.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{Server, client, within};

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.address).await.expect("connected")
}

/// Reads until this text arrives.
async fn read_until(socket: &mut TcpStream, text: &str) -> String {
    let mut answer = String::new();
    within(async {
        let mut chunk = [0; 4_096];
        while !answer.contains(text) {
            let n = socket.read(&mut chunk).await.expect("read");
            assert_ne!(n, 0, "closed after: {answer}");
            answer.push_str(&String::from_utf8_lossy(&chunk[..n]));
        }
    })
    .await;
    answer
}

/// Reads until the server closes the connection.
async fn read_to_end(socket: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    within(socket.read_to_end(&mut answer)).await.expect("read");
    String::from_utf8(answer).expect("text")
}

const LIVE: &[u8] = b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[tokio::test]
async fn an_idle_connection_stays_open_longer_than_the_request_timeout() {
    let server = Server::with(&["--request-timeout", "1"]).await;
    let mut idle = connect(&server).await;
    idle.write_all(LIVE).await.expect("sent");
    read_until(&mut idle, "live").await;
    // This request began later, and has timed out.
    let mut slow = connect(&server).await;
    slow.write_all(b"GET / HTTP/1.1\r\n").await.expect("sent");
    read_until(&mut slow, "\"request_timeout\"").await;
    idle.write_all(LIVE).await.expect("still open");
    read_until(&mut idle, "live").await;
}

#[tokio::test]
async fn a_second_request_head_that_is_never_completed_times_out() {
    let server = Server::with(&["--request-timeout", "1"]).await;
    let mut socket = connect(&server).await;
    socket.write_all(LIVE).await.expect("sent");
    read_until(&mut socket, "live").await;
    socket.write_all(b"GET / HT").await.expect("sent");
    let answer = read_to_end(&mut socket).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("\"request_timeout\""), "{answer}");
}

#[tokio::test]
async fn a_too_large_head_is_answered_with_a_problem() {
    let server = Server::start().await;
    let mut socket = connect(&server).await;
    let head = format!("GET / HTTP/1.1\r\nx-long: {}", "x".repeat(100_000));
    socket.write_all(head.as_bytes()).await.expect("sent");
    let answer = read_to_end(&mut socket).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert!(
        answer.contains("content-type: application/problem+json"),
        "{answer}"
    );
    assert!(answer.contains("\"headers_too_large\"") && answer.contains("max_header_bytes"));
    assert_eq!(
        answer.matches("HTTP/1.1").count(),
        1 + usize::from(answer.contains("valid HTTP/1.1"))
    );
}

#[tokio::test]
async fn a_too_long_url_is_answered_with_a_problem() {
    let server = Server::with(&["--max-url-bytes", "65534", "--max-header-bytes", "1048576"]).await;
    let mut socket = connect(&server).await;
    let head = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(66_000));
    socket.write_all(head.as_bytes()).await.expect("sent");
    let answer = read_to_end(&mut socket).await;
    assert!(answer.starts_with("HTTP/1.1 414 "), "{answer}");
    assert!(answer.contains("\"url_too_long\""), "{answer}");
}

#[tokio::test]
async fn bytes_that_are_not_http_are_answered_with_a_problem() {
    let server = Server::start().await;
    for head in [
        "GET / HTTP/9.9\r\n\r\n",
        "\u{1} / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\na b: c\r\n\r\n",
    ] {
        let mut socket = connect(&server).await;
        // Also as the second request of a connection.
        socket.write_all(LIVE).await.expect("sent");
        read_until(&mut socket, "live").await;
        socket.write_all(head.as_bytes()).await.expect("sent");
        let answer = read_to_end(&mut socket).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{head:?}: {answer}");
        assert!(answer.contains("\"invalid_request\""), "{answer}");
    }
}

#[tokio::test]
async fn a_connection_without_a_request_is_closed() {
    let server = Server::with(&["--request-timeout", "1"]).await;
    let mut socket = connect(&server).await;
    assert_eq!(read_to_end(&mut socket).await, "");
}

/// A push of a text to ada, as a whole request.
fn push(text: &str) -> String {
    push_with(text, "content-length")
}

/// The same, where the length of the body is in a field of this name.
fn push_with(text: &str, length: &str) -> String {
    let body = format!(r#"{{"to":{{"client":"ada"}},"data":"{text}"}}"#);
    let fields = "host: localhost\r\nContent-Type: application/json\r\n";
    let len = body.len();
    format!("POST /push HTTP/1.1\r\n{fields}{length}: {len}\r\n\r\n{body}")
}

/// The same with a body in chunks.
fn push_in_chunks(text: &str) -> String {
    let whole = push(text);
    let (head, body) = whole.split_once("\r\n\r\n").expect("a head");
    let (head, _) = head.rsplit_once("\r\n").expect("a length");
    let len = body.len();
    format!("{head}\r\ntransfer-encoding: chunked\r\n\r\n{len:x}\r\n{body}\r\n0\r\n\r\n")
}

/// Reads answers until so many have come.
async fn read_answers(socket: &mut TcpStream, count: usize) -> String {
    let mut answers = String::new();
    while answers.matches("\"connections\":").count() < count {
        answers += &read_until(socket, "}").await;
    }
    assert_eq!(answers.matches("HTTP/1.1 200 OK\r\n").count(), count);
    answers
}

#[tokio::test]
async fn pushes_of_all_forms_on_one_connection_are_answered_in_order() {
    let server = Server::start().await;
    let mut ada = server.listen("ada", &[]).await;
    let mut socket = connect(&server).await;
    for text in ["1", "2"] {
        socket.write_all(push(text).as_bytes()).await.expect("sent");
        let answer = read_answers(&mut socket, 1).await;
        for field in [
            "content-type: application/json",
            "content-length: ",
            "date: ",
        ] {
            assert_eq!(answer.matches(field).count(), 1, "{field} in {answer}");
        }
        assert!(answer.contains("\"connections\":1"), "{answer}");
    }
    // In two segments.
    let third = push("3");
    let (head, body) = third.split_at(third.len() - 7);
    socket.write_all(head.as_bytes()).await.expect("sent");
    socket.flush().await.expect("sent");
    socket.write_all(body.as_bytes()).await.expect("sent");
    read_answers(&mut socket, 1).await;
    // Two at once, and others that are not of the simplest form.
    let rest = [push("4"), push("5"), push_in_chunks("6"), push("7")].concat();
    socket.write_all(rest.as_bytes()).await.expect("sent");
    read_answers(&mut socket, 4).await;
    socket.write_all(LIVE).await.expect("sent");
    read_until(&mut socket, "live").await;
    let last = push_with("8", "Connection: close\r\nContent-Length");
    socket.write_all(last.as_bytes()).await.expect("sent");
    let answer = read_to_end(&mut socket).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let texts = ada.texts(8).await;
    assert_eq!(texts, ["1", "2", "3", "4", "5", "6", "7", "8"]);
}

#[tokio::test]
async fn a_stream_may_follow_pushes_on_their_connection() {
    let server = Server::start().await;
    let mut socket = connect(&server).await;
    socket
        .write_all(push("early").as_bytes())
        .await
        .expect("sent");
    read_answers(&mut socket, 1).await;
    let open = b"GET /sse?client_id=ada HTTP/1.1\r\nhost: localhost\r\n\r\n";
    socket.write_all(open).await.expect("sent");
    read_until(&mut socket, "welcome").await;
    server.push(client("ada"), "later").await;
    read_until(&mut socket, "later").await;
}

#[tokio::test]
async fn a_bad_push_is_refused_and_its_connection_goes_on() {
    let server = Server::start().await;
    let mut socket = connect(&server).await;
    let bad = push("x").replace("client", "cleint");
    for _ in 0..2 {
        socket.write_all(bad.as_bytes()).await.expect("sent");
        let answer = read_until(&mut socket, "}").await;
        assert!(answer.starts_with("HTTP/1.1 422 "), "{answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
        assert!(answer.contains("\"field\":\"to\""), "{answer}");
    }
    socket.write_all(push("x").as_bytes()).await.expect("sent");
    read_answers(&mut socket, 1).await;
}

#[tokio::test]
async fn lengths_that_contradict_each_other_are_refused() {
    let server = Server::start().await;
    for length in [
        "content-length: 3\r\nContent-Length",
        "transfer-encoding: chunked\r\ncontent-length",
        "content-length: +9\r\nx",
    ] {
        let mut socket = connect(&server).await;
        socket.write_all(push("1").as_bytes()).await.expect("sent");
        read_answers(&mut socket, 1).await;
        let forged = push_with("x", length) + &push("smuggled");
        socket.write_all(forged.as_bytes()).await.expect("sent");
        let answer = read_to_end(&mut socket).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{length}: {answer}");
        assert!(!answer.contains(" 200 "), "{length}: {answer}");
    }
}

#[tokio::test]
async fn a_push_that_does_not_arrive_completely_times_out() {
    let server = Server::with(&["--request-timeout", "1"]).await;
    for missing in [3, 70] {
        let mut socket = connect(&server).await;
        socket.write_all(push("1").as_bytes()).await.expect("sent");
        read_answers(&mut socket, 1).await;
        let whole = push("2");
        let part = &whole.as_bytes()[..whole.len() - missing];
        socket.write_all(part).await.expect("sent");
        let answer = read_until(&mut socket, "\"request_timeout\"").await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    }
}

#[tokio::test]
async fn a_push_that_comes_byte_by_byte_times_out() {
    let server = Server::with(&["--request-timeout", "1"]).await;
    let mut socket = connect(&server).await;
    let mut answer = [0; 4_096];
    for byte in push("slow").bytes() {
        socket.write_all(&[byte]).await.expect("sent");
        let pause = Duration::from_millis(30);
        if let Ok(read) = tokio::time::timeout(pause, socket.read(&mut answer)).await {
            let answer = String::from_utf8_lossy(&answer[..read.expect("read")]);
            assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
            return;
        }
    }
    panic!("it was taken as a whole");
}

#[tokio::test]
async fn a_connection_that_waits_for_the_next_push_is_closed_when_the_server_stops() {
    let mut server = Server::start().await;
    let mut socket = connect(&server).await;
    socket.write_all(push("1").as_bytes()).await.expect("sent");
    read_answers(&mut socket, 1).await;
    server.begin_shutdown();
    assert_eq!(read_to_end(&mut socket).await, "");
}
