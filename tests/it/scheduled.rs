//! Messages that are pushed later.

use std::time::{SystemTime, UNIX_EPOCH};

use app::wire::{BatchAnswer, ScheduledInfo, ScheduledPage, To};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Server, seq, within};

/// Sends a request with a JSON body. Returns the status and the answer.
async fn send(server: &Server, method: Method, path: &str, body: Value) -> (u16, Value) {
    let request = server.http.request(method, server.url(path)).json(&body);
    let answer = within(request.send()).await.expect("an answer");
    let status = answer.status().as_u16();
    let text = within(answer.text()).await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// Schedules a push. Returns its id.
async fn schedule(server: &Server, push: Value) -> String {
    let (status, answer) = send(server, Method::POST, "/push", push).await;
    assert_eq!(status, 202, "{answer}");
    assert!(answer["due_at"].as_u64().is_some(), "{answer}");
    answer["id"].as_str().expect("an id").to_owned()
}

fn path(id: &str) -> String {
    format!("/api/scheduled/{id}")
}

#[tokio::test]
async fn a_scheduled_push_is_delivered_when_it_is_due_and_its_id_leads_to_the_message() {
    let server = Server::start().await;
    let mut ada = server.listen("ada", &[]).await;
    let to_ada = json!({"client": "ada"});
    let never = schedule(
        &server,
        json!({"to": to_ada, "data": "never", "delay": 3600}),
    )
    .await;
    let id = schedule(&server, json!({"to": to_ada, "data": "soon", "delay": 1})).await;
    let (_, info) = send(&server, Method::GET, &path(&id), Value::Null).await;
    assert_eq!(info["data"], "soon");
    let arrived = ada.message().await;
    assert_eq!(arrived.data, "soon");
    // It is one after its second: not before, and the clock of the server says when.
    let info: ScheduledInfo = server
        .until(&path(&id), |info: &ScheduledInfo| info.message.is_some())
        .await;
    let cursor = info.message.expect("a cursor");
    assert_eq!(cursor, arrived.id);
    let message = server.message(&cursor).await;
    assert_eq!(message.scheduled.as_deref(), Some(id.as_str()));
    assert!((info.due_at..info.due_at + 1_000).contains(&message.message.at));
    let page: ScheduledPage = server.read("/api/scheduled").await;
    let waiting: Vec<&str> = page.scheduled.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(waiting, [never.as_str()]);
}

#[tokio::test]
async fn a_time_that_has_passed_is_due_at_once() {
    let server = Server::start().await;
    let mut ada = server.listen("ada", &[]).await;
    let at = "2001-02-03T04:05:06+07:00";
    schedule(&server, json!({"to": "everyone", "data": "late", "at": at})).await;
    assert_eq!(ada.message().await.data, "late");
}

#[tokio::test]
async fn ten_thousand_scheduled_messages_survive_a_restart_and_each_is_delivered_once() {
    let mut server = Server::start().await;
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = u64::try_from(since.expect("after 1970").as_millis()).expect("small");
    // Due while the server is restarted, or soon after it.
    let due = |n: u64| now + 1_500 + n / 10;
    let push = |n: u64| {
        let at = tidings::timestamp::rfc3339(due(n));
        json!({"to": {"topic": "load"}, "data": n, "at": at})
    };
    for part in 0..10_u64 {
        let lines: Vec<Value> = (part * 1_000..(part + 1) * 1_000).map(push).collect();
        for answer in server.batch(&lines).await {
            assert!(matches!(answer, BatchAnswer::Accepted(one) if one.due_at.is_some()));
        }
    }
    server = server.restarted().await;
    let mut reader = server
        .stream("/sse?client_id=ada&topic=load&since=earliest")
        .await;
    let mut seen = vec![0_u8; 10_000];
    let mut last = (0, 0);
    for _ in 0..10_000 {
        let message = reader.message().await;
        let number: usize = message.data.parse().expect("a number");
        seen[number] += 1;
        // In the order of their seconds, and of their numbers within one.
        let place = (due(number as u64) / 1_000, number);
        assert!(place >= last, "{number} after {last:?}");
        last = place;
    }
    assert!(seen.iter().all(|count| *count == 1));
    let page: ScheduledPage = server.read("/api/scheduled").await;
    assert_eq!(page.scheduled.len(), 0);
    // Another restart brings nothing again.
    server = server.restarted().await;
    server.push(To::Topic("load".to_owned()), "end").await;
    let newest = server
        .read::<Value>("/api/messages?topic=load&limit=1")
        .await;
    let newest = newest["messages"][0]["id"]
        .as_str()
        .expect("a cursor")
        .to_owned();
    assert_eq!(seq(&newest), 10_001);
}

#[tokio::test]
async fn a_scheduled_message_can_be_moved_and_cancelled_until_it_is_pushed() {
    let server = Server::start().await;
    let mut ada = server.listen("ada", &[]).await;
    let push = |text: &str| json!({"to": {"client": "ada"}, "data": text, "delay": 3600});
    let (moved, cancelled) = (
        schedule(&server, push("moved")).await,
        schedule(&server, push("cancelled")).await,
    );
    let (status, _) = send(&server, Method::DELETE, &path(&cancelled), Value::Null).await;
    assert_eq!(status, 204);
    let (status, problem) = send(&server, Method::GET, &path(&cancelled), Value::Null).await;
    assert_eq!(
        (status, &problem["code"]),
        (404, &json!("schedule_unknown"))
    );
    let (status, info) = send(&server, Method::PATCH, &path(&moved), json!({"delay": 0})).await;
    assert_eq!(status, 200, "{info}");
    assert_eq!(ada.message().await.data, "moved");
    for (method, body) in [
        (Method::PATCH, json!({"delay": 5})),
        (Method::DELETE, Value::Null),
    ] {
        let (status, problem) = send(&server, method, &path(&moved), body).await;
        assert_eq!((status, &problem["code"]), (409, &json!("schedule_sent")));
    }
}

#[tokio::test]
async fn what_can_not_be_scheduled_is_refused_with_the_field() {
    let server = Server::with(&["--max-scheduled", "1", "--max-schedule-days", "2"]).await;
    let base = json!({"to": {"client": "ada"}, "data": 1});
    for (more, field) in [
        (json!({"at": "tomorrow"}), "at"),
        (json!({"at": "2027-01-01T00:00:00"}), "at"),
        (json!({"at": "9999-01-01T00:00:00Z"}), "at"),
        (json!({"delay": 172_801}), "delay"),
        (json!({"delay": -1}), "delay"),
        (json!({"delay": 1, "at": "2001-01-01T00:00:00Z"}), "delay"),
        (json!({"delay": 1, "ttl": 0}), "ttl"),
        (
            json!({"delay": 1, "require_online": true}),
            "require_online",
        ),
        (json!({"delay": 1, "track": true}), "track"),
    ] {
        let mut push = base.clone();
        let fields = more.as_object().expect("fields").clone();
        push.as_object_mut().expect("an object").extend(fields);
        let (status, problem) = send(&server, Method::POST, "/push", push).await;
        assert_eq!((status, &problem["field"]), (422, &json!(field)), "{more}");
    }
    let later = json!({"to": {"client": "ada"}, "data": 1, "delay": 172_800});
    let id = schedule(&server, later.clone()).await;
    let request = server.http.post(server.url("/push")).json(&later).send();
    let full = within(request).await.expect("an answer");
    assert_eq!(full.status(), 429);
    assert!(full.headers().contains_key("retry-after"));
    let problem: Value = full.json().await.expect("a problem");
    assert_eq!(problem["code"], "too_many_scheduled");
    for (body, field) in [
        (json!({}), "at"),
        (json!({"at": "soon"}), "at"),
        (json!({"delay": 172_801}), "delay"),
        (json!({"when": 1}), "when"),
    ] {
        let (status, problem) = send(&server, Method::PATCH, &path(&id), body).await;
        assert_eq!((status, &problem["field"]), (422, &json!(field)));
    }
    for wrong in ["x", "2f0c6a0e-0000-4000-8000-000000000000"] {
        let (status, problem) = send(&server, Method::GET, &path(wrong), Value::Null).await;
        assert_eq!(
            (status, &problem["code"]),
            (404, &json!("schedule_unknown"))
        );
    }
}

#[tokio::test]
async fn a_repeated_schedule_with_a_key_answers_with_the_same_id() {
    let server = Server::start().await;
    let push = json!({"to": "everyone", "data": 1, "delay": 3600, "idempotency_key": "k"});
    let first = schedule(&server, push.clone()).await;
    assert_eq!(schedule(&server, push).await, first);
    let now = json!({"to": "everyone", "data": 1, "idempotency_key": "k"});
    let (status, problem) = send(&server, Method::POST, "/push", now).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("idempotency_key_reused"))
    );
}

#[tokio::test]
async fn the_form_of_the_article_can_be_scheduled_too() {
    let server = Server::start().await;
    let mut ada = server.listen("ada", &[]).await;
    let answer = server
        .get("/push?client_id=ada&message=later&delay=0")
        .await;
    assert_eq!(answer.status(), 202);
    assert_eq!(within(answer.text()).await.expect("a text"), "success");
    assert_eq!(ada.message().await.data, "later");
}

#[tokio::test]
async fn pages_of_the_list_have_each_message_once() {
    let server = Server::start().await;
    let lines: Vec<Value> = (0..25)
        .map(|n| json!({"to": {"topic": format!("t/{n}")}, "data": n, "delay": 3600 - n}))
        .collect();
    server.batch(&lines).await;
    let (mut path, mut found) = ("/api/scheduled?limit=10".to_owned(), Vec::new());
    loop {
        let page: ScheduledPage = server.read(&path).await;
        found.extend(page.scheduled.iter().map(|one| one.data.get().to_owned()));
        match page.next {
            Some(next) => path = format!("/api/scheduled?limit=10&after={next}"),
            None => break,
        }
    }
    let expected: Vec<String> = (0..25).rev().map(|n| n.to_string()).collect();
    assert_eq!(found, expected);
    assert_eq!(server.get("/api/scheduled?after=x").await.status(), 422);
}

#[tokio::test]
async fn the_audit_trail_names_who_scheduled_changed_and_cancelled() {
    let server = Server::start().await;
    let id = schedule(
        &server,
        json!({"to": {"client": "ada"}, "data": 1, "delay": 3600}),
    )
    .await;
    send(&server, Method::PATCH, &path(&id), json!({"delay": 7200})).await;
    send(&server, Method::DELETE, &path(&id), Value::Null).await;
    server
        .until("/api/audit", |trail: &Value| {
            let entries = trail["entries"].as_array().expect("entries");
            let has = |action| entries.iter().any(|entry| entry["action"] == action);
            ["schedule", "schedule.change", "schedule.cancel"]
                .into_iter()
                .all(has)
        })
        .await;
}
