//! Compressed request bodies: supported codings, the size limit after decompression, and refusals.

use std::io::Write;

use app::wire::{BatchAnswer, Problem};

use crate::harness::{Server, within};

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).expect("compressed");
    encoder.finish().expect("compressed")
}

fn zstd(body: &[u8]) -> Vec<u8> {
    zstd::encode_all(body, 19).expect("compressed")
}

async fn send(server: &Server, path: &str, coding: &str, body: Vec<u8>) -> reqwest::Response {
    let kind = match path {
        "/push/batch" => "application/x-ndjson",
        _ => "application/json",
    };
    let request = server.http.post(server.url(path));
    let request = request
        .header("content-type", kind)
        .header("content-encoding", coding);
    within(request.body(body).send()).await.expect("an answer")
}

async fn refused(answer: reqwest::Response, status: u16) -> Problem {
    assert_eq!(answer.status(), status);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    answer.json().await.expect("a problem document")
}

#[tokio::test]
async fn a_compressed_push_is_accepted() {
    let server = Server::start().await;
    let mut ada = server.listen("ada", &[]).await;
    let json = |text: &str| format!(r#"{{"to":"everyone","data":"{text}"}}"#).into_bytes();
    for (coding, body) in [
        ("gzip", gzip(&json("gzip"))),
        ("X-GZip", gzip(&json("X-GZip"))),
        ("zstd", zstd(&json("zstd"))),
        ("ZSTD", zstd(&json("ZSTD"))),
        ("identity", json("identity")),
    ] {
        let answer = send(&server, "/push", coding, body).await;
        assert_eq!(answer.status(), 200, "{coding}");
        assert_eq!(ada.text().await, coding);
    }
}

#[tokio::test]
async fn a_compressed_batch_is_accepted() {
    let server = Server::start().await;
    let mut ada = server.listen("ada", &[]).await;
    let lines: String = (0..5_000)
        .map(|i| format!("{{\"to\":\"everyone\",\"data\":\"{i}\"}}\n"))
        .collect();
    for (coding, body) in [
        ("gzip", gzip(lines.as_bytes())),
        ("zstd", zstd(lines.as_bytes())),
    ] {
        let answer = send(&server, "/push/batch", coding, body).await;
        assert_eq!(answer.status(), 200);
        let answers = within(answer.text()).await.expect("all answers");
        assert_eq!(answers.lines().count(), 5_000);
        let texts = ada.texts(5_000).await;
        assert_eq!((&*texts[0], &*texts[4_999]), ("0", "4999"));
    }
}

#[tokio::test]
async fn an_unsupported_coding_is_refused_with_the_supported_ones() {
    let server = Server::start().await;
    for path in ["/push", "/push/batch", "/ack", "/api/jobs"] {
        for coding in ["br", "deflate", "gzip, zstd", "gzip, gzip", "x"] {
            let answer = send(&server, path, coding, b"{}".to_vec()).await;
            assert_eq!(answer.headers()["accept-encoding"], "gzip, zstd");
            let problem = refused(answer, 415).await;
            assert_eq!(problem.code, "unsupported_content_coding");
            assert_eq!(problem.field.as_deref(), Some("content-encoding"));
        }
    }
}

#[tokio::test]
async fn the_size_limit_applies_after_decompression() {
    let server = Server::with(&["--max-message-bytes", "10000"]).await;
    let mut push = br#"{"to":"everyone","data":""#.to_vec();
    push.resize(100_000_000, b'x');
    for (coding, body) in [("gzip", gzip(&push)), ("zstd", zstd(&push))] {
        let problem = refused(send(&server, "/push", coding, body.clone()).await, 413).await;
        assert_eq!(problem.code, "message_too_large");
        // In a batch, only this line is too long.
        let answer = send(&server, "/push/batch", coding, body).await;
        let answers = within(answer.text()).await.expect("answers");
        let answers: Vec<_> = answers.lines().collect();
        assert_eq!(answers.len(), 1);
        assert!(answers[0].contains("message_too_large"), "{answers:?}");
    }
}

#[tokio::test]
async fn a_damaged_body_is_refused() {
    let server = Server::start().await;
    let json = br#"{"to":"everyone","data":"never"}"#;
    for (coding, whole) in [("gzip", gzip(json)), ("zstd", zstd(json))] {
        let mut flipped = whole.clone();
        flipped[0] ^= 0xff;
        for body in [json.to_vec(), flipped, whole[..whole.len() - 6].to_vec()] {
            for path in ["/push", "/push/batch"] {
                let answer = send(&server, path, coding, body.clone()).await;
                if path == "/push/batch" && answer.status() == 200 {
                    // The damage is after the beginning: the last answer reports it.
                    let text = within(answer.text()).await.expect("answers");
                    let last = text.lines().last().expect("an answer");
                    let Ok(BatchAnswer::Refused(problem)) = serde_json::from_str(last) else {
                        panic!("{last}");
                    };
                    assert_eq!(problem.code, "invalid_content_coding");
                    continue;
                }
                let problem = refused(answer, 400).await;
                assert_eq!(problem.code, "invalid_content_coding", "{path}");
                assert_eq!(problem.field.as_deref(), Some("content-encoding"));
            }
        }
    }
}
