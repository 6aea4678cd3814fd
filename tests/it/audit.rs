//! The audit trail: who did what, from where, to whom, and with which outcome.

use std::path::Path;

use app::{
    api::Client,
    wire::{
        AuditEntries, AuditInfo, JobReport, JobRequest, KeyRequest, KeyUpdate, NewKey,
        PersonRequest, Rotation, To,
    },
};
use serde_json::{Value, json};

use crate::{
    command::{Running, server as serve},
    harness::{Server, client, push_of, topic, within},
};

const TOKEN: &str = "an-admin-token-for-tests";

const SECRET: &str = "nobody-may-read-this-in-the-audit-trail";

async fn server() -> Server {
    Server::with(&["--admin-token", TOKEN]).await
}

fn admin(server: &Server) -> Client {
    server.api.clone().with_token(TOKEN)
}

async fn key(server: &Server, name: &str, role: &str, clients: &[&str]) -> NewKey {
    let request = KeyRequest {
        name: name.to_owned(),
        role: Some(role.to_owned()),
        clients: clients.iter().map(|text| (*text).to_owned()).collect(),
        ..KeyRequest::default()
    };
    within(admin(server).create_key(&request))
        .await
        .expect("made")
}

/// A page of the audit trail at this base URL.
async fn page(http: &reqwest::Client, base: &str, query: &str) -> AuditEntries {
    let url = format!("{base}/api/audit?{query}");
    let answer = within(http.get(url).bearer_auth(TOKEN).send())
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 200, "{query}");
    answer.json().await.expect("a page")
}

/// All matching entries, oldest first.
async fn entries(server: &Server, query: &str) -> Vec<AuditInfo> {
    let mut page = page(&server.http, &server.base, query).await;
    page.entries.reverse();
    page.entries
}

/// Waits until the audit trail has this many matching entries: some are written a moment later.
async fn until(server: &Server, query: &str, count: usize) -> Vec<AuditInfo> {
    within(async {
        loop {
            let found = entries(server, query).await;
            if found.len() >= count {
                return found;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

fn actions(entries: &[AuditInfo]) -> Vec<(&str, &str)> {
    let entries = entries.iter();
    entries
        .map(|entry| (entry.action.as_str(), entry.outcome.as_str()))
        .collect()
}

#[tokio::test]
async fn pushes_say_who_told_whom() {
    let server = server().await;
    let shop = key(&server, "shop", "publisher", &[]).await;
    let api = server.api.clone().with_token(&shop.key);
    let mut ids = Vec::new();
    let list = To::Clients((0..50).map(|n| format!("c:{n}")).collect());
    for to in [client("c:7"), list, topic("news"), To::Everyone] {
        let pushed = within(api.push(&push_of(to, SECRET)))
            .await
            .expect("pushed");
        ids.push(pushed.id);
    }
    within(admin(&server).push(&push_of(client("c:7"), SECRET)))
        .await
        .expect("pushed");

    let found = entries(&server, "action=push").await;
    assert_eq!(found.len(), 5);
    for (entry, id) in found.iter().zip(&ids) {
        assert_eq!(entry.who.as_deref(), Some(&*shop.info.id));
        assert_eq!(entry.name.as_deref(), Some("shop"));
        assert_eq!(entry.address.as_deref(), Some("127.0.0.1"));
        assert_eq!(
            (&entry.message, &*entry.outcome, entry.count),
            (id, "ok", 1)
        );
    }
    assert_eq!(found[0].to, Some(client("c:7")));
    assert_eq!(
        (&found[2].to, &found[3].to),
        (&Some(topic("news")), &Some(To::Everyone))
    );
    let Some(To::Clients(named)) = &found[1].to else {
        panic!("{:?}", found[1]);
    };
    assert_eq!((named.len(), found[1].clients), (10, Some(50)));
    assert_eq!(found[4].who.as_deref(), Some("admin-token"));

    // A client is found in a list too, also where it is not named.
    let messages = |entries: Vec<AuditInfo>| -> Vec<Option<String>> {
        entries.into_iter().map(|entry| entry.message).collect()
    };
    let about = entries(&server, "client=c:7&who=shop").await;
    assert_eq!(messages(about), ids[..2]);
    assert_eq!(
        messages(entries(&server, "client_id=c:49").await),
        ids[1..2]
    );
    assert_eq!(messages(entries(&server, "topic=news").await), ids[2..3]);
    assert_eq!(
        entries(&server, "client=c:7&who=admin-token").await.len(),
        1
    );
    assert_eq!(entries(&server, "who=nobody").await.len(), 0);
    assert_eq!(entries(&server, "client=c:50").await.len(), 0);
}

#[tokio::test]
async fn everything_that_is_done_has_an_entry() {
    let server = server().await;
    let admin = admin(&server);
    let shop = key(&server, "shop", "publisher", &[]).await;
    let id = shop.info.id.as_str();
    let update = KeyUpdate {
        name: Some("the shop".to_owned()),
        ..KeyUpdate::default()
    };
    within(admin.update_key(id, &update))
        .await
        .expect("changed");
    within(admin.rotate_key(id, &Rotation::default()))
        .await
        .expect("rotated");
    within(admin.revoke_key(id)).await.expect("revoked");
    let pushed = within(admin.push(&push_of(client("ada"), SECRET)))
        .await
        .expect("pushed");
    let message = pushed.id.expect("an id");
    within(admin.recall(&message)).await.expect("recalled");
    let delete = |path: &str| {
        let request = server.http.delete(server.url(path)).bearer_auth(TOKEN);
        async {
            within(request.send())
                .await
                .expect("an answer")
                .status()
                .as_u16()
        }
    };
    assert_eq!(delete("/api/tokens/t1").await, 204);
    assert_eq!(delete("/api/tokens?sub=ada").await, 204);
    let backup = server
        .http
        .get(server.url("/api/backup"))
        .bearer_auth(TOKEN);
    within(backup.send())
        .await
        .expect("an answer")
        .bytes()
        .await
        .expect("a backup");
    let listener = server.listen("ada", &[]).await;
    assert_eq!(delete("/api/clients/ada").await, 200);
    drop(listener);
    assert_eq!(delete("/api/clients/bob").await, 404);
    let job = JobRequest {
        title: "a job".to_owned(),
        ..JobRequest::default()
    };
    let job = within(admin.begin_job(&job)).await.expect("begun").id;
    for _ in 0..3 {
        within(admin.report_job(&job, &JobReport::default()))
            .await
            .expect("reported");
    }
    within(admin.cancel_job(&job)).await.expect("cancelled");

    let found = until(&server, "who=admin-token&action=job.cancel", 1).await;
    assert_eq!(found[0].job.as_deref(), Some(&*job));
    let found = entries(&server, "who=admin-token").await;
    let at_once = [
        ("key.create", "ok"),
        ("key.update", "ok"),
        ("key.rotate", "ok"),
        ("key.revoke", "ok"),
        ("push", "ok"),
        ("recall", "ok"),
        ("token.revoke", "ok"),
        ("token.revoke", "ok"),
        ("backup", "ok"),
    ];
    let soon = [
        ("disconnect", "client_not_connected"),
        ("disconnect", "ok"),
        ("job.begin", "ok"),
        ("job.cancel", "ok"),
        ("job.report", "ok"),
    ];
    let mut all = actions(&found);
    all.sort_unstable();
    let mut expected = [&at_once[..], &soon[..]].concat();
    expected.sort_unstable();
    assert_eq!(all, expected);
    for entry in &found {
        let about_key = entry.action.starts_with("key.");
        assert_eq!(entry.key.as_deref(), about_key.then_some(id), "{entry:?}");
        assert_eq!(entry.address.as_deref(), Some("127.0.0.1"));
    }
    let recalled = entries(&server, "action=recall").await;
    assert_eq!(recalled[0].message.as_deref(), Some(&*message));
    assert_eq!(recalled[0].to, Some(client("ada")));
    let reported = entries(&server, "action=job.report").await;
    assert_eq!(
        (reported[0].job.as_deref(), reported.len()),
        (Some(&*job), 1)
    );
    let tokens = entries(&server, "action=token.revoke").await;
    assert_eq!(tokens[0].token.as_deref(), Some("t1"));
    assert_eq!(tokens[1].to, Some(client("ada")));
}

#[tokio::test]
async fn sessions_have_entries_and_reading_has_none() {
    let server = server().await;
    let sign_in = |token: &str| {
        let body = serde_json::json!({ "token": token });
        server
            .http
            .post(server.url("/api/session"))
            .json(&body)
            .send()
    };
    let answer = within(sign_in(TOKEN)).await.expect("an answer");
    let cookie = answer.headers()["set-cookie"]
        .to_str()
        .expect("text")
        .to_owned();
    let cookie = cookie.split(';').next().expect("a value").to_owned();
    let with_cookie = |request: reqwest::RequestBuilder| request.header("cookie", &cookie).send();
    let read = within(with_cookie(server.http.get(server.url("/api/messages")))).await;
    assert_eq!(read.expect("an answer").status(), 200);
    let end = within(with_cookie(server.http.delete(server.url("/api/session")))).await;
    assert_eq!(end.expect("an answer").status(), 200);
    assert_eq!(
        within(sign_in("wrong")).await.expect("an answer").status(),
        401
    );
    let found = until(&server, "", 3).await;
    assert_eq!(
        actions(&found),
        [
            ("session.begin", "ok"),
            ("session.end", "ok"),
            ("session.begin", "unauthorized")
        ]
    );
    let who: Vec<_> = found.iter().map(|entry| entry.who.as_deref()).collect();
    assert_eq!(who, [Some("session"), Some("session"), None]);
}

#[tokio::test]
async fn refusals_are_counted_in_one_entry() {
    let server = server().await;
    let viewer = key(&server, "looker", "viewer", &[]).await;
    let publisher = key(&server, "shop", "publisher", &["shop:*"]).await;
    let send = |token: &str, to: To| {
        let api = server.api.clone().with_token(token);
        async move {
            within(api.push(&push_of(to, SECRET)))
                .await
                .expect_err("refused")
        }
    };
    for n in 0..30 {
        send(&viewer.key, client("ada")).await;
        send(&publisher.key, client(&format!("bank:{n}"))).await;
        send("not-the-admin-token", client("ada")).await;
    }
    let server = server.restarted().await;
    let found = entries(&server, "outcome=forbidden").await;
    assert_eq!(found.len(), 2);
    for entry in &found {
        assert_eq!((&*entry.action, entry.count), ("push", 30));
        assert!(entry.last_at.is_none_or(|last| last >= entry.at));
    }
    let shop = entries(&server, "outcome=forbidden&who=shop").await;
    assert_eq!(
        shop[0].to,
        Some(client("bank:0")),
        "the target of the first"
    );
    let unknown = entries(&server, "action=push&outcome=unauthorized").await;
    let limited = entries(&server, "action=push&outcome=too_many_tries").await;
    assert_eq!((unknown.len(), limited.len()), (1, 1));
    assert_eq!(unknown[0].count + limited[0].count, 30);
    assert_eq!(
        (&unknown[0].who, unknown[0].address.as_deref()),
        (&None, Some("127.0.0.1"))
    );
}

#[tokio::test]
async fn each_line_of_a_batch_has_an_entry_and_so_have_ephemeral_pushes() {
    let server = server().await;
    let shop = key(&server, "shop", "publisher", &["shop:*"]).await;
    let line =
        |to: &str, rest: &str| format!("{{\"to\":{{\"client\":\"{to}\"}},\"data\":1{rest}}}\n");
    let body = [
        line("shop:1", ""),
        line("shop:2", ",\"ttl\":0"),
        line("bank:1", ""),
        line("shop:3", ",\"require_online\":true"),
        "not json\n".to_owned(),
        line("shop:4", ""),
    ];
    let request = server
        .http
        .post(server.url("/push/batch"))
        .bearer_auth(&shop.key);
    let request = request.header("content-type", "application/x-ndjson");
    let answer = within(request.body(body.concat()).send())
        .await
        .expect("an answer");
    assert_eq!(answer.text().await.expect("lines").lines().count(), 6);
    let found = until(&server, "who=shop", 5).await;
    let mut found: Vec<_> = found
        .iter()
        .map(|entry| (entry.to.clone(), &*entry.outcome))
        .collect();
    found.sort_by_key(|(to, _)| format!("{to:?}"));
    let expected = [
        (Some(client("bank:1")), "forbidden"),
        (Some(client("shop:1")), "ok"),
        (Some(client("shop:2")), "ok"),
        (Some(client("shop:3")), "nobody_online"),
        (Some(client("shop:4")), "ok"),
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn contents_and_secrets_are_not_in_it() {
    let server = server().await;
    let shop = key(&server, "shop", "publisher", &[]).await;
    let api = server.api.clone().with_token(&shop.key);
    within(api.push(&push_of(client("ada"), SECRET)))
        .await
        .expect("pushed");
    let mut ephemeral = push_of(client("ada"), SECRET);
    ephemeral.ttl = Some(0);
    within(api.push(&ephemeral)).await.expect("pushed");
    let wrong = server.api.clone().with_token("tdg_wrong-token-of-somebody");
    within(wrong.push(&ephemeral)).await.expect_err("refused");
    let url = server.url("/api/audit?format=ndjson");
    let text = within(server.http.get(url).bearer_auth(TOKEN).send());
    let text = text.await.expect("an answer").text().await.expect("text");
    assert!(
        text.contains("\"shop\"") && !text.contains(SECRET),
        "{text}"
    );
    let admin = admin(&server);
    let stored = within(admin.messages(&Default::default()))
        .await
        .expect("messages");
    let id = &stored.messages[0].id;
    within(admin.recall(id)).await.expect("recalled");
    // The message is gone from the file, and the audit trail must not keep it.
    let stopped = server.stopped().await;
    let file = std::fs::read(stopped.folder().join("tidings.sqlite3")).expect("a file");
    let has = |text: &str| {
        file.windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    for secret in [SECRET, TOKEN, &*shop.key, "wrong-token-of-somebody"] {
        assert!(!has(secret), "{secret} is in the file");
    }
    assert!(has("key.create"), "the audit trail is in the file");
}

#[tokio::test]
async fn an_answered_push_keeps_its_entry_when_the_server_is_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let start = |folder: &Path| Running::start(serve(folder, &["--admin-token", TOKEN]));
    let running = start(folder.path());
    let api = Client::new(running.url()).with_token(TOKEN);
    let mut ids = Vec::new();
    for n in 0..20 {
        let push = push_of(client(&format!("c{n}")), "hello");
        ids.push(within(api.push(&push)).await.expect("pushed").id);
    }
    assert_eq!(running.signalled("-KILL").0, None);
    let running = start(folder.path());
    let http = reqwest::Client::builder().no_proxy().build().expect("one");
    let page = page(&http, &running.url(), "action=push&limit=500").await;
    let mut found: Vec<_> = page
        .entries
        .into_iter()
        .map(|entry| entry.message)
        .collect();
    found.reverse();
    assert_eq!(found, ids);
}

#[tokio::test]
async fn lines_and_pages_have_the_same_entries() {
    let server = server().await;
    let push = "{\"to\":{\"client\":\"ada\"},\"data\":1}\n";
    let request = server
        .http
        .post(server.url("/push/batch"))
        .bearer_auth(TOKEN);
    let request = request.header("content-type", "application/x-ndjson");
    let pushed = within(request.body(push.repeat(1_200)).send())
        .await
        .expect("an answer");
    pushed.text().await.expect("lines");
    let url = server.url("/api/audit?client=ada");
    let request = server.http.get(url).bearer_auth(TOKEN);
    let answer = within(request.header("accept", "application/x-ndjson").send()).await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
    let text = answer.text().await.expect("lines");
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let lines: Vec<AuditInfo> = lines.collect();
    assert_eq!(lines.len(), 1_200);
    let (mut paged, mut query) = (Vec::new(), "client=ada&limit=500".to_owned());
    loop {
        let page = page(&server.http, &server.base, &query).await;
        paged.extend(page.entries);
        let Some(next) = page.next else { break };
        query = format!("client=ada&limit=500&before={next}");
    }
    assert_eq!(paged, lines);
}

#[tokio::test]
async fn without_an_audit_nothing_is_written() {
    let server = Server::with(&["--admin-token", TOKEN, "--audit-days", "0"]).await;
    key(&server, "shop", "publisher", &[]).await;
    within(admin(&server).push(&push_of(client("ada"), "hello")))
        .await
        .expect("pushed");
    let server = server.restarted().await;
    assert_eq!(entries(&server, "").await, []);
}

#[tokio::test]
async fn the_address_behind_a_trusted_proxy_is_the_true_one() {
    let server = Server::with(&["--admin-token", TOKEN, "--trusted-proxy", "127.0.0.1"]).await;
    let request = server.http.post(server.url("/push")).bearer_auth(TOKEN);
    let request = request.header("x-forwarded-for", "192.0.2.66, 203.0.113.9");
    let body = r#"{"to":{"client":"ada"},"data":1}"#;
    let request = request
        .header("content-type", "application/json")
        .body(body);
    assert_eq!(
        within(request.send()).await.expect("an answer").status(),
        200
    );
    let found = entries(&server, "action=push").await;
    assert_eq!(found[0].address.as_deref(), Some("203.0.113.9"));
}

#[tokio::test]
async fn wrong_filters_are_refused_and_only_who_may_manage_everything_may_read_it() {
    let server = server().await;
    let get = |query: &str, token: &str| {
        let request = server
            .http
            .get(server.url(&format!("/api/audit?{query}")))
            .bearer_auth(token);
        async {
            let answer = within(request.send()).await.expect("an answer");
            let status = answer.status().as_u16();
            (status, answer.json::<Value>().await.expect("JSON"))
        }
    };
    let cases = [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("before=x", "before"),
        ("client=a%20b", "client"),
        ("client_id=a%20b", "client_id"),
        ("topic=a%0Ab", "topic"),
        ("since=yesterday", "since"),
        ("to=-1", "to"),
        ("format=csv", "format"),
    ];
    for (query, field) in cases {
        let (status, problem) = get(query, TOKEN).await;
        assert_eq!(
            (status, problem["field"].as_str()),
            (422, Some(field)),
            "{query}"
        );
    }
    let part = key(&server, "part", "admin", &["shop:*"]).await;
    assert_eq!(get("", &part.key).await.0, 403);
    let all = key(&server, "all", "admin", &[]).await;
    assert_eq!(get("", &all.key).await.0, 200);
}

#[tokio::test]
async fn what_is_done_to_people_and_by_them_is_in_it_without_their_passwords() {
    let server = server().await;
    let request = PersonRequest {
        name: "Ada".to_owned(),
        password: SECRET.to_owned(),
        role: Some("operator".to_owned()),
        ..PersonRequest::default()
    };
    let ada = within(admin(&server).add_person(&request))
        .await
        .expect("added");
    for password in ["a wrong one", SECRET] {
        let body = json!({ "name": "ada", "password": password }).to_string();
        server.post("/api/session", &body).await;
    }
    within(admin(&server).remove_person(&ada.id))
        .await
        .expect("removed");
    let by_admin = entries(&server, "who=admin-token").await;
    let expected = [("person.add", "ok"), ("person.remove", "ok")];
    assert_eq!(actions(&by_admin), expected);
    assert!(
        by_admin
            .iter()
            .all(|entry| entry.person == Some(ada.id.clone()))
    );
    let signed_in = entries(&server, &format!("who={}", ada.id)).await;
    assert_eq!(actions(&signed_in), [("session.begin", "ok")]);
    assert_eq!(signed_in[0].name.as_deref(), Some("Ada"));
    // A wrong password says nothing about who sent it.
    let refused = until(&server, "action=session.begin&outcome=unauthorized", 1).await;
    assert_eq!((refused[0].who.as_ref(), refused[0].count), (None, 1));
    let all = entries(&server, "").await;
    let all = serde_json::to_string(&all).expect("JSON");
    assert!(!all.contains(SECRET), "{all}");
}
