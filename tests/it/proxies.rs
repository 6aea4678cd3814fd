//! Behind nginx, HAProxy and Apache, with the files of `packaging/proxies/`.

pub mod process;

use app::wire::ClientDetail;
use process::{Kind, Proxy};
use reqwest::header;

use crate::harness::{Listener, Server, client, encoded, push_of, within};

const BEHIND: [&str; 2] = ["--trusted-proxy", "127.0.0.1"];

async fn open(proxy: &Proxy, path: &str) -> reqwest::Response {
    open_with(proxy, path, "gzip, deflate, br").await
}

async fn open_with(proxy: &Proxy, path: &str, codings: &str) -> reqwest::Response {
    let client = reqwest::Client::builder().no_proxy().build();
    let request = client.expect("a client").get(proxy.url(path));
    let request = request.header(header::ACCEPT_ENCODING, codings);
    let request = request.header("x-forwarded-for", "192.0.2.1");
    let request = request.header("forwarded", "for=192.0.2.1");
    let response = within(request.send()).await.expect("an answer");
    assert_eq!(response.status(), 200, "{path}");
    response
}

async fn an_event_passes_at_once(kind: Kind) {
    let server = Server::with(&BEHIND).await;
    let proxy = Proxy::start(kind, kind.file(), server.address).await;
    let response = open(&proxy, "/sse?client_id=a").await;
    assert!(!response.headers().contains_key(header::CONTENT_ENCODING));
    let mut stream = Listener::of(response).welcomed().await;
    for text in ["one", "two"] {
        server.push(client("a"), text).await;
        assert_eq!(stream.text().await, text);
    }
    // Neither the address of the proxy's connection, nor the one that the client has made up.
    let seen: ClientDetail = server.read("/api/clients/a").await;
    let json = serde_json::to_string(&seen).expect("JSON");
    assert!(json.contains("\"127.0.0.1:0\""), "{json}");
}

#[tokio::test]
async fn an_event_passes_nginx_at_once() {
    an_event_passes_at_once(Kind::Nginx).await;
}

#[tokio::test]
async fn an_event_passes_haproxy_at_once() {
    an_event_passes_at_once(Kind::Haproxy).await;
}

#[tokio::test]
async fn an_event_passes_apache_at_once() {
    an_event_passes_at_once(Kind::Apache).await;
}

/// The limit in the file is what ends a silent stream, and it is longer than any heartbeat.
async fn a_stream_lives_as_long_as_the_file_says(kind: Kind) {
    let limit = "3700";
    assert!(
        kind.file().contains(limit),
        "an hour is the longest heartbeat"
    );
    let short = kind.file().replace(limit, "2");
    // One that is silent for longer.
    let server = Server::with(&["--heartbeat", "3600"]).await;
    let proxy = Proxy::start(kind, &short, server.address).await;
    let stream = Listener::of(open(&proxy, "/sse?client_id=a").await);
    let events = stream.welcomed().await.rest().await;
    assert!(
        events.iter().all(|event| event.event == "ping"),
        "{events:?}"
    );
    assert!(events.len() <= 1, "it was silent: {events:?}");
    // One that gets a ping every second lives longer than the limit.
    let server = Server::with(&["--heartbeat", "1"]).await;
    let proxy = Proxy::start(kind, &short, server.address).await;
    let mut stream = Listener::of(open(&proxy, "/sse?client_id=a").await);
    for _ in 0..6 {
        stream.event("ping").await;
    }
}

#[tokio::test]
async fn a_stream_through_nginx_lives_as_long_as_the_file_says() {
    a_stream_lives_as_long_as_the_file_says(Kind::Nginx).await;
}

#[tokio::test]
async fn a_stream_through_haproxy_lives_as_long_as_the_file_says() {
    a_stream_lives_as_long_as_the_file_says(Kind::Haproxy).await;
}

#[tokio::test]
async fn a_stream_through_apache_lives_as_long_as_the_file_says() {
    a_stream_lives_as_long_as_the_file_says(Kind::Apache).await;
}

async fn a_reload_loses_nothing(kind: Kind) {
    let server = Server::with(&BEHIND).await;
    let mut proxy = Proxy::start(kind, kind.file(), server.address).await;
    let response = open(&proxy, "/sse?client_id=a").await;
    let mut stream = Listener::of(response).welcomed().await;
    server.push(client("a"), "before").await;
    proxy.reload().await;
    for n in 0..20 {
        server.push(client("a"), &n.to_string()).await;
    }
    let mut expected = vec!["before".to_owned()];
    expected.extend((0..20).map(|n| n.to_string()));
    assert_eq!(stream.texts(21).await, expected);
}

#[tokio::test]
async fn a_reload_of_nginx_loses_nothing() {
    a_reload_loses_nothing(Kind::Nginx).await;
}

#[tokio::test]
async fn a_reload_of_haproxy_loses_nothing() {
    a_reload_loses_nothing(Kind::Haproxy).await;
}

#[tokio::test]
async fn a_reload_of_apache_loses_nothing() {
    a_reload_loses_nothing(Kind::Apache).await;
}

/// The file for a path, as a whole site. `slash`: whether nginx removes the path.
fn below_a_path(slash: bool) -> String {
    let part = include_str!("../../packaging/proxies/nginx-path.conf");
    let part = match slash {
        true => part.to_owned(),
        false => part.replace(":8020/;", ":8020;"),
    };
    format!("server {{\nlisten 80;\n{part}\n}}\n")
}

async fn everything_works_below_a_path(slash: bool) {
    let flags = ["--public-url", "http://127.0.0.1/push"];
    let server = Server::with(&[BEHIND, flags].concat()).await;
    let proxy = Proxy::start(Kind::Nginx, &below_a_path(slash), server.address).await;
    let html = open_with(&proxy, "/push/", "identity").await;
    let html = html.text().await.expect("a page");
    assert!(html.contains("<base href=\"/push/\""), "{html}");
    for part in html
        .split(['"', '\''])
        .filter(|part| part.starts_with("pkg/"))
    {
        open(&proxy, &format!("/push/{part}")).await;
    }
    for path in [
        "tidings.js",
        "docs",
        "openapi.json",
        "admin",
        "try",
        "api/stats",
        "health/live",
    ] {
        open(&proxy, &format!("/push/{path}")).await;
    }
    let response = open(&proxy, "/push/sse?client_id=a").await;
    let mut stream = Listener::of(response).welcomed().await;
    let api = app::api::Client::new(proxy.url("/push"));
    let push = push_of(client("a"), "hello");
    within(api.push(&push)).await.expect("accepted");
    assert_eq!(stream.text().await, "hello");
    let simple = proxy.url(&format!(
        "/push/push?client_id=a&message={}",
        encoded("by URL")
    ));
    assert_eq!(
        within(server.http.get(simple).send())
            .await
            .expect("an answer")
            .status(),
        200
    );
    assert_eq!(stream.text().await, "by URL");
    let batch = server
        .http
        .post(proxy.url("/push/push/batch"))
        .header(header::CONTENT_TYPE, "application/x-ndjson")
        .body("{\"to\":\"everyone\",\"data\":\"many\"}\n");
    let answer = within(batch.send()).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(stream.text().await, "many");
}

#[tokio::test]
async fn everything_works_below_a_path_that_nginx_removes() {
    everything_works_below_a_path(true).await;
}

#[tokio::test]
async fn everything_works_below_a_path_that_nginx_leaves() {
    everything_works_below_a_path(false).await;
}
