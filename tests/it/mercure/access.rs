//! Who may publish and subscribe to what, and private updates.

use app::wire::{KeyRequest, Problem};
use serde_json::{Value, json};

use super::{
    HUB, KEYS, PUBLISHER_KEY, SUBSCRIBER_KEY, form, hub, later, listen, open, post, publish,
    publisher, signed, stream_of, subscriber,
};
use crate::harness::{Listener, Server, topic, within};

const ADMIN: &str = "an-admin-token-for-tests";

async fn status(server: &Server, token: &str, fields: &[(&str, &str)]) -> u16 {
    post(server, token, fields).await.status().as_u16()
}

async fn texts(stream: &mut Listener, end: &str) -> Vec<String> {
    let events = stream.up_to(end).await.into_iter();
    events.map(|event| event.data).collect()
}

#[tokio::test]
async fn a_publisher_needs_a_selector_for_every_topic() {
    let server = hub(&[]).await;
    let token = publisher(&["https://example.com/books/{id}", "news"]);
    let (book, news) = (("topic", "https://example.com/books/1"), ("topic", "news"));
    assert_eq!(status(&server, &token, &[book, news]).await, 200);
    let refused = post(&server, &token, &[book, ("topic", "other")]).await;
    assert_eq!(refused.status(), 403);
    let problem: Problem = refused.json().await.expect("a problem");
    assert_eq!(
        (problem.code.as_str(), problem.field.as_deref()),
        ("forbidden", Some("topic"))
    );
    for rights in [
        json!({}),
        json!({ "mercure": {} }),
        json!({ "mercure": { "publish": [] } }),
    ] {
        let token = signed(PUBLISHER_KEY, &rights);
        assert_eq!(status(&server, &token, &[news]).await, 403, "{rights}");
    }
    // The other name of the claim.
    let token = signed(
        PUBLISHER_KEY,
        &json!({ "https://mercure.rocks/": { "publish": ["*"] } }),
    );
    assert_eq!(status(&server, &token, &[news]).await, 200);
}

#[tokio::test]
async fn tokens_that_are_not_right_are_refused() {
    let server = hub(&[]).await;
    let all = |extra: Value| {
        let mut claims = json!({ "mercure": { "publish": ["*"], "subscribe": ["*"] } });
        claims
            .as_object_mut()
            .expect("claims")
            .extend(extra.as_object().expect("an object").clone());
        claims
    };
    let unsigned = {
        let token = publisher(&["*"]);
        let payload = token.split('.').nth(1).expect("a payload");
        // {"alg":"none"}
        format!("eyJhbGciOiJub25lIn0.{payload}.")
    };
    let wrong = [
        signed("a-key-that-nobody-has-configured-here", &all(json!({}))),
        signed(SUBSCRIBER_KEY, &all(json!({}))),
        signed(PUBLISHER_KEY, &all(json!({ "exp": later(-60) }))),
        signed(PUBLISHER_KEY, &all(json!({ "nbf": later(600) }))),
        signed(PUBLISHER_KEY, &json!({ "mercure": { "publish": "*" } })),
        unsigned,
        "x".to_owned(),
        String::new(),
    ];
    for token in &wrong {
        assert_eq!(
            status(&server, token, &[("topic", "a")]).await,
            401,
            "{token}"
        );
    }
    assert_eq!(
        status(
            &server,
            &signed(PUBLISHER_KEY, &all(json!({ "exp": later(60) }))),
            &[("topic", "a")]
        )
        .await,
        200
    );
    let nothing = server
        .http
        .post(server.url(HUB))
        .header("content-type", "application/x-www-form-urlencoded");
    let nothing = within(nothing.body("topic=a").send())
        .await
        .expect("an answer");
    assert_eq!(nothing.status(), 401);
    assert!(nothing.headers().contains_key("www-authenticate"));
    // A wrong token is not as good as none.
    for token in [publisher(&["*"]), "x".to_owned()] {
        assert_eq!(
            open(&server, &["a"], Some(&token), &[]).await.status(),
            401,
            "{token}"
        );
    }
}

#[tokio::test]
async fn private_updates_reach_those_who_may_read_one_of_their_topics() {
    let server = hub(&[]).await;
    let topics = ["https://example.com/books/{id}"];
    let (book, user) = (
        ("topic", "https://example.com/books/1"),
        ("topic", "https://example.com/users/7/books/1"),
    );
    let by_canonical = subscriber(&["https://example.com/books/1"]);
    let by_alternate = subscriber(&["https://example.com/users/7{/rest*}"]);
    let of_other = subscriber(&[
        "https://example.com/users/8{/rest*}",
        "https://example.com/books/2",
    ]);
    let all = subscriber(&["*"]);
    let readers = [Some(&by_canonical), Some(&by_alternate), Some(&all)];
    let others = [Some(&of_other), None];
    let mut live = Vec::new();
    for token in readers.iter().chain(&others) {
        live.push(listen(&server, &topics, token.map(|token| token.as_str())).await);
    }
    publish(
        &server,
        &[
            book,
            user,
            ("data", "secret"),
            ("private", "on"),
            ("id", "urn:secret"),
        ],
    )
    .await;
    publish(&server, &[book, ("data", "also secret"), ("private", "")]).await;
    publish(&server, &[book, ("data", "end")]).await;
    let expected = [
        &["secret", "also secret", "end"][..],
        &["secret", "end"],
        &["secret", "also secret", "end"],
        &["end"],
        &["end"],
    ];
    for (stream, expected) in live.iter_mut().zip(expected) {
        assert_eq!(texts(stream, "end").await, expected);
    }
    for (token, expected) in readers.iter().chain(&others).zip(expected) {
        let token = token.map(|token| token.as_str());
        let response = open(&server, &topics, token, &[("last-event-id", "earliest")]).await;
        assert_eq!(texts(&mut Listener::of(response), "end").await, expected);
    }
    // Whoever subscribes to the alternate topic hears it as little.
    let response = open(
        &server,
        &[user.1, book.1],
        None,
        &[("last-event-id", "earliest")],
    )
    .await;
    assert_eq!(texts(&mut Listener::of(response), "end").await, ["end"]);
}

#[tokio::test]
async fn private_updates_reach_streams_of_sse_with_a_token_only() {
    let secret = "a stream secret of 32 bytes or more";
    let flags = ["--stream-secret", secret, "--anonymous-topic", "books/**"];
    let server = hub(&flags).await;
    let client_id = tidings::message::ClientId::parse("ada").expect("an id");
    let filter = tidings::message::TopicFilter::parse("books/*").expect("a filter");
    let key = tidings::config::Secret::from(secret.to_owned());
    let token = tidings::auth::sign(&key, &client_id, &[filter], later(60) as u64);
    let mut ada = server
        .stream(&format!("/sse?topic=books/*&token={token}"))
        .await;
    let uuid = "0d5a4b1e-2f4c-4c0c-9d3e-5a1f6f0b7c11";
    let mut anybody = server
        .stream(&format!("/sse?topic=books/*&client_id={uuid}"))
        .await;
    publish(
        &server,
        &[("topic", "books/1"), ("data", "secret"), ("private", "on")],
    )
    .await;
    publish(&server, &[("topic", "books/1"), ("data", "end")]).await;
    assert_eq!(texts(&mut ada, "end").await, ["secret", "end"]);
    assert_eq!(texts(&mut anybody, "end").await, ["end"]);
    let replayed = format!("/sse?topic=books/*&client_id={uuid}&since=earliest");
    assert_eq!(
        texts(&mut server.stream(&replayed).await, "end").await,
        ["end"]
    );
}

#[tokio::test]
async fn pushed_messages_are_private_where_streams_need_a_token() {
    let flags = [
        "--stream-secret",
        "a stream secret of 32 bytes or more",
        "--anonymous-topic",
        "news/**",
    ];
    let server = hub(&flags).await;
    let mut anybody = listen(&server, &["orders/7", "news/1"], None).await;
    let mut reader = listen(
        &server,
        &["orders/7", "news/1"],
        Some(&subscriber(&["orders/{id}"])),
    )
    .await;
    server.push(topic("orders/7"), "an order").await;
    server.push(topic("news/1"), "end").await;
    assert_eq!(texts(&mut anybody, "end").await, ["end"]);
    assert_eq!(texts(&mut reader, "end").await, ["an order", "end"]);
}

#[tokio::test]
async fn subscribers_without_a_token_need_a_setting() {
    let server = Server::with(&KEYS).await;
    assert_eq!(open(&server, &["a"], None, &[]).await.status(), 401);
    listen(&server, &["a"], Some(&subscriber(&[]))).await;
    let publisher_only = Server::with(&KEYS[..2]).await;
    listen(&publisher_only, &["a"], None).await;
    let native = [
        "--stream-secret",
        "a stream secret of 32 bytes or more",
        "--mercure=true",
    ];
    let native = Server::with(&native).await;
    assert_eq!(open(&native, &["a"], None, &[]).await.status(), 401);
}

#[tokio::test]
async fn a_token_may_stand_in_the_query_or_in_a_cookie() {
    let server = hub(&[]).await;
    let token = subscriber(&["*"]);
    let private = [("topic", "a"), ("data", "secret"), ("private", "on")];
    let path = format!("{}&authorization={token}", stream_of(&["a"]));
    let mut by_query = server.open(&path).await;
    let cookie = format!("other=1; mercureAuthorization={token}");
    let by_cookie = open(&server, &["a"], None, &[("cookie", &cookie)]).await;
    let mut by_cookie = Listener::of(by_cookie);
    publish(&server, &private).await;
    assert_eq!(by_query.text().await, "secret");
    assert_eq!(by_cookie.text().await, "secret");
    // What stands in the header counts.
    let wrong = open(&server, &["a"], Some("x.y.z"), &[("cookie", &cookie)]).await;
    assert_eq!(wrong.status(), 401);
}

#[tokio::test]
async fn publishing_with_a_cookie_needs_an_origin() {
    let server = hub(&["--allow-origin", "https://shop.example"]).await;
    let cookie = format!("mercureAuthorization={}", publisher(&["*"]));
    let from = async |headers: &[(&str, &str)]| {
        let mut request = server
            .http
            .post(server.url(HUB))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", &cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(form(&[("topic", "a")]));
        within(request.send())
            .await
            .expect("an answer")
            .status()
            .as_u16()
    };
    assert_eq!(from(&[("origin", "https://shop.example")]).await, 200);
    assert_eq!(from(&[("referer", "https://shop.example/cart")]).await, 200);
    assert_eq!(from(&[]).await, 403);
    assert_eq!(from(&[("origin", "https://evil.example")]).await, 403);
    assert_eq!(from(&[("origin", "null")]).await, 403);
    // Pages of this origin may read streams with the cookie.
    let origin = ("origin", "https://shop.example");
    let response = open(&server, &["a"], None, &[origin]).await;
    assert_eq!(
        response.headers()["access-control-allow-origin"],
        "https://shop.example"
    );
    assert_eq!(
        response.headers()["access-control-allow-credentials"],
        "true"
    );
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let server = hub(&[]).await;
    let claims = json!({ "exp": later(2), "sub": "ada", "mercure": { "subscribe": ["*"] } });
    let stream = listen(&server, &["a"], Some(&signed(SUBSCRIBER_KEY, &claims))).await;
    let rest = stream.rest().await;
    assert!(rest.iter().all(|event| event.data.is_empty()), "{rest:?}");
}

#[tokio::test]
async fn revoked_tokens_are_refused() {
    let server = hub(&["--admin-token", ADMIN]).await;
    let rights = json!({ "publish": ["*"], "subscribe": ["*"] });
    let token = |key| signed(key, &json!({ "jti": "one", "mercure": rights }));
    let mut stream = listen(&server, &["a"], Some(&token(SUBSCRIBER_KEY))).await;
    let revoke = server
        .http
        .delete(server.url("/api/tokens/one"))
        .bearer_auth(ADMIN);
    assert_eq!(
        within(revoke.send()).await.expect("an answer").status(),
        204
    );
    assert!(
        stream
            .try_next()
            .await
            .is_none_or(|event| event.data.is_empty())
    );
    assert_eq!(
        open(&server, &["a"], Some(&token(SUBSCRIBER_KEY)), &[])
            .await
            .status(),
        401
    );
    assert_eq!(
        status(&server, &token(PUBLISHER_KEY), &[("topic", "a")]).await,
        401
    );
}

#[tokio::test]
async fn an_api_key_publishes_and_subscribes_by_its_permissions() {
    let server = hub(&["--admin-token", ADMIN]).await;
    let made = |role: &str| {
        let api = server.api.clone().with_token(ADMIN);
        let request = KeyRequest {
            name: role.to_owned(),
            role: Some(role.to_owned()),
            topics: vec!["books/**".to_owned()],
            ..KeyRequest::default()
        };
        async move { within(api.create_key(&request)).await.expect("a key").key }
    };
    let (publisher, listener) = (made("publisher").await, made("listener").await);
    assert_eq!(
        status(&server, &publisher, &[("topic", "books/1")]).await,
        200
    );
    assert_eq!(
        status(
            &server,
            &publisher,
            &[("topic", "books/1"), ("topic", "other")]
        )
        .await,
        403
    );
    assert_eq!(
        status(&server, &listener, &[("topic", "books/1")]).await,
        403
    );
    assert_eq!(status(&server, ADMIN, &[("topic", "anything")]).await, 200);
    assert_eq!(
        status(&server, "a-wrong-admin-token", &[("topic", "a")]).await,
        401
    );
    let mut stream = listen(&server, &["books/1", "other"], Some(&listener)).await;
    for name in ["other", "books/1"] {
        publish(
            &server,
            &[("topic", name), ("data", name), ("private", "on")],
        )
        .await;
    }
    assert_eq!(stream.text().await, "books/1");
}
