//! How many messages an API key may push on one day.

use app::{
    api::Client,
    wire::{BatchAnswer, KeyRequest, KeyUpdate, NewKey, Problem, PushRequest},
};
use reqwest::Response;
use serde_json::json;

use crate::harness::{Server, client, push_of, within};

const TOKEN: &str = "an-admin-token-for-tests";

fn admin(server: &Server) -> Client {
    server.api.clone().with_token(TOKEN)
}

async fn key(server: &Server, per_day: u64) -> NewKey {
    let request = KeyRequest {
        name: "shop".to_owned(),
        role: Some("publisher".to_owned()),
        pushes_per_day: Some(per_day),
        ..KeyRequest::default()
    };
    within(admin(server).create_key(&request))
        .await
        .expect("made")
}

async fn send(server: &Server, key: &NewKey, push: &PushRequest) -> Response {
    let request = server.http.post(server.url("/push")).bearer_auth(&key.key);
    within(request.json(push).send()).await.expect("an answer")
}

async fn push(server: &Server, key: &NewKey) -> u16 {
    let answer = send(server, key, &push_of(client("ada"), "hello")).await;
    answer.status().as_u16()
}

/// What the list of keys says: the quota, and what was pushed today.
async fn shown(server: &Server, key: &NewKey) -> (Option<u64>, Option<u64>) {
    let key = within(admin(server).key(&key.info.id))
        .await
        .expect("there");
    (key.pushes_per_day, key.pushes_today)
}

#[tokio::test]
async fn a_key_pushes_so_many_messages_and_then_waits_until_midnight() {
    let server = Server::with(&["--admin-token", TOKEN]).await;
    let made = key(&server, 3).await;
    assert_eq!(shown(&server, &made).await, (Some(3), Some(0)));
    // What is refused does not count: here before it is stored, and here because nobody is online.
    let wrong = PushRequest {
        ttl: Some(u64::MAX),
        ..push_of(client("ada"), "hello")
    };
    assert_eq!(send(&server, &made, &wrong).await.status(), 422);
    let online = PushRequest {
        require_online: true,
        ..push_of(client("ada"), "hello")
    };
    for _ in 0..5 {
        assert_eq!(send(&server, &made, &online).await.status(), 409);
    }
    for _ in 0..3 {
        assert_eq!(push(&server, &made).await, 200);
    }
    let answer = send(&server, &made, &push_of(client("ada"), "hello")).await;
    assert_eq!(answer.status(), 429);
    let field = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
    let wait: u64 = field("retry-after").parse().expect("seconds");
    let now = httpdate::parse_http_date(&field("date")).expect("a date");
    let since = now
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970");
    let midnight = 86_400 - since.as_secs() % 86_400;
    assert!(
        wait.abs_diff(midnight) <= 2,
        "{wait} s, and {midnight} s are left"
    );
    assert_eq!(field("ratelimit-policy"), "\"pushes_per_day\";q=3;w=86400");
    assert_eq!(
        field("ratelimit"),
        format!("\"pushes_per_day\";r=0;t={wait}")
    );
    let problem: Problem = answer.json().await.expect("a problem");
    assert_eq!(problem.code, "quota_used_up");
    assert_eq!(shown(&server, &made).await, (Some(3), Some(3)));

    // Others go on, and what they push is not counted for this key.
    let other = key(&server, 1_000).await;
    assert_eq!(push(&server, &other).await, 200);
    let admin_push = push_of(client("ada"), "hello");
    within(admin(&server).push(&admin_push))
        .await
        .expect("pushed");
    assert_eq!(shown(&server, &made).await, (Some(3), Some(3)));
}

#[tokio::test]
async fn lines_of_a_batch_count_one_by_one() {
    let server = Server::with(&["--admin-token", TOKEN]).await;
    let made = key(&server, 2).await;
    let line = |online: bool| {
        let line = json!({"to": {"client": "ada"}, "data": 1, "require_online": online});
        format!("{line}\n")
    };
    let lines = [line(false), line(true), line(false)].concat();
    let post = |lines: String| {
        let request = server.http.post(server.url("/push/batch"));
        let request = request.bearer_auth(&made.key).body(lines);
        within(
            request
                .header("content-type", "application/x-ndjson")
                .send(),
        )
    };
    let codes = |text: &str| -> Vec<String> {
        let parse = |line| match serde_json::from_str(line).expect("JSON") {
            BatchAnswer::Accepted(_) => "accepted".to_owned(),
            BatchAnswer::Refused(problem) => problem.code,
        };
        text.lines().map(parse).collect()
    };
    // A line counts while it is being stored. So the third one is refused, and its place is free again afterwards.
    let text = post(lines).await.expect("an answer").text().await;
    let first = codes(&text.expect("text"));
    assert_eq!(first[..2], ["accepted", "nobody_online"]);
    let text = post([line(false), line(false)].concat()).await;
    let text = text.expect("an answer").text().await.expect("text");
    let used = first
        .iter()
        .chain(&codes(&text))
        .filter(|code| *code == "accepted")
        .count();
    assert_eq!(used, 2, "{first:?} {text}");
    assert_eq!(
        codes(&text).last().map(String::as_str),
        Some("quota_used_up")
    );
    assert_eq!(shown(&server, &made).await, (Some(2), Some(2)));
}

#[tokio::test]
async fn the_count_survives_a_restart_and_a_quota_can_be_changed() {
    let server = Server::with(&["--admin-token", TOKEN]).await;
    let made = key(&server, 3).await;
    for _ in 0..3 {
        assert_eq!(push(&server, &made).await, 200);
    }
    let server = server.restarted().await;
    assert_eq!(shown(&server, &made).await, (Some(3), Some(3)));
    assert_eq!(push(&server, &made).await, 429);
    let metrics = server.http.get(server.url("/metrics")).bearer_auth(TOKEN);
    let metrics = within(metrics.send())
        .await
        .expect("an answer")
        .text()
        .await;
    let metrics = metrics.expect("text");
    let id = &made.info.id;
    for line in [
        format!("tidings_key_pushes_today{{key=\"{id}\"}} 3\n"),
        format!("tidings_key_pushes_per_day{{key=\"{id}\"}} 3\n"),
        "tidings_errors_total{code=\"quota_used_up\"} 1\n".to_owned(),
    ] {
        assert!(metrics.contains(&line), "{line} is not in {metrics}");
    }

    let change = |pushes_per_day| {
        let update = KeyUpdate {
            pushes_per_day,
            ..KeyUpdate::default()
        };
        let api = admin(&server);
        async move { within(api.update_key(id, &update)).await.expect("changed") }
    };
    change(Some(4)).await;
    assert_eq!(
        (push(&server, &made).await, push(&server, &made).await),
        (200, 429)
    );
    // Another change does not touch it.
    assert_eq!(change(None).await.pushes_per_day, Some(4));
    assert_eq!(change(Some(0)).await.pushes_per_day, None);
    assert_eq!(push(&server, &made).await, 200);
    assert_eq!(shown(&server, &made).await, (None, None));
}

#[tokio::test]
async fn what_is_no_quota_is_refused() {
    let server = Server::with(&["--admin-token", TOKEN]).await;
    for quota in [
        json!(0),
        json!(-1),
        json!(1.5),
        json!("many"),
        json!(1_u64 << 53),
    ] {
        let body = json!({"name": "shop", "role": "publisher", "pushes_per_day": quota});
        let request = server.http.post(server.url("/api/keys")).bearer_auth(TOKEN);
        let answer = within(request.json(&body).send()).await.expect("an answer");
        assert_eq!(answer.status(), 422, "{body}");
        let problem: Problem = answer.json().await.expect("a problem");
        assert_eq!(problem.field.as_deref(), Some("pushes_per_day"));
    }
}
