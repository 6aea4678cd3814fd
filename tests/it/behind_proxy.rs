//! What a proxy says about its users: addresses, schemes and hosts; the public URL; the PROXY protocol.

use app::wire::Diagnosis;
use reqwest::{RequestBuilder, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use tidings::config::Settings;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{Server, within};

const TOKEN: &str = "0123456789abcdef";

async fn diagnosis(request: RequestBuilder) -> Diagnosis {
    let response = within(request.bearer_auth(TOKEN).send()).await;
    let response = response.expect("an answer");
    assert_eq!(response.status(), 200);
    within(response.json()).await.expect("its JSON")
}

#[tokio::test]
async fn the_fields_of_a_proxy_count_if_it_is_trusted() {
    for (trusted, address) in [("127.0.0.0/8", "192.0.2.7"), ("10.0.0.0/8", "127.0.0.1")] {
        let flags = ["--admin-token", TOKEN, "--trusted-proxy", trusted];
        let server = Server::with(&flags).await;
        let request = server.http.get(server.url("/api/diagnosis"));
        let seen = diagnosis(request.header("x-forwarded-for", "192.0.2.7")).await;
        assert_eq!(seen.address.as_deref(), Some(address));
        assert_eq!(seen.peer.as_deref(), Some("127.0.0.1"));
        assert_eq!(seen.ignored, address == "127.0.0.1");
        assert!(seen.descriptors.is_some_and(|open| open > 3));
    }
}

#[tokio::test]
async fn each_address_behind_a_proxy_has_its_own_limit_of_attempts() {
    let flags = ["--admin-token", TOKEN, "--trusted-proxy", "127.0.0.1"];
    let server = Server::with(&flags).await;
    let ask = async |from: &str, token: &str| {
        let request = server.http.get(server.url("/api/stats"));
        let request = request.bearer_auth(token).header("x-forwarded-for", from);
        within(request.send()).await.expect("an answer").status()
    };
    for _ in 0..10 {
        assert_eq!(ask("192.0.2.7", "wrong").await, 401);
    }
    let status = ask("192.0.2.7", "wrong").await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ask("192.0.2.8", "wrong").await, StatusCode::UNAUTHORIZED);
    // The right token is not refused for others' wrong ones.
    assert_eq!(ask("192.0.2.7", TOKEN).await, StatusCode::OK);
}

/// The cookie of a sign-in with these fields.
async fn cookie(flags: &[&str], fields: &[(&str, &str)]) -> String {
    let server = Server::with(&[&["--admin-token", TOKEN], flags].concat()).await;
    let mut request = server.http.post(server.url("/api/session"));
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let response = within(request.json(&json!({ "token": TOKEN })).send()).await;
    let response = response.expect("an answer");
    assert_eq!(response.status(), 200);
    response.headers()["set-cookie"]
        .to_str()
        .expect("text")
        .to_owned()
}

#[tokio::test]
async fn a_cookie_is_secure_if_the_browser_used_https() {
    let proto = [("x-forwarded-proto", "https")];
    let trusted = cookie(&["--trusted-proxy", "127.0.0.1"], &proto).await;
    assert!(trusted.contains("; Secure"), "{trusted}");
    let untrusted = cookie(&[], &proto).await;
    assert!(!untrusted.contains("Secure"), "{untrusted}");
    let public = ["--public-url", "https://example.org/push"];
    let at_public = cookie(&public, &[("host", "example.org")]).await;
    assert!(at_public.contains("; Secure"), "{at_public}");
    assert!(at_public.contains("; Path=/push;"), "{at_public}");
    let local = cookie(&public, &[]).await;
    assert!(!local.contains("Secure"), "{local}");
}

#[tokio::test]
async fn pages_at_the_public_url_may_push() {
    let server = Server::with(&["--public-url", "https://example.org/push"]).await;
    let push = async |host: &str, origin: &str| {
        let request = server.http.post(server.url("/push"));
        let request = request.header("host", host).header("origin", origin);
        let push = json!({ "to": "everyone", "data": "x" });
        within(request.json(&push).send())
            .await
            .expect("an answer")
            .status()
    };
    assert_eq!(push("example.org", "https://example.org").await, 200);
    assert_eq!(push("127.0.0.1:8020", "https://example.org").await, 200);
    assert_eq!(push("example.org", "https://evil.example").await, 403);
    assert_eq!(push("evil.example", "https://evil.example").await, 421);
}

#[tokio::test]
async fn the_host_that_a_proxy_names_is_that_of_the_request() {
    let server = Server::with(&["--trusted-proxy", "127.0.0.1", "--allow-host", "a.example"]).await;
    let push = async |host: &str| {
        let request = server
            .http
            .post(server.url("/push"))
            .header("host", "inner");
        let request = request.header("x-forwarded-host", host);
        let request = request.header("origin", format!("https://{host}"));
        let push = json!({ "to": "everyone", "data": "x" });
        within(request.json(&push).send())
            .await
            .expect("an answer")
            .status()
    };
    assert_eq!(push("a.example").await, 200);
    assert_eq!(push("evil.example").await, 421);
}

#[tokio::test]
async fn the_public_url_is_in_links_examples_and_the_description() {
    let server = Server::with(&["--public-url", "https://example.org/push"]).await;
    for prefix in ["", "/push"] {
        let html = server.get(&format!("{prefix}/try")).await;
        let html = within(html.text()).await.expect("a page");
        assert!(html.contains("<base href=\"/push/\""), "{html}");
        assert!(
            html.contains("data-url=\"https://example.org/push\""),
            "{html}"
        );
        let api: Value = server.read(&format!("{prefix}/openapi.json")).await;
        assert_eq!(api["servers"][0]["url"], "https://example.org/push");
        let missing: Value = {
            let answer = server.get(&format!("{prefix}/api/messages/x")).await;
            within(answer.json()).await.expect("a problem")
        };
        let kind = missing["type"].as_str().expect("a text");
        assert!(kind.starts_with("/push/docs#"), "{kind}");
    }
}

#[tokio::test]
async fn a_redirect_stays_below_the_path() {
    let server = Server::with(&["--public-url", "https://example.org/push"]).await;
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(Policy::none());
    let client = client.build().expect("a client");
    for typed in ["/push/admin/clients/?q=a", "/admin/clients/?q=a"] {
        let answer = within(client.get(server.url(typed)).send()).await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.headers()["location"], "/push/admin/clients?q=a");
    }
}

#[tokio::test]
async fn no_path_of_the_server_can_be_the_path_of_its_public_url() {
    let server = Server::start().await;
    let api: Value = server.read("/openapi.json").await;
    let described = api["paths"].as_object().expect("an object").keys();
    let described = described.map(|path| path.split("/{").next().unwrap_or_default());
    let pages = [
        "/admin",
        "/docs",
        "/jobs",
        "/try",
        "/pkg",
        "/tidings.js",
        "/tidings.d.ts",
    ];
    let files = [
        "/favicon.ico",
        "/favicon.svg",
        "/icon-192.png",
        "/icon-512.png",
        "/icon-maskable-512.png",
        "/manifest.webmanifest",
        "/robots.txt",
    ];
    for path in described.chain(pages).chain(files) {
        let url = format!("https://example.org{path}");
        let read = Settings::from_flags(["--public-url", &url]);
        // Requests for these can be told apart.
        assert_eq!(read.is_ok(), path == "/push", "{path}");
    }
}

#[tokio::test]
async fn a_wrong_public_url_or_proxy_is_refused_with_the_name_of_the_setting() {
    for (flags, words) in [
        (
            ["--public-url", "https://example.org/a/../b"],
            ["--public-url", ".."],
        ),
        (
            ["--public-url", "https://example.org/?x"],
            ["--public-url", "a query"],
        ),
        (
            ["--trusted-proxy", "10.0.0.0/33"],
            ["--trusted-proxy", "10.0.0.0/8"],
        ),
    ] {
        let why = Settings::from_flags(flags)
            .expect_err("refused")
            .to_string();
        assert!(words.iter().all(|word| why.contains(word)), "{why}");
    }
    let why = Settings::from_flags(["--proxy-protocol"]).expect_err("refused");
    assert!(why.to_string().contains("--trusted-proxy"), "{why}");
}

/// What the server answers to these bytes.
async fn answer(server: &Server, bytes: &[u8]) -> String {
    let mut socket = TcpStream::connect(server.address).await.expect("connected");
    // It may be closed before everything is written.
    let _ = socket.write_all(bytes).await;
    let mut text = Vec::new();
    let _ = within(socket.read_to_end(&mut text)).await;
    String::from_utf8_lossy(&text).into_owned()
}

const ASK: &str = "GET /api/diagnosis HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn a_header_of_the_proxy_protocol_names_the_sender() {
    let flags = ["--trusted-proxy", "127.0.0.1", "--proxy-protocol=true"];
    let server = Server::with(&flags).await;
    let line = format!("PROXY TCP4 192.0.2.7 10.0.0.1 5555 80\r\n{ASK}");
    let text = answer(&server, line.as_bytes()).await;
    assert!(text.contains("\"address\":\"192.0.2.7\""), "{text}");
    let mut binary = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c".to_vec();
    binary.extend([192, 0, 2, 8, 10, 0, 0, 1, 0x15, 0xb3, 0, 80]);
    binary.extend(ASK.as_bytes());
    let text = answer(&server, &binary).await;
    assert!(text.contains("\"address\":\"192.0.2.8\""), "{text}");
    assert_eq!(
        answer(&server, ASK.as_bytes()).await,
        "",
        "the header is required"
    );
}

#[tokio::test]
async fn a_header_of_the_proxy_protocol_counts_only_from_a_trusted_proxy() {
    let flags = ["--trusted-proxy", "10.0.0.0/8", "--proxy-protocol=true"];
    let server = Server::with(&flags).await;
    let header = format!("PROXY TCP4 192.0.2.7 10.0.0.1 5555 80\r\n{ASK}");
    assert_eq!(answer(&server, header.as_bytes()).await, "");
}
