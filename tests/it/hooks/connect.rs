//! The connect hook: a back end decides who gets a stream.

use app::wire::{Problem, Refused};
use serde_json::json;
use tokio::net::TcpListener;

use super::receiver::{Answer, Receiver};
use crate::harness::{Listener, Server, within};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A server that asks this URL and does not keep answers.
async fn asking(url: &str, flags: &[&str]) -> Server {
    let own = [
        "--connect-hook",
        url,
        "--connect-hook-cache",
        "0",
        "--connect-hook-secret",
        SECRET,
    ];
    // A token makes those who show none to be no admins.
    let token = ["--admin-token", "an-admin-token-for-tests"];
    Server::with(&[&own, flags, &token[..]].concat()).await
}

fn json(body: &serde_json::Value) -> Answer {
    Answer {
        body: body.to_string(),
        ..Answer::status(200)
    }
}

async fn problem(server: &Server, path: &str) -> (u16, Problem) {
    let refused = server.get(path).await;
    let status = refused.status().as_u16();
    (status, within(refused.json()).await.expect("a problem"))
}

#[tokio::test]
async fn a_back_end_is_asked_who_may_open_a_stream_and_to_what() {
    let receiver = Receiver::start().await;
    let server = asking(&receiver.url(), &[]).await;
    receiver.answer("ada", json(&json!({"allow": true, "topics": ["orders/*"]})));
    receiver.answer(
        "eve",
        json(&json!({"allow": false, "reason": "the account is closed"})),
    );
    receiver.answer("mal", Answer::status(403));
    let url = server.url("/sse?client_id=ada&topic=orders/1&topic=news");
    let mut ada = Listener::of(
        within(server.http.get(url).send())
            .await
            .expect("an answer"),
    );
    assert_eq!(ada.next().await.event, "welcome");
    let refused: Refused = serde_json::from_str(&ada.next().await.data).expect("refused");
    assert_eq!(
        (refused.topic.as_str(), refused.code.as_str()),
        ("news", "forbidden_topic")
    );
    let asked = receiver.next().await;
    assert_eq!((asked.kind(), asked.client()), ("client.connect", "ada"));
    assert_eq!(asked.json["data"]["topics"], json!(["orders/1", "news"]));
    assert!(asked.signed_by(SECRET));
    let (status, problem_of_eve) = problem(&server, "/sse?client_id=eve").await;
    assert_eq!(
        (status, problem_of_eve.code.as_str()),
        (403, "connect_denied")
    );
    assert_eq!(problem_of_eve.detail, "the account is closed");
    assert_eq!(problem(&server, "/sse?client_id=mal").await.0, 403);
    let _bob = server.listen("bob", &["news"]).await;
}

#[tokio::test]
async fn without_an_answer_a_stream_is_refused_or_opened_as_the_settings_say() {
    // It accepts connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", silent.local_addr().expect("an address"));
    let quick = ["--connect-hook-timeout", "50"];
    let server = asking(&url, &quick).await;
    let (status, refused) = problem(&server, "/sse?client_id=ada").await;
    assert_eq!(
        (status, refused.code.as_str()),
        (503, "connect_hook_unavailable")
    );
    let server = asking(
        &url,
        &[&quick[..], &["--connect-hook-on-failure", "allow"]].concat(),
    )
    .await;
    let _ada = server.listen("ada", &["t"]).await;
}

#[tokio::test]
async fn an_answer_holds_for_some_time() {
    let receiver = Receiver::start().await;
    let server = asking(&receiver.url(), &["--connect-hook-cache", "3600"]).await;
    let first = server.listen("ada", &["t"]).await;
    drop(first);
    receiver.next().await;
    let _second = server.listen("ada", &["t"]).await;
    assert_eq!(
        receiver.waiting(),
        0,
        "the same question is not asked again"
    );
    let _third = server.listen("ada", &["t", "u"]).await;
    assert_eq!(
        receiver.next().await.json["data"]["topics"],
        json!(["t", "u"])
    );
}
