//! Compressed responses.

use std::io::Read;

use app::wire::To;
use serde_json::Value;

use crate::harness::{Server, within};

async fn get(server: &Server, path: &str, accepted: &str) -> reqwest::Response {
    let request = server.http.get(server.url(path));
    let request = request.header("accept-encoding", accepted);
    within(request.send()).await.expect("an answer")
}

/// The text of a response that must be compressed, and how many bytes were sent.
async fn decompressed(answer: reqwest::Response) -> (String, usize) {
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let vary = answer.headers().get_all("vary").iter();
    let mut names = vary.flat_map(|names| names.to_str().expect("text").split(", "));
    assert!(names.any(|name| name == "accept-encoding"));
    let bytes = answer.bytes().await.expect("a body");
    let mut text = String::new();
    let mut decoder = flate2::read::GzDecoder::new(&bytes[..]);
    decoder.read_to_string(&mut text).expect("gzip of text");
    (text, bytes.len())
}

#[tokio::test]
async fn pages_and_what_is_read_by_the_api_are_compressed() {
    let server = Server::start().await;
    for number in 0..20 {
        let text = format!("message {number}");
        server.push(To::Everyone, &text).await;
    }
    // What browsers accept.
    let (page, _) = decompressed(get(&server, "/", "gzip, deflate, br, zstd").await).await;
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("<h1"));
    let (api, sent) = decompressed(get(&server, "/openapi.json", "gzip").await).await;
    let api: Value = serde_json::from_str(&api).expect("JSON");
    assert!(api["paths"]["/push"].is_object());
    assert!(sent * 5 < api.to_string().len(), "{sent} bytes");
    let (list, _) = decompressed(get(&server, "/api/messages", "gzip").await).await;
    let list: Value = serde_json::from_str(&list).expect("JSON");
    assert_eq!(list["messages"].as_array().map(Vec::len), Some(20));
}

#[tokio::test]
async fn small_responses_and_those_for_whoever_takes_no_gzip_are_not() {
    let server = Server::start().await;
    for (path, accepted) in [
        ("/api/messages", "gzip"),
        ("/", "identity"),
        ("/openapi.json", "gzip;q=0"),
        ("/sse?client_id=ada", "gzip"),
    ] {
        let answer = get(&server, path, accepted).await;
        assert_eq!(answer.status(), 200, "{path}");
        let coding = answer.headers().get("content-encoding");
        assert_eq!(coding, None, "{path}");
    }
}
