//! Mercure 1.0: access tokens (RFC 9068) with `authorization_details`, and what a refusal says.

use serde_json::{Value, json};

use super::{HUB, KEYS, PUBLISHER_KEY, SUBSCRIBER_KEY, later, open, post, signed, signed_as};
use crate::harness::{Listener, Server, within};

const ISSUER: &str = "https://app.example.com";
const URL: &str = "https://hub.example.com";
const RESOURCE: &str = "https://hub.example.com/.well-known/mercure";
const METADATA: &str =
    "https://hub.example.com/.well-known/oauth-protected-resource/.well-known/mercure";
const DETAIL: &str = "https://mercure.rocks/authorization-detail";

async fn hub(flags: &[&str]) -> Server {
    let own = ["--mercure-issuer", ISSUER, "--public-url", URL];
    Server::with(&[&KEYS[..], &own, flags].concat()).await
}

/// The claims of a token that allows these actions on these topics, with some changed.
fn claims(actions: &[&str], topics: Value, changed: Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER,
        "aud": RESOURCE,
        "sub": "ada",
        "client_id": ISSUER,
        "exp": later(60),
        "authorization_details": [
            { "type": "another", "topics": "of another form" },
            { "type": DETAIL, "actions": actions, "topics": topics },
        ],
    });
    let changed = changed.as_object().expect("an object").clone();
    claims.as_object_mut().expect("claims").extend(changed);
    claims
        .as_object_mut()
        .expect("claims")
        .retain(|_, value| !value.is_null());
    claims
}

fn publisher(topics: Value) -> String {
    signed_as(
        "at+jwt",
        PUBLISHER_KEY,
        &claims(&["publish"], topics, json!({})),
    )
}

fn subscriber(topics: Value) -> String {
    signed_as(
        "at+jwt",
        SUBSCRIBER_KEY,
        &claims(&["subscribe"], topics, json!({})),
    )
}

/// What the answer says about tokens.
fn challenge(answer: &reqwest::Response) -> &str {
    let value = answer.headers().get("www-authenticate");
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

#[tokio::test]
async fn a_publisher_needs_a_grant_for_every_topic() {
    let server = hub(&[]).await;
    let token = publisher(json!([
        { "match": "https://example.com/books/:id", "match_type": "urlpattern" },
        { "match": "news" },
    ]));
    let (book, news) = (("topic", "https://example.com/books/1"), ("topic", "news"));
    assert_eq!(post(&server, &token, &[book, news]).await.status(), 200);
    let refused = post(&server, &token, &[book, ("topic", "other")]).await;
    assert_eq!(refused.status(), 403);
    assert_eq!(
        challenge(&refused),
        format!(
            r#"Bearer realm="tidings", error="insufficient_scope", resource_metadata="{METADATA}""#
        )
    );
    let all = publisher(json!([{ "match": "*" }]));
    assert_eq!(
        post(&server, &all, &[("topic", "other")]).await.status(),
        200
    );
    let other = subscriber(json!([{ "match": "*" }]));
    assert_eq!(post(&server, &other, &[news]).await.status(), 401);
}

#[tokio::test]
async fn a_token_is_taken_only_as_its_issuer_must_make_it() {
    let server = hub(&[]).await;
    let all = json!([{ "match": "*" }]);
    let with = |changed| claims(&["publish"], all.clone(), changed);
    let good = with(json!({}));
    let accepted = [
        signed_as("at+jwt", PUBLISHER_KEY, &good),
        signed_as("application/at+JWT", PUBLISHER_KEY, &good),
        signed_as(
            "at+jwt",
            PUBLISHER_KEY,
            &with(json!({ "aud": ["x", RESOURCE] })),
        ),
        signed_as(
            "at+jwt",
            PUBLISHER_KEY,
            &with(json!({ "sub": null, "client_id": null })),
        ),
    ];
    for token in &accepted {
        assert_eq!(
            post(&server, token, &[("topic", "a")]).await.status(),
            200,
            "{token}"
        );
    }
    let detail = |detail: Value| {
        with(json!({ "authorization_details": [
        { "type": DETAIL, "actions": ["publish"], "topics": all },
        detail,
    ] }))
    };
    let refused = [
        signed("x", &good),
        signed(PUBLISHER_KEY, &good),
        signed_as("jwt", PUBLISHER_KEY, &good),
        signed_as("at+jwt", SUBSCRIBER_KEY, &good),
        signed_as(
            "at+jwt",
            PUBLISHER_KEY,
            &with(json!({ "iss": "https://other.example.com" })),
        ),
        signed_as("at+jwt", PUBLISHER_KEY, &with(json!({ "iss": null }))),
        signed_as("at+jwt", PUBLISHER_KEY, &with(json!({ "aud": URL }))),
        signed_as("at+jwt", PUBLISHER_KEY, &with(json!({ "aud": null }))),
        signed_as("at+jwt", PUBLISHER_KEY, &with(json!({ "exp": null }))),
        signed_as("at+jwt", PUBLISHER_KEY, &with(json!({ "exp": later(-60) }))),
        signed_as("at+jwt", PUBLISHER_KEY, &with(json!({ "nbf": later(600) }))),
        signed_as(
            "at+jwt",
            PUBLISHER_KEY,
            &detail(json!({ "type": DETAIL, "actions": ["publish"] })),
        ),
        signed_as(
            "at+jwt",
            PUBLISHER_KEY,
            &detail(json!(
                { "type": DETAIL, "actions": ["publish"], "topics": [{ "match": "a", "match_type": "x" }] }
            )),
        ),
        // Of 0.x.
        signed(PUBLISHER_KEY, &json!({ "mercure": { "publish": ["*"] } })),
    ];
    for token in &refused {
        let answer = post(&server, token, &[("topic", "a")]).await;
        assert_eq!(answer.status(), 401, "{token}");
        let expected = format!(
            r#"Bearer realm="tidings", error="invalid_token", resource_metadata="{METADATA}""#
        );
        assert_eq!(challenge(&answer), expected);
    }
    // The rights of 0.x count for nothing in a token of 1.0.
    let rights = json!({ "authorization_details": null, "mercure": { "publish": ["*"] } });
    let token = signed_as("at+jwt", PUBLISHER_KEY, &with(rights));
    assert_eq!(post(&server, &token, &[("topic", "a")]).await.status(), 403);
}

#[tokio::test]
async fn without_a_token_the_answer_says_where_to_find_out_about_tokens() {
    let server = hub(&["--mercure-subscriptions=true"]).await;
    let subscribe = server.get(&format!("{HUB}?match=a")).await;
    let publish = server.http.post(server.url(HUB));
    let publish = publish.header("content-type", "application/x-www-form-urlencoded");
    let publish = within(publish.body("topic=a").send())
        .await
        .expect("an answer");
    for answer in [subscribe, publish] {
        assert_eq!(answer.status(), 401);
        let expected = format!(r#"Bearer realm="tidings", resource_metadata="{METADATA}""#);
        assert_eq!(challenge(&answer), expected);
    }
    let path = METADATA.strip_prefix(URL).expect("a path");
    let metadata: Value = server.read(path).await;
    assert_eq!(
        metadata,
        json!({
            "resource": RESOURCE,
            "bearer_methods_supported": ["header"],
            "authorization_details_types_supported": [DETAIL],
            "mercure_cookie": "__Secure-mercure_access_token",
            "mercure_matcher_types_supported": ["exact", "urlpattern"],
            "mercure_subscriptions": true,
        })
    );
}

#[tokio::test]
async fn private_updates_reach_those_with_a_grant_for_one_of_their_topics() {
    let server = hub(&["--mercure-cookie", "token"]).await;
    let token = subscriber(json!([
        { "match": "https://example.com/users/42/*", "match_type": "urlpattern" },
    ]));
    let all = publisher(json!([{ "match": "*" }]));
    let path = format!("{HUB}?match_urlpattern=https://example.com/books/:id");
    let request = server.http.get(server.url(&path));
    let request = request.header("cookie", format!("token={token}"));
    let response = within(request.send()).await.expect("an answer");
    assert_eq!(response.status(), 200);
    let mut stream = Listener::of(response);
    let book = |number: &str| format!("https://example.com/books/{number}");
    let updates = [
        (book("1"), "https://example.com/users/42/books/1", "for 42"),
        (book("2"), "https://example.com/users/7/books/2", "for 7"),
        (book("3"), "https://example.com/users/42/books/3", "end"),
    ];
    for (book, user, data) in &updates {
        let fields = [
            ("topic", &**book),
            ("topic", user),
            ("data", data),
            ("private", ""),
        ];
        assert_eq!(post(&server, &all, &fields).await.status(), 200);
    }
    assert_eq!(stream.texts(2).await, ["for 42", "end"]);
    // A token does not belong into a URL.
    let answer = server.get(&format!("{path}&authorization={token}")).await;
    assert_eq!(answer.status(), 401);
    let answer = open(&server, &["a"], Some(&token), &[]).await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn both_kinds_of_tokens_are_taken_where_the_settings_say_so() {
    let server = hub(&["--mercure-old-tokens=true"]).await;
    let old = super::publisher(&["a"]);
    let new = publisher(json!([{ "match": "b" }]));
    assert_eq!(post(&server, &old, &[("topic", "a")]).await.status(), 200);
    assert_eq!(post(&server, &old, &[("topic", "b")]).await.status(), 403);
    assert_eq!(post(&server, &new, &[("topic", "b")]).await.status(), 200);
    // One of 1.0 must be as those have to be, also here.
    let all = json!([{ "match": "*" }]);
    let wrong = claims(
        &["publish"],
        all,
        json!({ "aud": URL, "mercure": { "publish": ["*"] } }),
    );
    let wrong = signed_as("at+jwt", PUBLISHER_KEY, &wrong);
    assert_eq!(post(&server, &wrong, &[("topic", "b")]).await.status(), 401);
    let in_url = subscriber(json!([{ "match": "*" }]));
    let path = format!("{HUB}?match=a&authorization=");
    assert_eq!(server.get(&format!("{path}{in_url}")).await.status(), 401);
    let old = super::subscriber(&["*"]);
    assert_eq!(server.get(&format!("{path}{old}")).await.status(), 200);
}
