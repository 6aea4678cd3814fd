//! Each limit is enforced, and each refusal names it.

use app::wire::{Problem, To};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{Server, client, within};

async fn assert_limit(answer: reqwest::Response, status: u16, code: &str, setting: &str) {
    assert_eq!(answer.status(), status);
    let problem: Problem = answer.json().await.expect("a problem document");
    assert_eq!(problem.code, code);
    assert!(problem.detail.contains(setting), "{}", problem.detail);
}

#[tokio::test]
async fn the_size_of_a_message_is_limited() {
    let server = Server::with(&["--max-message-bytes", "1000"]).await;
    let mut ada = server.listen("ada", &[]).await;
    let json = |n: usize| format!(r#"{{"to":"everyone","data":"{}"}}"#, "x".repeat(n));
    let answer = server.post("/push", &json(1_000)).await;
    assert_limit(answer, 413, "message_too_large", "max_message_bytes").await;
    assert_eq!(server.post("/push", &json(900)).await.status(), 200);
    assert_eq!(ada.text().await.len(), 900);
}

#[tokio::test]
async fn the_number_of_clients_of_a_push_is_limited() {
    let server = Server::with(&["--max-ids-per-push", "2"]).await;
    let json = r#"{"to":{"clients":["a","b","c"]},"data":1}"#;
    assert_limit(
        server.post("/push", json).await,
        422,
        "too_many_ids",
        "max_ids_per_push",
    )
    .await;
}

#[tokio::test]
async fn the_number_of_topics_of_a_connection_is_limited() {
    let server = Server::with(&["--max-topics", "2"]).await;
    let answer = server.get("/sse?client_id=a&topic=a&topic=b&topic=c").await;
    assert_limit(answer, 422, "too_many_topics", "max_topics").await;
    server.listen("a", &["a", "b"]).await;
}

#[tokio::test]
async fn the_number_of_connections_of_a_client_is_limited() {
    let server = Server::with(&["--max-connections-per-client", "1"]).await;
    let ada = server.listen("ada", &[]).await;
    let answer = server.get("/sse?client_id=ada").await;
    assert!(answer.headers().contains_key("retry-after"));
    assert_limit(answer, 429, "too_many_connections_of_client", "").await;
    server.listen("bob", &[]).await;
    drop(ada);
    server.until_connections(0).await;
    server.listen("ada", &[]).await;
}

#[tokio::test]
async fn the_number_of_connections_of_the_server_is_limited() {
    let server = Server::with(&["--max-connections", "1"]).await;
    let mut ada = server.listen("ada", &[]).await;
    let answer = server.get("/sse?client_id=bob").await;
    assert_limit(answer, 503, "too_many_connections", "").await;
    server.push(To::Everyone, "goes on").await;
    assert_eq!(ada.text().await, "goes on");
}

#[tokio::test]
async fn the_size_of_a_url_and_of_headers_is_limited() {
    let server = Server::start().await;
    let answer = server
        .get(&format!("/sse?client_id=a&topic={}", "x".repeat(9_000)))
        .await;
    assert_limit(answer, 414, "url_too_long", "max_url_bytes").await;
    let request = server
        .http
        .get(server.url("/health/live"))
        .header("x-long", "x".repeat(20_000));
    let answer = request.send().await.expect("an answer");
    assert_limit(answer, 431, "headers_too_large", "max_header_bytes").await;
}

#[tokio::test]
async fn a_request_that_is_never_completed_times_out() {
    let server = Server::with(&["--request-timeout", "1"]).await;
    for part in [
        "GET /sse?client_id=a HTTP/1.1\r\nhost: x\r\n",
        "POST /push HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
    ] {
        let mut socket = TcpStream::connect(server.address).await.expect("connected");
        socket.write_all(part.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        within(async {
            let mut chunk = [0; 4_096];
            while !answer.contains("\"request_timeout\"") {
                let n = socket.read(&mut chunk).await.expect("read");
                assert_ne!(n, 0, "ended without a word: {answer}");
                answer.push_str(&String::from_utf8_lossy(&chunk[..n]));
            }
        })
        .await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    }
    assert_eq!(server.push(client("a"), "nobody").await.connections, 0);
}
