//! No spelling of a topic or a client id leaves what a key may have.

use app::{
    api::MessagesQuery,
    wire::{KeyRequest, NewKey, To},
};
use serde_json::json;

use crate::harness::{Listener, Server, push_of, within};

const TOKEN: &str = "an-admin-token-for-tests";

/// Topics that the key may not have, and that look like those that it may have.
const OUTSIDE: [&str; 10] = [
    "orders2/1",
    "order",
    "Orders/1",
    "ORDERS/1",
    // Cyrillic and full-width letters.
    "\u{43e}rders/1",
    "\u{ff4f}rders/1",
    "orders\u{200b}/1",
    "orders%2F1",
    "%6frders/1",
    "prices/orders/1",
];

/// Queries of a stream, as they are sent.
const QUERIES: [&str; 22] = [
    "topic=%2A",
    "topic=%2A%2A",
    "topic=*/1",
    "topic=*/**",
    "topic=%2a%2f1",
    "topic=orders//1",
    "topic=/orders/1",
    "topic=orders/../prices/orders/1",
    "topic=orders%2f..%2f**",
    "topic=orders%252F1",
    "topic=orders%00/1",
    "topic=Orders/**",
    "topic=%D0%BErders/**",
    "topic=%EF%BD%8Frders/**",
    "topic=orders%E2%80%8B/**",
    "topic=%24sys/**",
    "topic=%2524sys/clients",
    "topic=$sys%2Fclients",
    "topic=%EF%BC%84sys/clients",
    "topic=*sys/clients",
    "topic=orders/1&topic=**",
    "topic=orders/1,**",
];

async fn key(server: &Server, role: &str) -> NewKey {
    let request = KeyRequest {
        name: role.to_owned(),
        role: Some(role.to_owned()),
        clients: vec!["shop:*".to_owned()],
        topics: vec!["orders/**".to_owned()],
        ..KeyRequest::default()
    };
    let admin = server.api.clone().with_token(TOKEN);
    within(admin.create_key(&request)).await.expect("made")
}

#[tokio::test]
async fn a_stream_hears_nothing_outside_its_patterns_however_they_are_spelled() {
    let server = Server::with(&["--admin-token", TOKEN]).await;
    let admin = server.api.clone().with_token(TOKEN);
    let key = key(&server, "listener").await;
    let mut opened = Vec::new();
    for (n, query) in QUERIES.into_iter().enumerate() {
        let client = format!("shop:{n}");
        let url = server.url(&format!("/sse?client_id={client}&{query}"));
        let answer = within(server.http.get(url).bearer_auth(&key.key).send()).await;
        let answer = answer.expect("an answer");
        // Either it is refused as a whole, or topic by topic.
        if answer.status() == 200 {
            opened.push((query, client, Listener::of(answer)));
        } else {
            assert!(
                [400, 403, 422].contains(&answer.status().as_u16()),
                "{query}"
            );
        }
    }
    assert!(opened.len() >= 5);
    for topic in OUTSIDE {
        let push = push_of(To::Topic(topic.to_owned()), "secret");
        within(admin.push(&push)).await.expect("pushed");
    }
    for (query, client, mut stream) in opened {
        let push = push_of(To::Client(client), "the first message");
        within(admin.push(&push)).await.expect("pushed");
        let first = loop {
            let event = stream.message().await;
            if !["welcome", "refused"].contains(&event.event.as_str()) {
                break event.data;
            }
        };
        assert_eq!(first, "the first message", "{query}");
    }
}

#[tokio::test]
async fn a_publisher_reaches_nothing_outside_its_patterns_however_they_are_spelled() {
    let server = Server::with(&["--admin-token", TOKEN]).await;
    let key = key(&server, "publisher").await;
    let topics = ["%24sys/x", "$sys/x", "orders", "", "*", "**", "orders/*"];
    let topics = topics
        .iter()
        .chain(&OUTSIDE)
        .filter(|topic| **topic != "orders");
    let clients = [
        "Shop:1",
        "shop",
        "bank:1",
        "shop%3A1",
        "shop\u{ff1a}1",
        "",
        "*",
    ];
    let to_topics = topics.map(|topic| json!({ "topic": topic }));
    let to_clients = clients.iter().map(|client| json!({ "client": client }));
    let to_many = [
        json!({ "clients": ["shop:1", "bank:1"] }),
        json!("everyone"),
        json!({ "topic": "orders/1", "client": "bank:1" }),
    ];
    for to in to_topics.chain(to_clients).chain(to_many) {
        let body = json!({ "to": to, "data": "forged" });
        let request = server.http.post(server.url("/push")).bearer_auth(&key.key);
        let answer = within(request.json(&body).send()).await.expect("an answer");
        let status = answer.status().as_u16();
        assert!([400, 403, 422].contains(&status), "{body}: {status}");
    }
    // Two clients, and one that is encoded twice.
    for query in ["client_id=shop:1&client_id=bank:1", "client_id=shop%253A1"] {
        let url = server.url(&format!("/push?{query}&message=forged"));
        let answer = within(server.http.get(url).bearer_auth(&key.key).send()).await;
        let status = answer.expect("an answer").status().as_u16();
        assert!([400, 403, 422].contains(&status), "{query}: {status}");
    }
    let admin = server.api.clone().with_token(TOKEN);
    let all = MessagesQuery::default();
    let messages = within(admin.messages(&all)).await.expect("a page");
    assert!(messages.messages.is_empty());
}
