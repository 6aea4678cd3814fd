//! Who subscribes to what: updates about it, and the lists.

use app::wire::Problem;
use serde_json::{Value, json};

use super::{
    HUB, KEYS, PUBLISHER_KEY, SUBSCRIBER_KEY, later, listen, open, post, publish, publisher,
    signed, signed_as, subscriber,
};
use crate::harness::{Listener, Server, encoded, topic, within};

const SUBSCRIPTIONS: &str = "/.well-known/mercure/subscriptions";
const BOOKS: &str = "https://example.com/books/:id";
const BOOKS_ENCODED: &str = "https%3A%2F%2Fexample.com%2Fbooks%2F%3Aid";
const URL: &str = "https://hub.example.com";

async fn hub(flags: &[&str]) -> Server {
    let own = ["--mercure-anonymous=true", "--mercure-subscriptions=true"];
    Server::with(&[&KEYS[..], &own, flags].concat()).await
}

/// A hub of both versions.
async fn hub_of_both() -> Server {
    let flags = [
        "--public-url",
        URL,
        "--mercure-issuer",
        "me",
        "--mercure-old-tokens=true",
    ];
    hub(&flags).await
}

/// A subscriber's token of 1.0 with these details, of which each has its topics.
fn token(details: Value) -> String {
    let details = details.as_array().expect("a list").iter().map(|detail| {
        let mut detail = detail.clone();
        detail["type"] = json!("https://mercure.rocks/authorization-detail");
        detail["actions"] = json!(["subscribe"]);
        detail
    });
    let claims = json!({
        "iss": "me",
        "aud": format!("{URL}{HUB}"),
        "sub": "ada",
        "exp": later(60),
        "authorization_details": details.collect::<Vec<_>>(),
    });
    signed_as("at+jwt", SUBSCRIBER_KEY, &claims)
}

/// A token of 1.0 for everything.
fn everything() -> String {
    token(json!([{ "topics": [{ "match": "*" }] }]))
}

async fn get(server: &Server, path: &str, token: &str) -> reqwest::Response {
    let request = server.http.get(server.url(path));
    let request = request.header("authorization", format!("Bearer {token}"));
    within(request.send()).await.expect("an answer")
}

async fn listed(server: &Server, path: &str, token: &str) -> Value {
    let answer = get(server, path, token).await;
    assert_eq!(answer.status(), 200, "{path}");
    within(answer.json()).await.expect("JSON")
}

/// Subscribes with a query and a token.
async fn subscribe(server: &Server, query: &str, token: &str) -> Listener {
    let response = get(server, &format!("{HUB}?{query}"), token).await;
    assert_eq!(response.status(), 200, "{query}");
    Listener::of(response)
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[tokio::test]
async fn subscriptions_of_1_0_are_told_with_their_payloads_and_listed() {
    let server = hub_of_both().await;
    let watcher = token(json!([{ "topics": [
        { "match": "/.well-known/mercure/subscriptions*", "match_type": "urlpattern" },
    ] }]));
    let pattern = encoded(&format!("{SUBSCRIPTIONS}/:type/:match/:subscriber"));
    let mut watching = subscribe(&server, &format!("match_urlpattern={pattern}"), &watcher).await;
    // It hears of itself, first of all.
    let own = parsed(&watching.message().await.data);
    assert_eq!(own["match_type"], "urlpattern");

    let other = token(json!([
        { "topics": [{ "match": "other" }], "payload": { "name": "other" } },
        { "topics": [{ "match": BOOKS, "match_type": "urlpattern" }], "payload": { "name": "books" } },
        { "topics": [{ "match": "*" }], "payload": { "name": "default" } },
    ]));
    let query = format!("match_urlpattern={}&match=news", encoded(BOOKS));
    let stream = subscribe(&server, &query, &other).await;
    let mut begun = [watching.message().await, watching.message().await];
    begun.sort_by_key(|event| event.data.contains("news"));
    for event in &begun {
        assert_eq!(event.event, "mercure");
    }
    let (books, news) = (parsed(&begun[0].data), parsed(&begun[1].data));
    let id = books["subscriber"].as_str().expect("an id").to_owned();
    assert!(id.starts_with("urn:uuid:") && news["subscriber"] == id.as_str());
    let path = format!(
        "{SUBSCRIPTIONS}/urlpattern/{BOOKS_ENCODED}/{}",
        encoded(&id)
    );
    let expected = json!({
        "id": path,
        "type": "subscription",
        "match_type": "urlpattern",
        "match": BOOKS,
        "subscriber": id,
        "active": true,
        "payload": { "name": "books" },
    });
    assert_eq!(books, expected);
    assert_eq!(news["payload"], json!({ "name": "default" }));

    let answer = get(&server, SUBSCRIPTIONS, &watcher).await;
    assert_eq!(answer.headers()["content-type"], "application/json");
    let link = answer.headers()["link"]
        .to_str()
        .expect("a link")
        .to_owned();
    let cursor = link.split('"').nth(3).expect("a cursor").to_owned();
    let hub = format!("<{URL}{HUB}>; rel=\"mercure\"; last-event-id=\"{cursor}\"");
    assert_eq!(
        link,
        format!("{hub}; type=\"mercure\"; content-type=\"application/json\"")
    );
    let tag = answer.headers()["etag"].clone();
    let all: Value = within(answer.json()).await.expect("JSON");
    assert_eq!(
        (&all["id"], &all["type"]),
        (&json!(SUBSCRIPTIONS), &json!("subscriptions"))
    );
    let subscriptions = all["subscriptions"].as_array().expect("a list");
    assert!(
        subscriptions.len() == 3 && subscriptions.contains(&expected),
        "{all}"
    );
    let request = server
        .http
        .get(server.url(SUBSCRIPTIONS))
        .header("if-none-match", &tag);
    let again = within(request.bearer_auth(&watcher).send())
        .await
        .expect("an answer");
    assert_eq!(again.status(), 304);

    let one = format!("{SUBSCRIPTIONS}/urlpattern/{BOOKS_ENCODED}");
    let collection = listed(&server, &one, &watcher).await;
    assert_eq!(collection["subscriptions"], json!([expected]));
    assert_eq!(listed(&server, &path, &watcher).await, expected);
    drop(stream);
    let mut ended = [watching.message().await, watching.message().await];
    ended.sort_by_key(|event| event.data.contains("news"));
    let ended = parsed(&ended[0].data);
    assert_eq!(
        (&ended["id"], &ended["active"]),
        (&json!(path), &json!(false))
    );
    assert_eq!(get(&server, &path, &watcher).await.status(), 404);
    // Whoever goes on after the list hears all that followed.
    let query = format!(
        "match_urlpattern={pattern}&last_event_id={}",
        encoded(&cursor)
    );
    let mut resumed = subscribe(&server, &query, &watcher).await;
    assert_eq!(
        parsed(&resumed.message().await.data)["active"],
        json!(false)
    );
}

#[tokio::test]
async fn subscriptions_of_0_x_are_told_and_listed_in_its_form() {
    let server = hub(&[]).await;
    let template = "/.well-known/mercure/subscriptions{/topic}{/subscriber}";
    let watcher = subscriber(&[template, SUBSCRIPTIONS]);
    let mut watching = listen(&server, &[template], Some(&watcher)).await;
    watching.message().await;
    let claims = json!({ "sub": "bea", "mercure": { "subscribe": [], "payload": { "x": 1 } } });
    let token = signed(SUBSCRIBER_KEY, &claims);
    let stream = listen(&server, &["books/{id}"], Some(&token)).await;
    let event = watching.message().await;
    assert_eq!(event.event, "message");
    let document = parsed(&event.data);
    let id = document["subscriber"].as_str().expect("an id").to_owned();
    let path = format!("{SUBSCRIPTIONS}/books%2F%7Bid%7D/{}", encoded(&id));
    let without_context = json!({
        "id": path,
        "type": "Subscription",
        "topic": "books/{id}",
        "subscriber": id,
        "active": true,
        "payload": { "x": 1 },
    });
    let mut expected = without_context.clone();
    expected["@context"] = json!("https://mercure.rocks/");
    assert_eq!(document, expected);
    assert_ne!(id, "bea", "others are not told who it is");

    let answer = get(&server, SUBSCRIPTIONS, &watcher).await;
    assert_eq!(answer.headers()["content-type"], "application/ld+json");
    let all: Value = within(answer.json()).await.expect("JSON");
    assert_eq!(all["@context"], "https://mercure.rocks/");
    assert_eq!(all["type"], "Subscriptions");
    assert!(
        all["lastEventID"]
            .as_str()
            .is_some_and(|id| id.starts_with('#')),
        "{all}"
    );
    let subscriptions = all["subscriptions"].as_array().expect("a list");
    assert!(subscriptions.contains(&without_context), "{all}");
    let of_topic = listed(
        &server,
        &format!("{SUBSCRIPTIONS}/books%2F%7Bid%7D"),
        &watcher,
    )
    .await;
    assert_eq!(of_topic["subscriptions"], json!([without_context]));
    assert_eq!(listed(&server, &path, &watcher).await, expected);
    drop(stream);
    assert_eq!(
        parsed(&watching.message().await.data)["active"],
        json!(false)
    );
}

#[tokio::test]
async fn only_those_with_a_grant_hear_of_subscriptions() {
    let server = hub_of_both().await;
    assert_eq!(server.get(SUBSCRIPTIONS).await.status(), 401);
    let none = token(json!([{ "topics": [{ "match": "news" }] }]));
    let refused = get(&server, SUBSCRIPTIONS, &none).await;
    assert_eq!(refused.status(), 403);
    let challenge = refused.headers()["www-authenticate"]
        .to_str()
        .expect("text");
    assert!(challenge.contains("insufficient_scope"), "{challenge}");
    // A grant for the list is none for what is below it.
    let list = token(json!([{ "topics": [{ "match": SUBSCRIPTIONS }] }]));
    assert_eq!(get(&server, SUBSCRIPTIONS, &list).await.status(), 200);
    let query = format!("{SUBSCRIPTIONS}?last_event_id=x");
    assert_eq!(get(&server, &query, &list).await.status(), 200);
    let one = format!("{SUBSCRIPTIONS}/exact/news");
    assert_eq!(get(&server, &one, &list).await.status(), 403);
    assert_eq!(
        get(&server, &format!("{one}/a/b"), &everything())
            .await
            .status(),
        400
    );
    assert_eq!(
        get(&server, &format!("{SUBSCRIPTIONS}/%zz"), &everything())
            .await
            .status(),
        400
    );

    // Without a grant, all topics are all that are public.
    let mut without = subscribe(&server, "match=*", &none).await;
    let mut with = subscribe(&server, "match=*", &everything()).await;
    let watched = parsed(&with.message().await.data);
    assert_eq!(watched["type"], "subscription");
    publish(&server, &[("topic", "news"), ("data", "end")]).await;
    assert_eq!(without.message().await.data, "end");
}

#[tokio::test]
async fn nobody_publishes_to_the_topics_of_subscriptions() {
    let server = hub_of_both().await;
    let path = format!("{SUBSCRIPTIONS}/exact/a/b");
    for name in [
        path.clone(),
        format!("https://elsewhere.example.com{path}"),
        path.replace("mercure", "%6Dercure"),
        format!("/x/..{path}"),
        HUB.to_owned(),
        path.replace('/', "\\"),
    ] {
        let fields = [("topic", "a"), ("topic", name.as_str())];
        let refused = post(&server, &publisher(&["*"]), &fields).await;
        assert_eq!(refused.status(), 400, "{name}");
        let push = json!({ "to": topic(&name), "data": "x" });
        let refused = server.post("/push", &push.to_string()).await;
        assert_eq!(refused.status(), 403, "{name}");
        let problem: Problem = refused.json().await.expect("a problem");
        assert_eq!(problem.code, "reserved_topic");
    }
    let fields = [("topic", "a"), ("type", "mercure")];
    assert_eq!(
        post(&server, &publisher(&["*"]), &fields).await.status(),
        400
    );
    let push = json!({ "to": { "topic": "a" }, "data": "x", "event": "mercure" });
    assert_eq!(server.post("/push", &push.to_string()).await.status(), 422);
    let key = signed(PUBLISHER_KEY, &json!({ "mercure": { "publish": [path] } }));
    assert_eq!(post(&server, &key, &[("topic", &path)]).await.status(), 400);
}

#[tokio::test]
async fn the_end_of_subscriptions_is_told_at_a_shutdown_too() {
    let server = hub(&[]).await;
    let watcher = subscriber(&["*"]);
    let topic = "https://example.com/".to_owned() + &"a".repeat(480);
    let stream = listen(&server, &[&topic], Some(&watcher)).await;
    server.until_connections(1).await;
    let server = server.restarted().await;
    drop(stream);
    let topics = ["*"];
    let response = open(
        &server,
        &topics,
        Some(&watcher),
        &[("last-event-id", "earliest")],
    )
    .await;
    let mut heard = Listener::of(response);
    let [begun, ended] =
        [heard.message().await, heard.message().await].map(|event| parsed(&event.data));
    assert_eq!(
        (&begun["topic"], &begun["active"]),
        (&json!(topic), &json!(true))
    );
    assert_eq!(
        (&ended["id"], &ended["active"]),
        (&begun["id"], &json!(false))
    );
}

#[tokio::test]
async fn nothing_is_told_of_subscriptions_unless_the_settings_say_so() {
    let server = super::hub(&[]).await;
    let watcher = subscriber(&["*"]);
    let mut watching = listen(&server, &["*"], Some(&watcher)).await;
    let _other = listen(&server, &["a"], None).await;
    publish(&server, &[("topic", "a"), ("data", "end")]).await;
    assert_eq!(watching.message().await.data, "end");
    assert_eq!(get(&server, SUBSCRIPTIONS, &watcher).await.status(), 404);
}

#[tokio::test]
async fn pages_say_where_the_hub_is() {
    let link = async |server: &Server, path: &str| {
        let answer = server.get(path).await;
        let link = answer.headers().get("link");
        link.map(|link| link.to_str().expect("text").to_owned())
    };
    let server = hub_of_both().await;
    let expected = format!("<{URL}{HUB}>; rel=\"mercure\"");
    assert_eq!(link(&server, "/").await, Some(expected));
    assert_eq!(link(&server, "/tidings.js").await, None);
    let server = super::hub(&[]).await;
    assert_eq!(
        link(&server, "/").await,
        Some(format!("<{HUB}>; rel=\"mercure\""))
    );
    assert_eq!(link(&Server::start().await, "/").await, None);
}
