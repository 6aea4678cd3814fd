//! HTTP/1.1 connections: idle timeouts, and answers to invalid request heads.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{Server, within};

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
