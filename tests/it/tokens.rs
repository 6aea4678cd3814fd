//! Stream tokens of other issuers: keys in files and at a URL, new keys while streams are open, and the end of a token.

pub mod issuer;

use std::{fs, os::unix::fs::PermissionsExt, time::SystemTime};

use app::wire::{Problem, Reconnect, To, Welcome};
use serde_json::{Value, json};

use crate::{
    command::{Running, server as server_process},
    harness::{Listener, Server, client, encoded, within},
    signals::send,
};
use issuer::{Issuer, Key};

fn later(seconds: u64) -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.expect("a time after 1970").as_secs() + seconds
}

fn claims(client: &str, topics: &[&str], seconds: u64) -> Value {
    json!({ "sub": client, "topics": topics, "exp": later(seconds) })
}

/// Opens a stream with a token in its URL.
async fn open(server: &Server, token: &str) -> reqwest::Response {
    let path = format!("/sse?token={token}&topic={}", encoded("orders/1"));
    server.get(&path).await
}

async fn listen(server: &Server, token: &str) -> Listener {
    let response = open(server, token).await;
    assert_eq!(response.status(), 200);
    Listener::of(response).welcomed().await
}

/// The detail of a refusal.
async fn refused(server: &Server, token: &str) -> String {
    let response = open(server, token).await;
    assert_eq!(response.status(), 401);
    let problem: Problem = response.json().await.expect("a problem");
    let told = (problem.code.as_str(), problem.field.as_deref());
    assert_eq!(told, ("unauthorized", Some("token")));
    problem.detail
}

/// A server that takes the keys of this issuer, and has read them.
async fn server_of(issuer: &Issuer, flags: &[&str]) -> Server {
    let url = issuer.url();
    let server = Server::with(&[&["--jwks-url", &url], flags].concat()).await;
    until_metric(&server, "tidings_jwks_reads_total{result=\"success\"} 1").await;
    server
}

async fn until_metric(server: &Server, line: &str) {
    within(async {
        loop {
            let text = server.get("/metrics").await.text().await.expect("text");
            if text.lines().any(|told| told == line) {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_issuer_that_changes_its_key_keeps_its_streams_and_opens_new_ones() {
    let [first, second, third] = ["first", "second", "third"].map(Key::new);
    let issuer = Issuer::start(&[&first]).await;
    let server = server_of(&issuer, &[]).await;
    let mut ada = listen(&server, &first.sign(&claims("ada", &["orders/*"], 600))).await;
    // Signed by nobody.
    refused(
        &server,
        &Key::new("first").sign(&claims("eve", &["**"], 600)),
    )
    .await;

    issuer.publish(&[&second]);
    let mut bob = listen(&server, &second.sign(&claims("bob", &["orders/*"], 600))).await;
    server.push(To::Topic("orders/1".to_owned()), "paid").await;
    assert_eq!(
        (ada.text().await.as_str(), bob.text().await.as_str()),
        ("paid", "paid")
    );
    assert_eq!(issuer.asked(), 2, "at the start, and for the second key");
    // It may change again a moment later.
    issuer.publish(&[&third]);
    listen(&server, &third.sign(&claims("cleo", &["orders/*"], 600))).await;
    // The first key is gone: whoever has it opens nothing more. Keys are not asked for again and again.
    for _ in 0..5 {
        let detail = refused(&server, &first.sign(&claims("ada", &[], 600))).await;
        assert!(detail.contains("kid"), "{detail}");
    }
    assert_eq!(issuer.asked(), 4);
}

#[tokio::test]
async fn the_last_keys_hold_while_the_issuer_is_down() {
    let (first, second) = (Key::new("first"), Key::new("second"));
    let issuer = Issuer::start(&[&first]).await;
    let server = server_of(&issuer, &["--jwt-audience", "tidings"]).await;
    assert_eq!(
        server
            .get("/health/ready")
            .await
            .text()
            .await
            .expect("text"),
        "ready"
    );

    issuer.fail();
    let token = |key: &Key| {
        let mut claims = claims("ada", &[], 600);
        claims["aud"] = json!(["tidings"]);
        key.sign(&claims)
    };
    refused(&server, &token(&second)).await;
    listen(&server, &token(&first)).await;
    let ready = server
        .get("/health/ready")
        .await
        .text()
        .await
        .expect("text");
    assert!(
        ready.contains("ready, but the keys of stream tokens can't be read"),
        "{ready}"
    );
    assert!(ready.contains("503"), "{ready}");
    until_metric(&server, "tidings_jwks_reads_total{result=\"failure\"} 1").await;
    until_metric(&server, "tidings_jwks_keys 1").await;
}

/// What `/health/ready` says.
async fn ready(server: &Server) -> String {
    let answer = server.get("/health/ready").await;
    answer.text().await.expect("text")
}

#[tokio::test]
async fn the_last_keys_hold_after_a_restart_while_the_issuer_is_down() {
    let key = Key::new("first");
    let issuer = Issuer::start(&[&key]).await;
    let server = server_of(&issuer, &[]).await;
    let token = key.sign(&claims("ada", &["orders/*"], 600));
    listen(&server, &token).await;
    let stopped = server.stopped().await;
    let file = stopped.folder().join("jwks.json");
    let kept = fs::read_to_string(&file).expect("kept");
    let mode = fs::metadata(&file).expect("kept").permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);

    issuer.fail();
    // The keys were read three days ago.
    let mut older: Value = serde_json::from_str(&kept).expect("JSON");
    older["read_at"] = (later(0) - 3 * 24 * 3600 - 60).into();
    fs::write(&file, older.to_string()).expect("written");
    let server = stopped.start().await;
    listen(&server, &token).await;
    until_metric(&server, "tidings_jwks_reads_total{result=\"failure\"} 1").await;
    let told = ready(&server).await;
    assert!(
        told.contains("503") && told.contains("; those of 3 days ago hold"),
        "{told}"
    );

    // A file that is damaged, or of another issuer, is ignored.
    older["url"] = "https://other.example/jwks.json".into();
    let mut stopped = server.stopped().await;
    let file = stopped.folder().join("jwks.json");
    for content in [&kept[..kept.len() / 2], &older.to_string()] {
        fs::write(&file, content).expect("written");
        let server = stopped.start().await;
        until_metric(&server, "tidings_jwks_reads_total{result=\"failure\"} 1").await;
        refused(&server, &token).await;
        let told = ready(&server).await;
        assert!(told.contains("no token of this issuer is valid"), "{told}");
        stopped = server.stopped().await;
    }
    // It is replaced when the issuer is there again.
    issuer.publish(&[&key]);
    let server = stopped.start().await;
    until_metric(&server, "tidings_jwks_reads_total{result=\"success\"} 1").await;
    listen(&server, &token).await;
    let _stopped = server.stopped().await;
    let kept: Value = serde_json::from_slice(&fs::read(&file).expect("kept")).expect("JSON");
    assert_eq!(kept["url"], issuer.url());
}

#[tokio::test]
async fn what_is_no_set_of_keys_is_not_taken() {
    let key = Key::new("first");
    for answer in [
        "<html>",
        "{}",
        "{\"keys\":[]}",
        "{\"keys\":[{\"kty\":\"oct\",\"k\":\"a\"}]}",
    ] {
        let issuer = Issuer::start(&[&key]).await;
        issuer.answer(answer);
        let url = issuer.url();
        let server = Server::with(&["--jwks-url", &url]).await;
        until_metric(&server, "tidings_jwks_reads_total{result=\"failure\"} 1").await;
        refused(&server, &key.sign(&claims("ada", &[], 600))).await;
    }
    let issuer = Issuer::start(&[&key]).await;
    issuer.answer(&" ".repeat(300_000));
    let url = issuer.url();
    let server = Server::with(&["--jwks-url", &url]).await;
    until_metric(&server, "tidings_jwks_reads_total{result=\"failure\"} 1").await;
    let ready = server
        .get("/health/ready")
        .await
        .text()
        .await
        .expect("text");
    assert!(ready.contains("more than 262144 bytes"), "{ready}");
}

#[tokio::test]
async fn the_topics_of_a_stream_come_from_the_claim_of_the_settings() {
    let key = Key::new("first");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys.json");
    fs::write(&file, key.jwk().to_string()).expect("written");
    let file = file.to_str().expect("a plain path");
    let flags = ["--jwt-key", file, "--jwt-topics-claim", "mercure.subscribe"];
    let server = Server::with(&flags).await;
    let claims = json!({
        "sub": "ada", "exp": later(600), "topics": ["**"],
        "mercure": { "subscribe": ["orders/*"] },
    });
    let token = key.sign(&claims);
    let path = format!(
        "/sse?token={token}&topic={}&topic=news",
        encoded("orders/1")
    );
    let mut stream = server.open(&path).await;
    let welcome: Welcome = serde_json::from_str(&stream.next().await.data).expect("JSON");
    assert_eq!(
        (welcome.client_id.as_str(), &welcome.topics[..]),
        ("ada", &["orders/1".to_owned()][..])
    );
    let refused = stream.event("refused").await.data;
    assert!(refused.contains("\"news\""), "{refused}");
}

#[tokio::test]
async fn keys_of_the_issuer_and_the_stream_secret_hold_beside_each_other() {
    let key = Key::new("first");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys.json");
    fs::write(&file, key.jwk().to_string()).expect("written");
    let secret = "k".repeat(32);
    let flags = [
        "--jwt-key",
        file.to_str().expect("a plain path"),
        "--jwt-issuer",
        "https://issuer.example",
        "--stream-secret",
        &secret,
    ];
    let server = Server::with(&flags).await;
    assert_eq!(server.get("/sse?client_id=ada").await.status(), 401);
    let id = tidings::message::ClientId::parse("ada").expect("an id");
    let own = tidings::auth::sign(
        &tidings::config::Secret::from(secret.clone()),
        &id,
        &[],
        later(60),
    );
    listen(&server, &own).await;
    let mut theirs = claims("ada", &[], 60);
    let detail = refused(&server, &key.sign(&theirs)).await;
    assert!(detail.contains("iss"), "{detail}");
    theirs["iss"] = "https://issuer.example".into();
    listen(&server, &key.sign(&theirs)).await;
}

/// The next `reconnect` of a stream.
async fn reconnect(stream: &mut Listener) -> Reconnect {
    let event = stream.event("reconnect").await;
    serde_json::from_str(&event.data).expect("JSON")
}

#[tokio::test]
async fn a_client_is_told_before_its_token_ends_and_the_stream_ends_with_it() {
    let key = Key::new("first");
    let issuer = Issuer::start(&[&key]).await;
    for threads in ["2", "0"] {
        let server = server_of(&issuer, &["--delivery-threads", threads]).await;
        let orders = ["orders/*"];
        let mut stream = listen(&server, &key.sign(&claims("ada", &orders, 4))).await;
        let notice = reconnect(&mut stream).await;
        assert_eq!(notice.reason, "token_expired");
        let left = notice.closes_ms.expect("a notice");
        assert!((1..=2_000).contains(&left), "{left}");
        assert!(notice.after_ms <= left / 2, "{notice:?}");
        // The stream goes on, and another one can be opened beside it.
        let mut next = listen(&server, &key.sign(&claims("ada", &orders, 600))).await;
        server.push(client("ada"), "in between").await;
        assert_eq!(
            (stream.text().await.as_str(), next.text().await.as_str()),
            ("in between", "in between")
        );
        let end = reconnect(&mut stream).await;
        assert_eq!(
            (end.reason.as_str(), end.closes_ms),
            ("token_expired", None)
        );
        assert!(stream.rest().await.is_empty());
        server.push(client("ada"), "afterwards").await;
        assert_eq!(next.text().await, "afterwards");
    }
}

#[test]
fn files_with_keys_are_read_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("key.json");
    let (first, second) = (Key::new("first"), Key::new("second"));
    fs::write(&file, first.jwk().to_string()).expect("written");
    let server = Running::start(server_process(folder.path(), &["--jwt-key", "key.json"]));
    let url = server.url();
    let status = |key: &Key| {
        let token = key.sign(&claims("ada", &[], 600));
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().build();
            let request = client
                .expect("a client")
                .get(format!("{url}/sse?token={token}"));
            within(request.send())
                .await
                .expect("an answer")
                .status()
                .as_u16()
        })
    };
    assert_eq!((status(&first), status(&second)), (200, 401));
    fs::write(&file, second.jwk().to_string()).expect("written");
    send("-HUP", server.id());
    server.wait_for_error("changed: jwt_key");
    assert_eq!((status(&first), status(&second)), (401, 200));
    fs::write(&file, "{").expect("written");
    send("-HUP", server.id());
    server.wait_for_error("--jwt-key: key.json: ");
    assert_eq!(
        (status(&first), status(&second)),
        (401, 200),
        "the last right keys stay"
    );
    assert_eq!(server.signalled("-TERM").0, Some(0));
}

async fn revoke(server: &Server, path: &str) -> u16 {
    let request = server.http.delete(server.url(path));
    let answer = within(request.send()).await.expect("an answer");
    answer.status().as_u16()
}

#[tokio::test]
async fn a_revoked_token_ends_its_streams_and_opens_no_more_also_after_a_restart() {
    let key = Key::new("first");
    let issuer = Issuer::start(&[&key]).await;
    let token = |client: &str, id: &str, issued: u64| {
        let mut claims = claims(client, &["orders/*"], 600);
        claims["jti"] = id.into();
        claims["iat"] = issued.into();
        key.sign(&claims)
    };
    let (one, two) = (
        token("ada", "one/of ada", later(0) - 60),
        token("ada", "two", later(0) - 60),
    );
    let server = server_of(&issuer, &[]).await;
    let mut revoked = listen(&server, &one).await;
    let mut other = listen(&server, &two).await;
    assert_eq!(revoke(&server, "/api/tokens/one%2Fof%20ada").await, 204);
    let end = reconnect(&mut revoked).await;
    assert_eq!(
        (end.reason.as_str(), end.closes_ms),
        ("token_revoked", None)
    );
    assert!(revoked.rest().await.is_empty());
    assert!(refused(&server, &one).await.contains("was revoked"));
    server.push(client("ada"), "goes on").await;
    assert_eq!(other.text().await, "goes on");
    listen(&server, &two).await;

    assert_eq!(revoke(&server, "/api/tokens?sub=ada").await, 204);
    assert_eq!(reconnect(&mut other).await.reason, "token_revoked");
    let newer = token("ada", "three", later(60));
    let without = key.sign(&claims("ada", &[], 600));
    let server = server.restarted().await;
    until_metric(&server, "tidings_jwks_reads_total{result=\"success\"} 1").await;
    for token in [&one, &two, &without] {
        assert!(refused(&server, token).await.contains("was revoked"));
    }
    listen(&server, &newer).await;
    listen(&server, &token("bob", "four", later(0) - 60)).await;
}

#[tokio::test]
async fn what_can_be_no_token_or_client_is_not_revoked() {
    let server = Server::start().await;
    let long = "x".repeat(257);
    assert_eq!(revoke(&server, &format!("/api/tokens/{long}")).await, 422);
    assert_eq!(revoke(&server, "/api/tokens").await, 422);
    assert_eq!(revoke(&server, "/api/tokens?sub=a%20b").await, 422);
    assert_eq!(revoke(&server, "/api/tokens/never-seen").await, 204);
}
