//! The Mercure protocol, as its publishers and subscribers speak it.

mod access;
mod access_tokens;
mod import;
mod matchers;
mod php;
mod publish;
mod resume;
mod subscribe;
mod subscriptions;

use std::time::SystemTime;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::StreamExt;
use ring::hmac;
use serde_json::{Value, json};

use crate::harness::{Listener, Server, encoded, within};

const HUB: &str = "/.well-known/mercure";
const PUBLISHER_KEY: &str = "!ChangeThisMercureHubJWTSecretKey!";
const SUBSCRIBER_KEY: &str = "another-secret-for-the-subscribers";

const KEYS: [&str; 4] = [
    "--mercure-publisher-key",
    PUBLISHER_KEY,
    "--mercure-subscriber-key",
    SUBSCRIBER_KEY,
];

fn later(seconds: i64) -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.expect("a time after 1970").as_secs() as i64 + seconds
}

/// A token with these claims, signed with HS256.
fn signed(key: &str, claims: &Value) -> String {
    signed_as("JWT", key, claims)
}

/// The same, of this type.
fn signed_as(kind: &str, key: &str, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({ "typ": kind, "alg": "HS256" });
    let text = format!("{}.{}", part(&header), part(claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let signature = hmac::sign(&key, text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

/// A publisher's token, as a configuration of Symfony has it: without an end.
fn publisher(selectors: &[&str]) -> String {
    signed(
        PUBLISHER_KEY,
        &json!({ "mercure": { "publish": selectors } }),
    )
}

fn subscriber(selectors: &[&str]) -> String {
    signed(
        SUBSCRIBER_KEY,
        &json!({ "mercure": { "subscribe": selectors } }),
    )
}

/// A server that speaks the protocol, with keys, and whose public updates everybody may have.
async fn hub(flags: &[&str]) -> Server {
    Server::with(&[&KEYS[..], flags, &["--mercure-anonymous=true"]].concat()).await
}

/// A form of these fields.
fn form(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    pairs.join("&")
}

/// Posts a form with a token.
async fn post(server: &Server, token: &str, fields: &[(&str, &str)]) -> reqwest::Response {
    let request = server
        .http
        .post(server.url(HUB))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form(fields));
    within(request.send()).await.expect("an answer")
}

/// Publishes an update, which is accepted. Returns its id.
async fn publish(server: &Server, fields: &[(&str, &str)]) -> String {
    let answer = post(server, &publisher(&["*"]), fields).await;
    assert_eq!(answer.status(), 200, "{fields:?}");
    answer.text().await.expect("an id")
}

/// The path of a stream of these topics.
fn stream_of(topics: &[&str]) -> String {
    let topics: Vec<String> = topics
        .iter()
        .map(|topic| format!("topic={}", encoded(topic)))
        .collect();
    format!("{HUB}?{}", topics.join("&"))
}

/// Opens a stream of these topics with a token, and other headers.
async fn open(
    server: &Server,
    topics: &[&str],
    token: Option<&str>,
    headers: &[(&str, &str)],
) -> reqwest::Response {
    let mut request = server.http.get(server.url(&stream_of(topics)));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    within(request.send()).await.expect("an answer")
}

/// An open stream of these topics.
async fn listen(server: &Server, topics: &[&str], token: Option<&str>) -> Listener {
    let response = open(server, topics, token, &[]).await;
    assert_eq!(response.status(), 200);
    Listener::of(response)
}

/// The bytes of a stream from its beginning, as soon as they contain `end`.
async fn bytes_until(response: reqwest::Response, end: &str) -> String {
    let mut chunks = response.bytes_stream();
    let mut text = String::new();
    while !text.contains(end) {
        let chunk = within(chunks.next()).await.expect("the stream goes on");
        text.push_str(std::str::from_utf8(&chunk.expect("bytes")).expect("UTF-8"));
    }
    text
}
