//! Streams without a token: which topics they may have, and which client ids they may not.

use app::wire::{KeyRequest, Problem, Refused, To};
use serde_json::json;
use tidings::{auth::sign, config::Secret, message::ClientId};

use crate::harness::{Listener, Server, client, encoded, topic, within};

const ADMIN: &str = "an-admin-token-for-tests";
const SECRET: &str = "a stream secret of 32 bytes or more";
const UUID: &str = "0d5a4b1e-2f4c-4c0c-9d3e-5a1f6f0b7c11";

fn token(client_id: &str) -> String {
    let client_id = ClientId::parse(client_id).expect("an id");
    sign(
        &Secret::from(SECRET.to_owned()),
        &client_id,
        &[],
        4_102_444_800,
    )
}

async fn open(server: &Server, query: &str) -> reqwest::Response {
    server.get(&format!("/sse?{query}")).await
}

/// What is told about a client id that needs a token.
async fn refused(server: &Server, client_id: &str) -> String {
    let response = open(server, &format!("client_id={client_id}")).await;
    assert_eq!(response.status(), 401);
    let problem: Problem = response.json().await.expect("a problem");
    let told = (problem.code.as_str(), problem.field.as_deref());
    assert_eq!(told, ("unauthorized", Some("client_id")));
    problem.detail
}

#[tokio::test]
async fn beside_tokens_a_stream_without_one_gets_the_named_topics_only() {
    let flags = ["--stream-secret", SECRET, "--anonymous-topic", "news/**"];
    let server = Server::with(&flags).await;
    let topics = [encoded("news/*"), encoded("orders/7")];
    let query = format!("client_id={UUID}&topic={}&topic={}", topics[0], topics[1]);
    let mut stream = Listener::of(open(&server, &query).await);
    stream.event("welcome").await;
    let told = stream.event("refused").await;
    let told: Refused = serde_json::from_str(&told.data).expect("JSON");
    assert_eq!(told.topic, "orders/7");
    server.push(topic("orders/7"), "an order").await;
    server.push(topic("news/today"), "some news").await;
    server.push(client(UUID), "for this page").await;
    assert_eq!(stream.texts(2).await, ["some news", "for this page"]);
}

#[tokio::test]
async fn beside_tokens_nobody_gets_the_messages_of_a_client_by_its_name() {
    let flags = ["--stream-secret", SECRET, "--anonymous-topic", "news/**"];
    let server = Server::with(&flags).await;
    server.push(client("user-7"), "a secret").await;
    let detail = refused(&server, "user-7").await;
    assert!(detail.contains("UUID"), "{detail}");
    // A wrong token does not make a stream anonymous.
    let query = format!("client_id={UUID}&token=a.b.c");
    assert_eq!(open(&server, &query).await.status(), 401);
    let query = format!("since=earliest&token={}", token("user-7"));
    let mut own = Listener::of(open(&server, &query).await).welcomed().await;
    assert_eq!(own.text().await, "a secret");
}

#[tokio::test]
async fn without_tokens_the_named_topics_are_the_only_ones() {
    let server = Server::with(&["--anonymous-topic", "news/**,chat"]).await;
    let query = "client_id=anna&topic=chat&topic=orders";
    let mut stream = Listener::of(open(&server, query).await);
    stream.event("welcome").await;
    let told = stream.event("refused").await;
    let told: Refused = serde_json::from_str(&told.data).expect("JSON");
    assert_eq!(told.topic, "orders");
    server.push(topic("orders"), "an order").await;
    server.push(topic("chat"), "hello").await;
    server.push(To::Everyone, "to all").await;
    assert_eq!(stream.texts(2).await, ["hello", "to all"]);
}

#[tokio::test]
async fn a_reserved_client_id_needs_a_token_or_a_key() {
    let flags = ["--admin-token", ADMIN, "--require-token-for", "user:*"];
    let server = Server::with(&flags).await;
    let detail = refused(&server, "user:7").await;
    assert!(detail.contains("user:7"), "{detail}");
    // Nor can it be had by naming another one first.
    let response = open(&server, "client_id=anna&client_id=user:7").await;
    assert_eq!(response.status(), 401);
    let body = json!({ "client_id": "user:7", "id": "latest" }).to_string();
    assert_eq!(server.post("/ack", &body).await.status(), 401);
    server.listen("anna", &[]).await;

    let request = KeyRequest {
        name: "a device".to_owned(),
        role: Some("listener".to_owned()),
        clients: vec!["user:7".to_owned()],
        ..KeyRequest::default()
    };
    let admin = server.api.clone().with_token(ADMIN);
    let key = within(admin.create_key(&request)).await.expect("made");
    let response = open(&server, &format!("client_id=user:7&token={}", key.key)).await;
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn a_token_opens_the_stream_of_its_reserved_client() {
    let flags = ["--stream-secret", SECRET, "--require-token-for", "user:*"];
    let server = Server::with(&flags).await;
    let response = open(&server, &format!("token={}", token("user:7"))).await;
    assert_eq!(response.status(), 200);
    // Without named topics, every stream needs a token.
    let response = open(&server, &format!("client_id={UUID}")).await;
    assert_eq!(response.status(), 401);
}
