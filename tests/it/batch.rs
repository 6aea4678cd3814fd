//! Batches: one push per line, one answer per line.

use app::wire::{BatchAnswer, Problem, PushAnswer};
use axum::body::Bytes;
use futures_util::{Stream, StreamExt, stream};
use serde_json::json;
use tokio::sync::mpsc;

use crate::harness::{Server, seq, within};

/// Sends a body to the batch endpoint.
async fn send(server: &Server, body: impl Into<reqwest::Body>) -> reqwest::Response {
    let request = server.http.post(server.url("/push/batch"));
    let request = request.header("content-type", "application/x-ndjson");
    within(request.body(body).send()).await.expect("an answer")
}

async fn answers(response: reqwest::Response) -> Vec<BatchAnswer> {
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let text = within(response.text()).await.expect("all answers");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("an answer"))
        .collect()
}

fn accepted(answer: &BatchAnswer) -> &PushAnswer {
    match answer {
        BatchAnswer::Accepted(answer) => answer,
        BatchAnswer::Refused(problem) => panic!("refused: {problem:?}"),
    }
}

fn refused(answer: &BatchAnswer) -> &Problem {
    match answer {
        BatchAnswer::Refused(problem) => problem,
        BatchAnswer::Accepted(answer) => panic!("accepted: {answer:?}"),
    }
}

#[tokio::test]
async fn answers_follow_the_order_of_lines_and_a_refused_line_does_not_stop_the_others() {
    let server = Server::start().await;
    let mut ada = server.listen("ada", &[]).await;
    let lines = [
        r#"{"to":{"client":"ada"},"data":"one"}"#,
        "",
        r#"{"to":{"client":"a b"},"data":"bad"}"#,
        "  \r",
        r#"{"to":"everyone","data":{"two":2}}"#,
        "not JSON",
        r#"{"to":"everyone","data":"fleeting","ttl":0}"#,
        r#"{"to":{"client":"nobody"},"data":"x","require_online":true}"#,
        r#"{"to":{"client":"ada"},"data":"last","idempotency_key":"k"}"#,
        r#"{"to":{"client":"ada"},"data":"last","idempotency_key":"k"}"#,
    ];
    // The last line has no line end.
    let answers = answers(send(&server, lines.join("\n")).await).await;
    assert_eq!(answers.len(), 8);
    let id = |i: usize| accepted(&answers[i]).id.as_deref().expect("a cursor");
    assert_eq!(
        (
            accepted(&answers[0]).connections,
            accepted(&answers[0]).queued
        ),
        (1, true)
    );
    assert_eq!(refused(&answers[1]).field.as_deref(), Some("to.client"));
    assert_eq!(refused(&answers[1]).status, 422);
    assert_eq!(refused(&answers[3]).code, "invalid_json");
    let fleeting = accepted(&answers[4]);
    assert_eq!(
        (&fleeting.id, fleeting.connections, fleeting.queued),
        (&None, 1, false)
    );
    assert_eq!(refused(&answers[5]).code, "nobody_online");
    assert!(seq(id(0)) < seq(id(2)) && seq(id(2)) < seq(id(6)));
    assert_eq!(id(6), id(7), "the same key is the same message");

    let mut heard = ada.texts(4).await;
    heard.retain(|text| text != "fleeting");
    assert_eq!(heard, ["one", r#"{"two":2}"#, "last"]);
}

#[tokio::test]
async fn an_empty_batch_has_an_empty_answer() {
    let server = Server::start().await;
    for body in ["", "\n", "\r\n\n  \n"] {
        assert_eq!(answers(send(&server, body).await).await, []);
    }
}

/// A body that is sent in parts.
fn pieces() -> (mpsc::UnboundedSender<String>, reqwest::Body) {
    let (sender, receiver) = mpsc::unbounded_channel::<String>();
    let pieces = stream::unfold(receiver, async |mut receiver| {
        let piece = receiver.recv().await?;
        Some((
            Ok::<_, std::convert::Infallible>(Bytes::from(piece)),
            receiver,
        ))
    });
    (sender, reqwest::Body::wrap_stream(pieces))
}

/// The lines of an answer, as they arrive.
fn lines(response: reqwest::Response) -> impl Stream<Item = BatchAnswer> + Unpin {
    let state = (Box::pin(response.bytes_stream()), Vec::<u8>::new());
    Box::pin(stream::unfold(state, async |(mut bytes, mut rest)| {
        loop {
            if let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = rest.drain(..=end).collect();
                let answer = serde_json::from_slice(&line).expect("an answer");
                return Some((answer, (bytes, rest)));
            }
            rest.extend_from_slice(&bytes.next().await?.expect("more"));
        }
    }))
}

#[tokio::test]
async fn lines_are_answered_while_others_are_still_being_sent() {
    let server = Server::start().await;
    let (sender, body) = pieces();
    let push = |text: &str| json!({"to": {"client": "ada"}, "data": text}).to_string();
    sender.send(format!("{}\n", push("first"))).expect("sent");
    let mut answers = lines(send(&server, body).await);
    for _ in 0..5 {
        let answer = within(answers.next()).await.expect("an answer");
        let id = accepted(&answer).id.clone().expect("a cursor");
        // It is stored before the next line arrives.
        server.message(&id).await;
        let next = push("next");
        let (head, tail) = next.split_at(9);
        sender.send(head.to_owned()).expect("sent");
        sender.send(format!("{tail}\n")).expect("sent");
    }
    sender.send(push("last")).expect("sent");
    drop(sender);
    let rest: Vec<BatchAnswer> = within(answers.collect()).await;
    assert_eq!(rest.len(), 2);
    accepted(&rest[1]);
}

#[tokio::test]
async fn a_too_long_line_is_refused_and_the_next_line_is_read() {
    let server = Server::with(&["--max-message-bytes", "1000"]).await;
    let long = json!({"to": "everyone", "data": "x".repeat(1_000)}).to_string();
    let short = json!({"to": "everyone", "data": "y"}).to_string();
    let whole = format!("{short}\n{long}\n{short}\n{long}");
    for size in [whole.len(), 700, 100, 7] {
        let (sender, body) = pieces();
        for piece in whole.as_bytes().chunks(size) {
            let piece = String::from_utf8(piece.to_vec()).expect("ASCII");
            sender.send(piece).expect("sent");
        }
        drop(sender);
        let answers = answers(send(&server, body).await).await;
        assert_eq!(answers.len(), 4, "in pieces of {size}: {answers:?}");
        accepted(&answers[0]);
        accepted(&answers[2]);
        for i in [1, 3] {
            let problem = refused(&answers[i]);
            assert_eq!(
                (problem.status, problem.code.as_str()),
                (413, "message_too_large")
            );
        }
    }
}

#[tokio::test]
async fn a_body_that_is_not_ndjson_is_refused() {
    let server = Server::start().await;
    let body = r#"{"to":"everyone","data":1}"#;
    let answer = server.post("/push/batch", body).await;
    assert_eq!(answer.status(), 415);
    let problem: Problem = answer.json().await.expect("a problem document");
    assert_eq!(problem.field.as_deref(), Some("content-type"));
    assert_eq!(problem.code, "unsupported_media_type");
    assert_eq!(server.api.stats().await.expect("stats").messages, 0);
}

#[tokio::test]
async fn many_lines_become_messages_in_order() {
    let server = Server::with(&["--durability", "os"]).await;
    let mut ada = server.listen("ada", &["t"]).await;
    let pushes: Vec<_> = (0..3_000)
        .map(|number| json!({"to": {"topic": "t"}, "data": number}))
        .collect();
    let ids = server.accepted(&pushes).await;
    assert!(ids.is_sorted_by_key(|id| seq(id)));
    for (number, id) in ids.iter().enumerate() {
        let event = ada.message().await;
        assert_eq!((&event.id, event.data), (id, number.to_string()));
    }
}
