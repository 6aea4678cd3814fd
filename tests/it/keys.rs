//! API keys: who has one may do what it says, until it ends.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use app::{
    api::{ApiError, Client, ClientsQuery, MessagesQuery},
    wire::{
        ClientDetail, KeyPermission, KeyRequest, KeyUpdate, NewKey, Problem, Refused, Rotation,
        Session, To, Welcome,
    },
};
use serde_json::{Value, json};

use crate::harness::{Listener, Server, client, push_of, topic, within};

const TOKEN: &str = "an-admin-token-for-tests";

async fn server() -> Server {
    Server::with(&["--admin-token", TOKEN]).await
}

fn admin(server: &Server) -> Client {
    server.api.clone().with_token(TOKEN)
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn request(role: &str, clients: &[&str], topics: &[&str]) -> KeyRequest {
    KeyRequest {
        name: "shop".to_owned(),
        role: Some(role.to_owned()),
        clients: owned(clients),
        topics: owned(topics),
        ..KeyRequest::default()
    }
}

/// Makes a key. Returns it with a client of the API that uses it.
async fn made(server: &Server, request: &KeyRequest) -> (NewKey, Client) {
    let key = within(admin(server).create_key(request))
        .await
        .expect("made");
    let api = server.api.clone().with_token(&key.key);
    (key, api)
}

fn problem<T: std::fmt::Debug>(result: Result<T, ApiError>) -> Problem {
    match result.expect_err("refused") {
        ApiError::Problem(problem) => *problem,
        other => panic!("{other:?}"),
    }
}

/// Opens a stream with this key.
async fn stream(server: &Server, key: &str, query: &str) -> reqwest::Response {
    let url = server.url(&format!("/sse?{query}"));
    within(server.http.get(url).bearer_auth(key).send())
        .await
        .expect("an answer")
}

#[tokio::test]
async fn a_key_pushes_where_it_may_and_the_refusal_names_what_it_may_do() {
    let server = server().await;
    let (key, api) = made(&server, &request("publisher", &["shop:*"], &["orders/**"])).await;
    assert!(
        key.key.starts_with("tdg_") && key.key.len() == 53,
        "{}",
        key.key
    );
    let push = |to| {
        let api = api.clone();
        async move { within(api.push(&push_of(to, "hello"))).await }
    };
    push(client("shop:1")).await.expect("allowed");
    push(topic("orders/42")).await.expect("allowed");
    push(To::Clients(owned(&["shop:1", "shop:2"])))
        .await
        .expect("allowed");
    let cases = [
        (client("bank:1"), "to.client", "the client bank:1"),
        (topic("news"), "to.topic", "the topic news"),
        (
            To::Clients(owned(&["shop:1", "bank:1", "bank:2"])),
            "to.clients",
            "the client bank:1",
        ),
        (To::Everyone, "to", "everyone"),
    ];
    for (to, field, target) in cases {
        let refused = problem(push(to).await);
        assert_eq!((refused.status, refused.code.as_str()), (403, "forbidden"));
        assert_eq!(refused.field.as_deref(), Some(field));
        let detail = &refused.detail;
        assert!(
            detail.contains("\"shop\"") && detail.contains("shop:* ") || detail.contains("shop:*,"),
            "{detail}"
        );
        assert!(
            detail.ends_with(&format!("but not for {target}")),
            "{detail}"
        );
    }
    let refused = problem(within(api.stats()).await);
    assert!(
        refused.detail.contains("may not read: it may push, job"),
        "{}",
        refused.detail
    );
    // Only the two messages to clients and the one to the topic are there.
    let all = admin(&server)
        .messages(&MessagesQuery::default())
        .await
        .expect("a page");
    assert_eq!(all.messages.len(), 3);
}

#[tokio::test]
async fn a_line_of_a_batch_that_is_not_allowed_is_refused_alone() {
    let server = server().await;
    let (key, _) = made(&server, &request("publisher", &["shop:*"], &["orders/**"])).await;
    let lines = [
        json!({"to": {"client": "shop:1"}, "data": 1}),
        json!({"to": {"topic": "news"}, "data": 2}),
        json!({"to": {"topic": "orders/1"}, "data": 3}),
    ];
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let request = server
        .http
        .post(server.url("/push/batch"))
        .bearer_auth(&key.key);
    let request = request
        .header("content-type", "application/x-ndjson")
        .body(lines);
    let text = within(request.send())
        .await
        .expect("an answer")
        .text()
        .await
        .expect("text");
    let answers: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert!(
        answers[0]["id"].is_string() && answers[2]["id"].is_string(),
        "{text}"
    );
    assert_eq!(answers[1]["code"], "forbidden");
    assert_eq!(answers[1]["field"], "to.topic");
}

#[tokio::test]
async fn lists_show_only_what_a_key_may_read() {
    let server = server().await;
    let admin = admin(&server);
    let _shop = server.listen("shop:1", &["orders/1", "secret"]).await;
    let _bank = server.listen("bank:1", &["secret"]).await;
    let mut ids = Vec::new();
    for to in [
        client("shop:1"),
        client("bank:1"),
        To::Clients(owned(&["shop:1", "bank:1"])),
        topic("orders/1"),
        topic("secret"),
        To::Everyone,
    ] {
        ids.push(
            admin
                .push(&push_of(to, "hello"))
                .await
                .expect("pushed")
                .id
                .expect("an id"),
        );
    }
    let tracked = |to: &str| json!({"to": {"client": to}, "data": 1, "track": true});
    for to in ["shop:1", "bank:1"] {
        let request = server.http.post(server.url("/push")).bearer_auth(TOKEN);
        let request = request.header("content-type", "application/json");
        within(request.body(tracked(to).to_string()).send())
            .await
            .expect("pushed");
    }
    let (_, viewer) = made(&server, &request("viewer", &["shop:*"], &["orders/**"])).await;
    let clients = viewer
        .clients(&ClientsQuery::default())
        .await
        .expect("a page");
    assert_eq!((clients.clients.len(), clients.total), (1, 1));
    assert_eq!(clients.clients[0].connections[0].topics, ["orders/1"]);
    for all in [false, true] {
        let query = ClientsQuery {
            all,
            offset: Some(0),
            ..ClientsQuery::default()
        };
        let window = viewer.clients(&query).await.expect("a window");
        assert_eq!(
            (window.clients.len(), window.matching),
            (1, Some(1)),
            "all: {all}"
        );
    }
    let query = ClientsQuery {
        q: Some("secret".to_owned()),
        ..ClientsQuery::default()
    };
    let found = viewer.clients(&query).await.expect("a page");
    assert!(
        found.clients.is_empty(),
        "a hidden topic can't be searched for"
    );
    let topics = viewer.topics("", 10).await.expect("a page").topics;
    assert_eq!(
        topics
            .iter()
            .map(|one| one.topic.as_str())
            .collect::<Vec<_>>(),
        ["orders/1"]
    );
    let messages = viewer
        .messages(&MessagesQuery::default())
        .await
        .expect("a page");
    let seen: Vec<&To> = messages
        .messages
        .iter()
        .map(|message| &message.to)
        .collect();
    assert_eq!(
        seen,
        [&client("shop:1"), &topic("orders/1"), &client("shop:1")]
    );
    let jobs = viewer.jobs(&Default::default()).await.expect("a page").jobs;
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].title, "Push to shop:1");
    let stats = viewer.stats().await.expect("stats");
    assert_eq!((stats.clients, stats.connections, stats.topics), (1, 1, 1));
    assert_eq!((stats.messages, stats.log_messages), (0, 0));
    for (id, visible) in ids.iter().zip([true, false, false, true, false, false]) {
        assert_eq!(viewer.message(id).await.is_ok(), visible, "{id}");
    }
    assert_eq!(
        problem(viewer.client("bank:1").await).code,
        "client_unknown"
    );
    // Messages to everyone are for who may read them.
    let everyone = KeyRequest {
        everyone: Some(true),
        ..request("viewer", &["shop:*"], &[])
    };
    let (_, viewer) = made(&server, &everyone).await;
    assert!(viewer.message(&ids[5]).await.is_ok());
}

#[tokio::test]
async fn a_key_can_not_make_or_take_over_a_key_that_may_do_more() {
    let server = server().await;
    let manager = KeyRequest {
        name: "manager".to_owned(),
        permissions: vec![KeyPermission {
            actions: owned(&["manage", "push"]),
            clients: owned(&["shop:*"]),
            topics: owned(&["orders/**"]),
            everyone: false,
        }],
        ..KeyRequest::default()
    };
    let (own, manager) = made(&server, &manager).await;
    let permission = |actions: &[&str], clients: &[&str], everyone| KeyRequest {
        name: "new".to_owned(),
        permissions: vec![KeyPermission {
            actions: owned(actions),
            clients: owned(clients),
            topics: Vec::new(),
            everyone,
        }],
        ..KeyRequest::default()
    };
    for beyond in [
        request("admin", &[], &[]),
        request("publisher", &["shop:*"], &["orders/**"]),
        permission(&["push"], &["*"], false),
        permission(&["push"], &["shop:*"], true),
        permission(&["read"], &["shop:1"], false),
        permission(&["read"], &[], false),
    ] {
        let refused = problem(manager.create_key(&beyond).await);
        assert_eq!(
            (refused.status, refused.field.as_deref()),
            (403, Some("permissions"))
        );
        assert!(
            refused
                .detail
                .contains("\"manager\" may not do all of that"),
            "{}",
            refused.detail
        );
    }
    let smaller = manager
        .create_key(&permission(&["push"], &["shop:1*"], false))
        .await;
    let smaller = smaller.expect("inside its own").info.id;
    // A wider key is not taken over by a new text, and not changed.
    let (wider, _) = made(&server, &request("admin", &[], &[])).await;
    for id in [&wider.info.id, "admin-token"] {
        assert_eq!(
            problem(manager.rotate_key(id, &Rotation::default()).await).status,
            403
        );
        assert_eq!(problem(manager.revoke_key(id).await).status, 403);
        assert_eq!(
            problem(manager.update_key(id, &KeyUpdate::default()).await).status,
            403
        );
    }
    let widen = KeyUpdate {
        role: Some("operator".to_owned()),
        ..KeyUpdate::default()
    };
    assert_eq!(
        problem(manager.update_key(&smaller, &widen).await).status,
        403
    );
    assert_eq!(
        problem(manager.update_key(&own.info.id, &widen).await).status,
        403
    );
    manager.revoke_key(&smaller).await.expect("its own");
}

#[tokio::test]
async fn the_text_of_a_refusal_says_what_is_wrong_with_a_key() {
    let server = server().await;
    let short = KeyRequest {
        ttl: Some(1),
        ..request("viewer", &[], &[])
    };
    let (key, api) = made(&server, &short).await;
    let refused = within(async {
        loop {
            match api.stats().await {
                Ok(_) => tokio::task::yield_now().await,
                refused => return problem(refused),
            }
        }
    })
    .await;
    assert_eq!(refused.status, 401);
    assert!(
        refused.detail.contains("\"shop\" expired at "),
        "{}",
        refused.detail
    );
    let with = |text: &str| server.api.clone().with_token(text);
    let typo = problem(with(&key.key[..52]).stats().await);
    assert!(typo.detail.contains("typing error"), "{}", typo.detail);
    let (key, api) = made(&server, &request("viewer", &[], &[])).await;
    api.stats().await.expect("allowed");
    admin(&server)
        .revoke_key(&key.info.id)
        .await
        .expect("revoked");
    let gone = problem(api.stats().await);
    assert!(gone.detail.contains("it was revoked"), "{}", gone.detail);
    assert_eq!(
        problem(admin(&server).key(&key.info.id).await).code,
        "key_unknown"
    );
}

#[tokio::test]
async fn a_key_is_rotated_under_load_without_a_failed_push() {
    let server = server().await;
    let (key, api) = made(&server, &request("publisher", &[], &[])).await;
    let current = Arc::new(parking_lot::Mutex::new(api));
    let (stop, pushed) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let pushers: Vec<_> = (0..4)
        .map(|_| {
            let (current, stop, pushed) =
                (Arc::clone(&current), Arc::clone(&stop), Arc::clone(&pushed));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let api = current.lock().clone();
                    let push = push_of(topic("orders/1"), "hello");
                    within(api.push(&push)).await.expect("no push fails");
                    pushed.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let more = |than: u64| {
        let pushed = Arc::clone(&pushed);
        within(async move {
            while pushed.load(Ordering::Relaxed) < than {
                tokio::task::yield_now().await;
            }
        })
    };
    more(50).await;
    let rotation = Rotation { overlap: Some(600) };
    let rotated = admin(&server)
        .rotate_key(&key.info.id, &rotation)
        .await
        .expect("rotated");
    assert_ne!(rotated.key, key.key);
    assert!(rotated.info.previous_until.is_some());
    let so_far = pushed.load(Ordering::Relaxed);
    more(so_far + 50).await;
    *current.lock() = server.api.clone().with_token(&rotated.key);
    let so_far = pushed.load(Ordering::Relaxed);
    more(so_far + 50).await;
    stop.store(true, Ordering::Relaxed);
    for pusher in pushers {
        pusher.await.expect("no push failed");
    }
    // Without an overlap the old text is refused at once.
    let rotation = Rotation { overlap: Some(0) };
    let last = admin(&server)
        .rotate_key(&key.info.id, &rotation)
        .await
        .expect("rotated");
    let with = |text: &str| server.api.clone().with_token(text);
    let push = push_of(topic("orders/1"), "hello");
    let replaced = problem(with(&rotated.key).push(&push).await);
    assert!(
        replaced.detail.contains("was replaced"),
        "{}",
        replaced.detail
    );
    assert_eq!(problem(with(&key.key).push(&push).await).status, 401);
    with(&last.key).push(&push).await.expect("the newest text");
}

#[tokio::test]
async fn keys_survive_a_restart_and_only_their_hashes_are_stored() {
    let server = server().await;
    let (key, api) = made(&server, &request("publisher", &["shop:*"], &[])).await;
    let (revoked, _) = made(&server, &request("publisher", &[], &[])).await;
    api.push(&push_of(client("shop:1"), "hello"))
        .await
        .expect("allowed");
    let used = admin(&server).key(&key.info.id).await.expect("the key");
    assert!(used.last_used_at.is_some());
    assert_eq!(used.last_used_from.as_deref(), Some("127.0.0.1"));
    admin(&server)
        .revoke_key(&revoked.info.id)
        .await
        .expect("revoked");
    let stopped = server.stopped().await;
    for file in std::fs::read_dir(stopped.folder()).expect("a folder") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("readable");
        let text = key.key.as_bytes();
        assert!(!bytes.windows(text.len()).any(|window| window == text));
    }
    let server = stopped.start().await;
    let with = |text: &str| server.api.clone().with_token(text);
    let push = |to| push_of(to, "hello");
    with(&key.key)
        .push(&push(client("shop:1")))
        .await
        .expect("still allowed");
    assert_eq!(
        problem(with(&key.key).push(&push(topic("a"))).await).status,
        403
    );
    assert_eq!(
        problem(with(&revoked.key).push(&push(topic("a"))).await).status,
        401
    );
    let keys = admin(&server).keys(None, 10).await.expect("a page").keys;
    let ids: Vec<&str> = keys.iter().map(|key| key.id.as_str()).collect();
    assert_eq!(ids, [key.info.id.as_str(), "admin-token"]);
}

#[tokio::test]
async fn keys_are_listed_newest_first_in_pages() {
    let server = server().await;
    let mut made_ids = Vec::new();
    for _ in 0..5 {
        let (key, _) = made(&server, &request("viewer", &[], &[])).await;
        made_ids.push(key.info.id);
    }
    // Those of one millisecond are in any order.
    made_ids.sort_unstable_by(|one, other| other.cmp(one));
    made_ids.push("admin-token".to_owned());
    let (mut listed, mut before) = (Vec::new(), None::<String>);
    loop {
        let page = admin(&server)
            .keys(before.as_deref(), 2)
            .await
            .expect("a page");
        listed.extend(page.keys.into_iter().map(|key| key.id));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(listed, made_ids);
}

#[tokio::test]
async fn the_streams_of_a_revoked_key_end_and_are_not_asked_to_come_back() {
    let server = server().await;
    let (key, _) = made(&server, &request("listener", &["shop:*"], &["orders/**"])).await;
    let (other, _) = made(&server, &request("listener", &[], &[])).await;
    let open = stream(&server, &key.key, "client_id=shop:1&topic=orders/1").await;
    let open = Listener::of(open).welcomed().await;
    let kept = stream(&server, &other.key, "client_id=shop:2").await;
    let mut kept = Listener::of(kept).welcomed().await;
    admin(&server)
        .revoke_key(&key.info.id)
        .await
        .expect("revoked");
    let rest = open.rest().await;
    assert!(rest.iter().all(|event| event.event == "ping"), "{rest:?}");
    let again = stream(&server, &key.key, "client_id=shop:1").await;
    assert_eq!(again.status(), 401);
    let path = "/api/clients/shop:1";
    let reason = within(async {
        loop {
            let request = server.http.get(server.url(path)).bearer_auth(TOKEN);
            let detail: ClientDetail = request
                .send()
                .await
                .expect("sent")
                .json()
                .await
                .expect("JSON");
            if let Some(reason) = detail.last_reason {
                return reason;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(reason, "key_ended");
    admin(&server)
        .push(&push_of(client("shop:2"), "hello"))
        .await
        .expect("pushed");
    assert_eq!(kept.text().await, "hello");
}

#[tokio::test]
async fn the_streams_of_a_key_that_expires_or_may_do_less_end() {
    let server = server().await;
    let short = KeyRequest {
        ttl: Some(1),
        ..request("listener", &[], &[])
    };
    let (key, _) = made(&server, &short).await;
    let open = stream(&server, &key.key, "client_id=a").await;
    if open.status() == 200 {
        let rest = Listener::of(open).rest().await;
        assert!(
            rest.iter().all(|event| event.event != "reconnect"),
            "{rest:?}"
        );
    }
    let (key, _) = made(&server, &request("listener", &[], &[])).await;
    let open = stream(&server, &key.key, "client_id=a&topic=news").await;
    let open = Listener::of(open).welcomed().await;
    let renamed = KeyUpdate {
        name: Some("another name".to_owned()),
        ..KeyUpdate::default()
    };
    admin(&server)
        .update_key(&key.info.id, &renamed)
        .await
        .expect("renamed");
    let less = KeyUpdate {
        role: Some("listener".to_owned()),
        topics: Some(owned(&["orders/**"])),
        clients: Some(owned(&["*"])),
        ..KeyUpdate::default()
    };
    let changed = admin(&server)
        .update_key(&key.info.id, &less)
        .await
        .expect("changed");
    assert_eq!(changed.name, "another name");
    open.rest().await;
    let again = stream(&server, &key.key, "client_id=a&topic=news").await;
    let mut again = Listener::of(again).welcomed().await;
    assert_eq!(again.message().await.event, "refused");
}

#[tokio::test]
async fn a_stream_with_a_key_gets_the_topics_that_it_may_have_and_the_others_are_refused_by_name() {
    let secret = "k".repeat(32);
    let flags = ["--admin-token", TOKEN, "--stream-secret", &secret];
    for flags in [&flags[..2], &flags[..]] {
        let server = Server::with(flags).await;
        let (key, _) = made(&server, &request("listener", &["shop:*"], &["orders/**"])).await;
        let query = "client_id=shop:1&topic=orders/*&topic=**&topic=news&topic=$sys/clients";
        let mut open = Listener::of(stream(&server, &key.key, query).await);
        let welcome: Welcome =
            serde_json::from_str(&open.event("welcome").await.data).expect("JSON");
        assert_eq!(welcome.topics, ["orders/*"]);
        let mut refused = Vec::new();
        for _ in 0..3 {
            let event: Refused =
                serde_json::from_str(&open.event("refused").await.data).expect("JSON");
            assert_eq!(event.code, "forbidden_topic");
            refused.push(event.topic);
        }
        assert_eq!(refused, ["**", "news", "$sys/clients"]);
        let foreign = stream(&server, &key.key, "client_id=bank:1").await;
        let problem: Problem = foreign.json().await.expect("a problem");
        assert_eq!(
            (problem.status, problem.field.as_deref()),
            (403, Some("client_id"))
        );
        // An EventSource can't send a header.
        let url = server.url(&format!("/sse?client_id=shop:1&token={}", key.key));
        assert_eq!(
            within(server.http.get(url).send())
                .await
                .expect("an answer")
                .status(),
            200
        );
        let (publisher, _) = made(&server, &request("publisher", &[], &[])).await;
        assert_eq!(
            stream(&server, &publisher.key, "client_id=shop:1")
                .await
                .status(),
            403
        );
    }
}

#[tokio::test]
async fn a_person_who_signs_in_with_a_key_may_do_what_it_may_until_it_ends() {
    let server = server().await;
    let (key, _) = made(&server, &request("viewer", &[], &[])).await;
    let sign_in = |token: &str| {
        let body = json!({ "token": token }).to_string();
        let request = server.http.post(server.url("/api/session")).body(body);
        within(request.header("content-type", "application/json").send())
    };
    let answer = sign_in(&key.key).await.expect("an answer");
    let cookie = answer.headers()["set-cookie"].to_str().expect("text");
    let cookie = cookie.split(';').next().expect("a pair").to_owned();
    let session: Session = answer.json().await.expect("a session");
    assert!(session.admin);
    assert_eq!(session.name.as_deref(), Some("shop"));
    assert_eq!(session.actions, ["read", "metrics"]);
    let get = |path: &str| {
        let request = server.http.get(server.url(path)).header("cookie", &cookie);
        within(request.send())
    };
    assert_eq!(get("/api/stats").await.expect("an answer").status(), 200);
    assert_eq!(
        get("/push?client_id=a&message=b")
            .await
            .expect("an answer")
            .status(),
        403
    );
    // The panel lives on the server's own topics.
    let open = get("/sse?client_id=panel&topic=$sys/clients")
        .await
        .expect("an answer");
    let open = Listener::of(open).welcomed().await;
    let other = server
        .http
        .get(server.url("/api/stats"))
        .header("cookie", &cookie);
    let other = other.header("origin", "http://evil.example").send();
    assert_eq!(within(other).await.expect("an answer").status(), 403);
    admin(&server)
        .revoke_key(&key.info.id)
        .await
        .expect("revoked");
    open.rest().await;
    assert_eq!(get("/api/stats").await.expect("an answer").status(), 401);
    let (publisher, _) = made(&server, &request("publisher", &[], &[])).await;
    let refused = sign_in(&publisher.key).await.expect("an answer");
    assert_eq!(refused.status(), 403);
}

#[tokio::test]
async fn keys_need_an_admin_token() {
    let server = Server::start().await;
    let refused = problem(server.api.create_key(&request("viewer", &[], &[])).await);
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (409, "admin_token_needed")
    );
    assert!(
        refused.detail.contains("--admin-token"),
        "{}",
        refused.detail
    );
    assert!(
        server
            .api
            .keys(None, 10)
            .await
            .expect("a page")
            .keys
            .is_empty()
    );
}

#[tokio::test]
async fn wrong_requests_name_their_field() {
    let server = server().await;
    let cases = [
        (json!({"role": "viewer"}), "name"),
        (json!({"name": " ", "role": "viewer"}), "name"),
        (json!({"name": "a"}), "role"),
        (json!({"name": "a", "role": "boss"}), "role"),
        (
            json!({"name": "a", "role": "viewer", "clients": ["a*b"]}),
            "clients[0]",
        ),
        (
            json!({"name": "a", "role": "viewer", "topics": ["a", "**/b"]}),
            "topics[1]",
        ),
        (json!({"name": "a", "role": "viewer", "ttl": 0}), "ttl"),
        (
            json!({"name": "a", "role": "viewer", "ttl": 999_999_999_999_u64}),
            "ttl",
        ),
        (
            json!({"name": "a", "permissions": [{"actions": ["fly"]}]}),
            "permissions[0].actions[0]",
        ),
        (
            json!({"name": "a", "permissions": [{"actions": []}]}),
            "permissions[0].actions",
        ),
        (
            json!({"name": "a", "role": "viewer", "permissions": [{"actions": ["read"]}]}),
            "permissions",
        ),
        (
            json!({"name": "a", "role": "viewer", "grants": []}),
            "grants",
        ),
    ];
    for (body, field) in cases {
        let request = server.http.post(server.url("/api/keys")).bearer_auth(TOKEN);
        let request = request.header("content-type", "application/json");
        let answer = within(request.body(body.to_string()).send())
            .await
            .expect("an answer");
        let problem: Problem = answer.json().await.expect("a problem");
        assert_eq!(problem.status, 422, "{body}: {problem:?}");
        assert_eq!(problem.field.as_deref(), Some(field), "{body}");
    }
}
