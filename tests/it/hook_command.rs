//! `tidings hook`: each of its subcommands, with a server and an endpoint.

use serde_json::{Value, json};

use crate::{
    command::{Running, output, server},
    harness::within,
    support::receiver::{Answer, Receiver},
};

/// A server whose hooks may lead to this machine.
struct Site {
    folder: tempfile::TempDir,
    url: String,
    _running: Running,
}

impl Site {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let flags = ["--hook-allow-private=true"];
        let running = Running::start(server(folder.path(), &flags));
        Self {
            url: running.url(),
            folder,
            _running: running,
        }
    }

    /// Runs `tidings hook`. Returns the exit code, stdout and stderr.
    fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let all = [&["hook"], args, &["--url", &self.url]].concat();
        output(self.folder.path(), &all)
    }

    /// The stdout of a call that succeeds.
    fn good(&self, args: &[&str]) -> String {
        let (code, out, err) = self.run(args);
        assert_eq!(code, Some(0), "{args:?}: {err}");
        out
    }

    /// The stderr of a call that fails.
    fn bad(&self, args: &[&str]) -> String {
        let (code, _, err) = self.run(args);
        assert_eq!(code, Some(1), "{args:?}");
        err
    }

    fn json(&self, args: &[&str]) -> Value {
        let out = self.good(&[args, &["--json"]].concat());
        serde_json::from_str(&out).expect("JSON")
    }

    /// Makes a hook with these arguments. Returns its id and its secret.
    fn create(&self, receiver: &Receiver, args: &[&str]) -> (String, String) {
        let url = receiver.url();
        let made = self.json(&[&["create", &url], args].concat());
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        (text("id"), text("secret"))
    }

    /// Opens a stream of a client.
    async fn listen(&self, client: &str) -> reqwest::Response {
        let url = format!("{}/sse?client_id={client}", self.url);
        within(reqwest::get(url)).await.expect("a stream")
    }

    /// The deliveries of a hook, when there is one like this.
    fn delivery(&self, id: &str, is: impl Fn(&Value) -> bool) -> Value {
        loop {
            let page = self.json(&["deliveries", id]);
            let all = page["deliveries"].as_array().expect("a list").clone();
            if let Some(found) = all.into_iter().find(&is) {
                return found;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hooks_are_made_listed_shown_changed_and_removed() {
    let (site, receiver) = (Site::start(), Receiver::start().await);
    let url = receiver.url();
    let wanted = ["--event", "client.online,gap", "--client", "shop:*"];
    let create = [&["create", &url, "--name", "shop"], &wanted[..]].concat();
    let (code, secret, note) = site.run(&create);
    assert_eq!(code, Some(0), "{note}");
    assert!(secret.starts_with("whsec_"), "{secret}");
    assert!(!note.contains(secret.trim()), "it is printed once");
    let note = note.strip_prefix("tidings: ").expect("its name");
    let (id, rest) = note.split_once(": ").expect("an id");
    assert!(
        rest.starts_with(&format!("client.online, gap to {url}")),
        "{note}"
    );
    let (_, signing) = site.create(&receiver, &["--event", "job.ended", "--ed25519"]);
    assert!(signing.starts_with("whsk_"), "{signing}");

    let list = site.good(&["list"]);
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 3, "{list}");
    assert!(lines[0].starts_with("ID") && lines[1].contains("job.ended"));
    assert!(lines[2].starts_with(id) && lines[2].contains("client.online,gap"));

    let shown = site.good(&["show", id]);
    for line in [
        "name: shop",
        "clients: shop:*",
        "state: active",
        "signing: hmac",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{shown}");
    }
    assert!(!shown.contains("whsec_"), "{shown}");

    let change = ["update", id, "--name", "all", "--topic", "news"];
    let changed = site.json(&change);
    assert_eq!(changed["name"], "all");
    assert_eq!(changed["filter"], json!({"topics": ["news"]}));
    assert_eq!(
        changed["events"],
        json!(["client.online", "gap"]),
        "it stays"
    );

    assert_eq!(site.good(&["delete", id]), "");
    for gone in [
        &["delete", id],
        &["show", id],
        &["pause", id],
        &["test", id],
    ] {
        assert!(site.bad(gone).contains("no webhook"), "{gone:?}");
    }
    let (code, ..) = site.run(&["create", &url, "--event", "client.here"]);
    assert_eq!(code, Some(2), "an unknown kind");
    let wrong = site.bad(&["create", "ftp://example.com/", "--event", "gap"]);
    assert!(wrong.contains("url: must be like"), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_is_tried_paused_resumed_and_gets_a_new_secret() {
    let (site, receiver) = (Site::start(), Receiver::start().await);
    let (id, old) = site.create(&receiver, &["--event", "client.online"]);
    let tried = site.good(&["test", &id]);
    assert!(
        tried.starts_with("taken: the endpoint answered 204"),
        "{tried}"
    );
    assert!(receiver.next().await.signed_by(&old));
    receiver.answer("", Answer::status(500));
    assert!(site.bad(&["test", &id]).contains("answered 500"));
    receiver.answer("", Answer::status(200));

    let paused = site.good(&["pause", &id]);
    assert!(paused.contains("state: paused"), "{paused}");
    let _ada = site.listen("ada").await;
    let waits = || site.json(&["show", &id])["waiting"] == 1;
    while !waits() {}
    assert_eq!(receiver.waiting(), 0);
    let resumed = site.good(&["resume", &id]);
    assert!(!resumed.contains("paused"), "{resumed}");
    assert_eq!(receiver.next().await.client(), "ada");

    let new = site.good(&["rotate", &id, "--overlap", "0s"]);
    assert!(new.starts_with("whsec_") && new.trim() != old, "{new}");
    site.good(&["test", &id]);
    let received = receiver.next().await;
    assert!(received.signed_by(new.trim()) && !received.signed_by(&old));
    let newest = site.json(&["rotate", &id]);
    site.good(&["test", &id]);
    let received = receiver.next().await;
    let newest = newest["secret"].as_str().expect("a secret");
    assert!(received.signed_by(newest) && received.signed_by(new.trim()));
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_listed_and_events_are_sent_again() {
    let (site, receiver) = (Site::start(), Receiver::start().await);
    let (id, _) = site.create(&receiver, &["--event", "client.online"]);
    let (_ada, first) = (site.listen("ada").await, receiver.next().await);
    let delivered = site.delivery(&id, |one| one["outcome"] == "delivered");
    assert_eq!(delivered["client_id"], "ada");
    let event = delivered["id"].as_str().expect("an id");
    assert_eq!(event, first.id);
    let list = site.good(&["deliveries", &id, "--limit", "1"]);
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 2, "{list}");
    assert!(
        lines[0].starts_with("EVENT") && lines[1].ends_with(event),
        "{list}"
    );

    let sent = site.good(&["send", &id, "--event", event]);
    assert!(sent.starts_with("taken:"), "{sent}");
    assert_eq!(receiver.next().await.id, first.id);
    assert!(!site.bad(&["send", &id, "--event", "evt_0"]).is_empty());

    site.good(&["replay", &id, "--since", "1h"]);
    assert_eq!(receiver.next().await.id, first.id);
    let twice = site.delivery(&id, |one| one["at"] != delivered["at"]);
    assert_eq!(twice["id"], delivered["id"], "it is the same event");
}
