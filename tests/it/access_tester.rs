//! What may this key do? `POST /api/access` and `tidings key test` tell it, and tell nobody else what was shown.

use std::{fs, io::Write, process::Stdio};

use app::{
    api::{ApiError, Client},
    wire::{AccessAnswer, AccessQuestion, AuditEntries, KeyRequest, NewKey, Problem, Rotation},
};
use serde_json::{Value, json};

use crate::{
    command::{Running, server as serve, tidings},
    harness::{Server, within},
};

const TOKEN: &str = "an-admin-token-for-tests";
const SECRET: &str = "01234567890123456789012345678901";

fn admin(server: &Server) -> Client {
    server.api.clone().with_token(TOKEN)
}

async fn key(server: &Server, role: &str, clients: &[&str], topics: &[&str]) -> NewKey {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let request = KeyRequest {
        name: "shop".to_owned(),
        role: Some(role.to_owned()),
        clients: owned(clients),
        topics: owned(topics),
        ..KeyRequest::default()
    };
    within(admin(server).create_key(&request))
        .await
        .expect("made")
}

fn about(token: &str) -> AccessQuestion {
    AccessQuestion {
        token: token.to_owned(),
        ..AccessQuestion::default()
    }
}

async fn ask(api: &Client, question: &AccessQuestion) -> AccessAnswer {
    within(api.access(question)).await.expect("an answer")
}

async fn refused(api: &Client, question: &AccessQuestion) -> Problem {
    match within(api.access(question)).await.expect_err("refused") {
        ApiError::Problem(problem) => *problem,
        other => panic!("{other:?}"),
    }
}

fn allowed(answer: &AccessAnswer) -> Vec<&str> {
    let allowed = answer.actions.iter().filter(|asked| asked.allowed);
    allowed.map(|asked| asked.action.as_str()).collect()
}

/// What an answer says about the secret: kind, whether it is valid, and the reason.
fn told(answer: &AccessAnswer) -> (&str, bool, &str) {
    let reason = answer.reason.as_deref().unwrap_or_default();
    (&answer.kind, answer.valid, reason)
}

#[tokio::test]
async fn a_key_is_described_and_each_action_on_a_target_is_answered() {
    let server = Server::with(&["--admin-token", TOKEN]).await;
    let api = admin(&server);
    let made = key(&server, "publisher", &["shop:*"], &["orders/**"]).await;
    let answer = ask(&api, &about(&made.key)).await;
    assert_eq!(told(&answer), ("key", true, ""));
    // As in the list of keys, and the question was no use of it.
    let listed = within(api.key(&made.info.id)).await.expect("the key");
    assert_eq!(answer.shown, Some(listed));
    assert_eq!(answer.shown.expect("known").last_used_at, None);
    assert_eq!(answer.actions.len(), 8);

    let client = |id: &str| AccessQuestion {
        client: Some(id.to_owned()),
        ..about(&made.key)
    };
    assert_eq!(
        allowed(&ask(&api, &client("shop:7")).await),
        ["push", "job"]
    );
    let answer = ask(&api, &client("bank:7")).await;
    assert_eq!(allowed(&answer), ["job"]);
    assert_eq!(
        answer.summary,
        "the API key shop may push, job for the clients shop:*, the topics orders/**\nfor the client bank:7: job"
    );
    let push = answer.actions.iter().find(|asked| asked.action == "push");
    let why = push.and_then(|push| push.why.as_deref()).expect("a reason");
    assert!(why.ends_with("but not for the client bank:7"), "{why}");

    let topic = |text: &str| AccessQuestion {
        topic: Some(text.to_owned()),
        action: Some("push".to_owned()),
        ..about(&made.key)
    };
    assert_eq!(allowed(&ask(&api, &topic("orders/*")).await), ["push"]);
    let answer = ask(&api, &topic("news")).await;
    assert_eq!((answer.actions.len(), allowed(&answer).len()), (1, 0));
    let everyone = AccessQuestion {
        everyone: true,
        ..about(&made.key)
    };
    assert_eq!(allowed(&ask(&api, &everyone).await), ["job"]);

    let answer = ask(&api, &about(TOKEN)).await;
    assert_eq!(told(&answer), ("admin_token", true, ""));
    assert_eq!(allowed(&answer).len(), 8);
    assert_eq!(answer.summary, "the admin token may do everything");
}

#[tokio::test]
async fn a_key_that_is_not_good_is_told_with_the_reason() {
    let server = Server::with(&["--admin-token", TOKEN, "--limit-failures", "0"]).await;
    let api = admin(&server);
    let made = key(&server, "viewer", &[], &[]).await;
    let id = made.info.id.as_str();
    let overlap = Rotation { overlap: Some(0) };
    let rotated = within(api.rotate_key(id, &overlap)).await.expect("rotated");
    let answer = ask(&api, &about(&made.key)).await;
    assert_eq!(told(&answer), ("key", false, "replaced"));
    assert_eq!(answer.shown.as_ref().map(|key| key.id.as_str()), Some(id));
    assert!(allowed(&answer).is_empty());

    let update = app::wire::KeyUpdate {
        ttl: Some(1),
        ..app::wire::KeyUpdate::default()
    };
    within(api.update_key(id, &update)).await.expect("changed");
    let answer = within(async {
        loop {
            let answer = ask(&api, &about(&rotated.key)).await;
            if !answer.valid {
                return answer;
            }
        }
    })
    .await;
    assert_eq!(told(&answer), ("key", false, "expired"));
    assert!(
        answer
            .detail
            .expect("a sentence")
            .contains("\"shop\" expired at ")
    );

    within(api.revoke_key(id)).await.expect("revoked");
    let answer = ask(&api, &about(&rotated.key)).await;
    assert_eq!(told(&answer), ("key", false, "unknown"));
    assert_eq!(answer.shown, None);
    let cut = &rotated.key[..30];
    let answer = ask(&api, &about(cut)).await;
    assert_eq!(told(&answer), ("key", false, "incomplete"));
    let answer = ask(&api, &about("something else")).await;
    assert_eq!(told(&answer), ("unknown", false, "unknown"));
}

#[tokio::test]
async fn a_stream_token_is_told_with_its_client_and_topics_or_the_reason() {
    let flags = ["--admin-token", TOKEN, "--stream-secret", SECRET];
    let server = Server::with(&[&flags[..], &["--limit-failures", "0"]].concat()).await;
    let api = admin(&server);
    let id = tidings::message::ClientId::parse("ada").expect("an id");
    let topics = [tidings::message::TopicFilter::parse("orders/*").expect("a filter")];
    let signed = |secret: &str, end| {
        let secret = tidings::config::Secret::from(secret.to_owned());
        tidings::auth::sign(&secret, &id, &topics, end)
    };
    let good = signed(SECRET, 4_000_000_000);
    let answer = ask(&api, &about(&good)).await;
    assert_eq!(told(&answer), ("stream_token", true, ""));
    assert_eq!(allowed(&answer), ["listen"]);
    let shown = answer.shown.expect("known");
    assert_eq!(shown.name, "ada");
    assert_eq!(shown.expires_at, Some(4_000_000_000_000));
    assert_eq!(
        json!(shown.permissions),
        json!([{"actions": ["listen"], "clients": ["ada"], "topics": ["orders/*"], "everyone": true}])
    );
    for (client, topic, expected) in [
        (Some("ada"), None, true),
        (Some("bob"), None, false),
        (None, Some("orders/1"), true),
        (None, Some("orders/**"), false),
        (None, Some("$sys/clients"), false),
    ] {
        let question = AccessQuestion {
            action: Some("listen".to_owned()),
            client: client.map(str::to_owned),
            topic: topic.map(str::to_owned),
            ..about(&good)
        };
        let answer = ask(&api, &question).await;
        assert_eq!(answer.actions[0].allowed, expected, "{question:?}");
    }
    let answer = ask(&api, &about(&signed(SECRET, 1_000_000_000))).await;
    assert_eq!(told(&answer), ("stream_token", false, "expired"));
    let other = "another secret that is not it .....";
    let answer = ask(&api, &about(&signed(other, 4_000_000_000))).await;
    assert_eq!(told(&answer), ("stream_token", false, "bad_signature"));
    let request = server.http.delete(server.url("/api/tokens?sub=ada"));
    let revoke = within(request.bearer_auth(TOKEN).send())
        .await
        .expect("an answer");
    assert_eq!(revoke.status(), 204);
    let answer = ask(&api, &about(&good)).await;
    assert_eq!(told(&answer), ("stream_token", false, "revoked"));
    assert!(allowed(&answer).is_empty());

    let server = Server::start().await;
    let answer = ask(&server.api, &about(&good)).await;
    assert_eq!(told(&answer), ("stream_token", false, "not_used"));
}

#[tokio::test]
async fn wrong_secrets_are_limited_and_right_ones_are_not() {
    let server = Server::with(&["--admin-token", TOKEN, "--limit-failures", "3"]).await;
    let api = admin(&server);
    let made = key(&server, "listener", &[], &[]).await;
    for guess in ["guess-0", "tdg_guess", "guess-2"] {
        assert!(!ask(&api, &about(guess)).await.valid);
    }
    let problem = refused(&api, &about("guess-3")).await;
    assert_eq!(
        (problem.status, problem.code.as_str()),
        (429, "too_many_tries")
    );
    // They are the same attempts as those of wrong tokens for access.
    let wrong = server.api.clone().with_token("guess-4");
    let problem = refused(&wrong, &about("guess-4")).await;
    assert_eq!(problem.status, 429);
    assert!(ask(&api, &about(&made.key)).await.valid);
}

#[tokio::test]
async fn what_was_shown_is_in_no_error_and_not_in_the_audit_trail() {
    let server = Server::with(&["--admin-token", TOKEN, "--limit-failures", "1"]).await;
    let api = admin(&server);
    ask(&api, &about("a-guess-that-nobody-may-read")).await;
    refused(&api, &about("a-guess-that-nobody-may-read")).await;
    let post = |body: Value| {
        let request = server.http.post(server.url("/api/access"));
        within(request.bearer_auth(TOKEN).json(&body).send())
    };
    for (body, field) in [
        (json!("a-guess"), "."),
        (json!({"token": "a", "a-guess": 1}), "."),
        (json!({"token": "a", "everyone": "a-guess"}), "everyone"),
        (json!({"action": "read"}), "token"),
        (json!({"token": "a", "action": "a-guess"}), "action"),
        (json!({"token": "a", "client": "a b"}), "client"),
        (json!({"token": "a", "topic": "**/a"}), "topic"),
        (json!({"token": "a", "client": "a", "topic": "a"}), "topic"),
        (
            json!({"token": "a", "client": "a", "everyone": true}),
            "everyone",
        ),
    ] {
        let answer = post(body).await.expect("an answer");
        assert_eq!(answer.status(), 422);
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let text = answer.text().await.expect("text");
        let problem: Problem = serde_json::from_str(&text).expect("a problem");
        assert_eq!(problem.field.as_deref(), Some(field), "{text}");
        assert!(!text.contains("a-guess"), "{text}");
    }
    // The refusal by the limit is in the audit trail.
    let trail = within(async {
        loop {
            let request = server.http.get(server.url("/api/audit"));
            let answer = request.bearer_auth(TOKEN).send().await.expect("an answer");
            let text = answer.text().await.expect("text");
            let page: AuditEntries = serde_json::from_str(&text).expect("a page");
            if page
                .entries
                .iter()
                .any(|entry| entry.outcome == "too_many_tries")
            {
                return text;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(!trail.contains("guess"), "{trail}");
}

#[test]
fn the_command_reads_the_key_from_stdin_or_a_file_and_says_what_it_may_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let flags = ["--admin-token", TOKEN, "--access-log", "access.ndjson"];
    let running = Running::start(serve(folder, &flags));
    let url = running.url();
    let run = |args: &[&str], input: &str| {
        let all = [&["key"], args, &["--url", &url]].concat();
        let mut command = tidings(folder, &all);
        command.env("TIDINGS_ADMIN_TOKEN", TOKEN);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::piped()).spawn().expect("it runs");
        let mut stdin = child.stdin.take().expect("an input");
        stdin.write_all(input.as_bytes()).expect("read");
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    let create = ["create", "--name", "shop", "--role", "publisher"];
    let (code, key, _) = run(&[&create[..], &["--client", "shop:*"]].concat(), "");
    assert_eq!(code, Some(0));

    let (code, told, _) = run(&["test", "--client", "shop:7"], &key);
    assert_eq!(code, Some(0), "{told}");
    for line in [
        "kind: key\n",
        "valid: yes\n",
        "name: shop\n",
        "may: push, job: shop:*\n",
        "for the client shop:7:\n",
        "  push: yes\n",
        "  read: no: the API key \"shop\" may not read: it may push, job\n",
    ] {
        assert!(told.contains(line), "{line:?} is not in {told}");
    }
    fs::write(folder.join("key"), &key).expect("written");
    let push = ["test", "--file", "key", "--action", "push"];
    assert_eq!(
        run(&[&push[..], &["--client", "shop:7"]].concat(), "").0,
        Some(0)
    );
    let (code, _, why) = run(&[&push[..], &["--everyone"]].concat(), "");
    assert_eq!(
        (code, why.contains("it may not push")),
        (Some(1), true),
        "{why}"
    );
    let (code, json, _) = run(&["test", "--json"], &key);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        (code, &json["shown"]["role"]),
        (Some(0), &json!("publisher"))
    );
    let (code, told, _) = run(&["test"], "tdg_cut-off\n");
    assert_eq!(code, Some(1));
    assert!(
        told.contains("valid: no: this is not a complete API key"),
        "{told}"
    );
    let (code, _, why) = run(&["test"], "\n");
    assert_eq!(
        (code, why.contains("no key on the first line")),
        (Some(1), true)
    );

    let (code, log) = running.signalled("-TERM");
    assert_eq!(code, Some(0));
    let access = fs::read_to_string(folder.join("access.ndjson")).expect("an access log");
    assert!(access.contains("/api/access"), "{access}");
    for secret in [key.trim_end(), "tdg_cut-off"] {
        assert!(!log.contains(secret) && !access.contains(secret));
    }
}
