//! How often callers may do something: each limit, what a refusal says, and that others go on.

use app::wire::{BatchAnswer, Problem};
use reqwest::Response;
use serde_json::{Value, json};
use tidings::{auth::sign, config::Secret, message::ClientId};

use crate::harness::{Listener, Server, within};

const ADMIN: &str = "an-admin-token-for-tests";

/// A server behind a proxy on this machine, which says where requests come from. Without an admin token, everybody would be
/// an admin.
async fn behind_proxy(flags: &[&str]) -> Server {
    let all = ["--trusted-proxy", "127.0.0.1", "--admin-token", ADMIN];
    Server::with(&[&all, flags].concat()).await
}

async fn get_from(server: &Server, address: &str, path: &str) -> Response {
    let request = server.http.get(server.url(path));
    let request = request.header("x-forwarded-for", address);
    within(request.send()).await.expect("an answer")
}

/// Asserts that the answer is a refusal by this limit, and that its header fields say so.
async fn assert_limited(answer: Response, code: &str, policy: &str) {
    assert_eq!(answer.status(), 429);
    let field = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
    let wait: u64 = field("retry-after").parse().expect("seconds");
    assert!(wait > 0);
    let name = policy.split(';').next().expect("a name");
    assert_eq!(field("ratelimit-policy"), policy);
    assert_eq!(field("ratelimit"), format!("{name};r=0;t={wait}"));
    let problem: Problem = answer.json().await.expect("a problem");
    assert_eq!(problem.code, code);
}

#[tokio::test]
async fn an_address_opens_so_many_streams_in_a_minute_and_others_go_on() {
    let server = behind_proxy(&["--limit-opens", "3"]).await;
    for path in [
        "/sse?client_id=a",
        "/sse",
        "/sse/jobs/9b2d8e0c-6f0d-4a43-8f83-8f2f6a3d3a55",
    ] {
        assert_ne!(get_from(&server, "192.0.2.1", path).await.status(), 429);
    }
    for path in [
        "/sse?client_id=b",
        "/sse",
        "/sse/jobs/9b2d8e0c-6f0d-4a43-8f83-8f2f6a3d3a55",
    ] {
        let answer = get_from(&server, "192.0.2.1", path).await;
        assert_limited(answer, "too_many_opens", "\"limit_opens\";q=3;w=60").await;
    }
    assert_eq!(
        get_from(&server, "192.0.2.2", "/sse?client_id=b")
            .await
            .status(),
        200
    );
    // Other requests are not limited by it.
    assert_eq!(
        get_from(&server, "192.0.2.1", "/health/live")
            .await
            .status(),
        200
    );
    // All addresses of a network with IPv6 count as one.
    for host in 1..=3 {
        let address = format!("2001:db8::{host}");
        assert_eq!(get_from(&server, &address, "/sse").await.status(), 200);
    }
    assert_eq!(
        get_from(&server, "2001:db8::ffff", "/sse").await.status(),
        429
    );
    assert_eq!(
        get_from(&server, "2001:db8:0:1::1", "/sse").await.status(),
        200
    );
    let metrics = server.http.get(server.url("/metrics")).bearer_auth(ADMIN);
    let metrics = within(metrics.send()).await.expect("an answer");
    let metrics = metrics.text().await.expect("text");
    for line in [
        "tidings_errors_total{code=\"too_many_opens\"} 4",
        "tidings_limits_tracked{limit=\"limit_opens\"} 4",
    ] {
        assert!(metrics.lines().any(|told| told == line), "{line}");
    }
}

#[tokio::test]
async fn this_machine_and_the_admin_token_open_as_many_streams_as_they_like() {
    let server = behind_proxy(&["--limit-opens", "1", "--limit-streams", "1"]).await;
    let mut open = Vec::new();
    for n in 0..5 {
        let local = server.get(&format!("/sse?client_id=local-{n}")).await;
        let path = format!("/sse?client_id=remote-{n}");
        let request = server.http.get(server.url(&path)).bearer_auth(ADMIN);
        let request = request.header("x-forwarded-for", "192.0.2.1").send();
        let admin = within(request).await.expect("an answer");
        assert_eq!(
            (local.status().as_u16(), admin.status().as_u16()),
            (200, 200)
        );
        open.extend([local, admin]);
    }
}

#[tokio::test]
async fn a_limit_of_0_is_none() {
    let server = behind_proxy(&["--limit-opens", "0", "--limit-streams", "0"]).await;
    let mut open = Vec::new();
    for n in 0..20 {
        let answer = get_from(&server, "192.0.2.1", &format!("/sse?client_id=c{n}")).await;
        assert_eq!(answer.status(), 200);
        open.push(answer);
    }
}

#[tokio::test]
async fn a_client_with_a_token_opens_so_many_streams_in_a_minute_from_wherever_it_is() {
    let secret = "k".repeat(32);
    let server = behind_proxy(&["--stream-secret", &secret, "--limit-opens-of-client", "2"]).await;
    let token = |id: &str| {
        let id = ClientId::parse(id).expect("an id");
        sign(&Secret::from(secret.clone()), &id, &[], 4_000_000_000)
    };
    let path = format!("/sse?token={}", token("ada"));
    for address in ["192.0.2.1", "192.0.2.2"] {
        assert_eq!(get_from(&server, address, &path).await.status(), 200);
    }
    let answer = get_from(&server, "192.0.2.3", &path).await;
    let policy = "\"limit_opens_of_client\";q=2;w=60";
    assert_limited(answer, "too_many_opens_of_client", policy).await;
    let path = format!("/sse?token={}", token("bob"));
    assert_eq!(get_from(&server, "192.0.2.3", &path).await.status(), 200);
}

#[tokio::test]
async fn an_address_has_so_many_streams_at_the_same_time() {
    let server = behind_proxy(&["--limit-streams", "2"]).await;
    let first = get_from(&server, "192.0.2.1", "/sse?client_id=a").await;
    let second = get_from(&server, "192.0.2.1", "/sse?client_id=b").await;
    assert_eq!(
        (first.status().as_u16(), second.status().as_u16()),
        (200, 200)
    );
    let policy = "\"limit_streams\";q=2;qu=\"concurrent-requests\"";
    let third = get_from(&server, "192.0.2.1", "/sse?client_id=c").await;
    assert_limited(third, "too_many_connections_of_address", policy).await;
    assert_eq!(
        get_from(&server, "192.0.2.2", "/sse?client_id=c")
            .await
            .status(),
        200
    );
    // A stream that ends makes room for another one.
    drop(second);
    within(async {
        while get_from(&server, "192.0.2.1", "/sse?client_id=c")
            .await
            .status()
            != 200
        {
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(first);
}

fn message(bytes: usize) -> String {
    json!({ "to": { "client": "ada" }, "data": "x".repeat(bytes) }).to_string()
}

#[tokio::test]
async fn pushes_are_limited_and_allowed_again() {
    let server = Server::with(&["--limit-admin", "--limit-pushes", "1"]).await;
    for _ in 0..10 {
        assert_eq!(server.post("/push", &message(1)).await.status(), 200);
    }
    let answer = server.post("/push", &message(1)).await;
    assert_limited(answer, "too_many_pushes", "\"limit_pushes\";q=10;w=10").await;
    let article = server.get("/push?client_id=ada&message=x").await;
    assert_eq!(article.status(), 429);
    within(async {
        while server.post("/push", &message(1)).await.status() != 200 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn the_lines_of_a_batch_over_the_limit_are_refused_and_the_others_are_stored() {
    let server = Server::with(&["--limit-admin", "--limit-pushes", "1"]).await;
    let push: Value = serde_json::from_str(&message(1)).expect("JSON");
    let answers = server.batch(&vec![push; 15]).await;
    let refused = |answer: &BatchAnswer| match answer {
        BatchAnswer::Accepted(_) => None,
        BatchAnswer::Refused(problem) => Some(problem.code.clone()),
    };
    let (stored, late) = answers.split_at(10);
    assert!(stored.iter().all(|answer| refused(answer).is_none()));
    // A second may pass meanwhile.
    assert!(
        late.iter()
            .filter_map(refused)
            .filter(|code| code == "too_many_pushes")
            .count()
            >= 3
    );
}

#[tokio::test]
async fn pushed_bytes_are_limited() {
    let server = Server::with(&["--limit-admin", "--limit-push-bytes", "100"]).await;
    assert_eq!(server.post("/push", &message(900)).await.status(), 200);
    let answer = server.post("/push", &message(900)).await;
    let policy = "\"limit_push_bytes\";q=1000;qu=\"content-bytes\";w=10";
    assert_limited(answer, "too_many_push_bytes", policy).await;
    assert_eq!(server.post("/push", &message(1)).await.status(), 200);
}

#[tokio::test]
async fn the_limits_are_listed_with_how_often_they_were_reached() {
    let server = Server::with(&["--limit-admin", "--limit-pushes", "1"]).await;
    for _ in 0..11 {
        server.post("/push", &message(1)).await;
    }
    let listed = within(server.api.limits()).await.expect("the limits");
    assert!(listed.admin);
    let find = |name: &str| listed.limits.iter().find(|limit| limit.name == name);
    let pushes = find("limit_pushes").expect("the limit of pushes");
    assert_eq!((pushes.amount, pushes.seconds), (Some(1), Some(1)));
    assert_eq!(pushes.code, "too_many_pushes");
    assert!(pushes.refused >= 1);
    let streams = find("limit_streams").expect("the limit of streams");
    assert_eq!((streams.amount, streams.seconds), (Some(2_000), None));
    assert_eq!(streams.refused, 0);
    assert_eq!(find("pushes_per_day").and_then(|limit| limit.amount), None);
}

#[tokio::test]
async fn without_limit_admin_an_admin_pushes_as_much_as_it_likes() {
    let server = Server::with(&["--limit-pushes", "1", "--limit-push-bytes", "1"]).await;
    for _ in 0..30 {
        assert_eq!(server.post("/push", &message(100)).await.status(), 200);
    }
}

#[tokio::test]
async fn a_right_token_passes_although_others_at_its_address_sent_wrong_ones() {
    let secret = "k".repeat(32);
    let flags = ["--stream-secret", &secret, "--limit-failures", "3"];
    let server = behind_proxy(&flags).await;
    let ask = async |path: &str, token: &str| {
        let request = server.http.get(server.url(path)).bearer_auth(token);
        let request = request.header("x-forwarded-for", "192.0.2.1");
        within(request.send()).await.expect("an answer")
    };
    let id = ClientId::parse("ada").expect("an id");
    let right = sign(&Secret::from(secret.clone()), &id, &[], 4_000_000_000);
    let forged = sign(&Secret::from("x".repeat(32)), &id, &[], 4_000_000_000);
    let expired = sign(&Secret::from(secret.clone()), &id, &[], 1);
    for (path, wrong, right) in [
        ("/api/stats", "a-wrong-token", ADMIN),
        ("/sse", &forged, &right),
    ] {
        for _ in 0..3 {
            assert_eq!(ask(path, wrong).await.status(), 401);
        }
        for _ in 0..2 {
            let policy = "\"limit_failures\";q=3;w=60";
            assert_limited(ask(path, wrong).await, "too_many_tries", policy).await;
            assert_eq!(ask(path, right).await.status(), 200);
        }
    }
    // Who had a right token once is no attacker.
    for _ in 0..5 {
        assert_eq!(ask("/sse", &expired).await.status(), 401);
    }
    let stream = ask("/sse", &right).await;
    Listener::of(stream).welcomed().await;
}
