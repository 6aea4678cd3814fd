//! `tidings audit`.

use std::path::Path;

use serde_json::Value;

use crate::command::{Running, run, server, tidings};

const TOKEN: &str = "an-admin-token-for-tests";

fn push(folder: &Path, url: &str, to: &[&str]) {
    let push = [&["push", "hello", "--url", url, "--token", TOKEN], to].concat();
    let (code, told) = run(folder, &push);
    assert_eq!(code, Some(0), "{told}");
}

fn audit(folder: &Path, url: &str, args: &[&str]) -> (Option<i32>, String) {
    let audit = [&["audit"], args, &["--url", url, "--token", TOKEN]].concat();
    run(folder, &audit)
}

#[test]
fn entries_are_listed_exported_and_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let running = Running::start(server(folder, &["--admin-token", TOKEN]));
    let url = running.url();
    push(folder, &url, &["--client", "ada"]);
    push(folder, &url, &["--topic", "news"]);

    let (code, listed) = audit(folder, &url, &["list"]);
    assert_eq!(code, Some(0), "{listed}");
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 3, "{listed}");
    assert!(
        lines[0].starts_with("TIME ") && lines[0].ends_with("OUTCOME"),
        "{listed}"
    );
    for (line, target) in lines[1..]
        .iter()
        .zip(["topic news, message ", "client ada, message "])
    {
        let parts = ["the admin token  127.0.0.1  push", target];
        assert!(parts.iter().all(|part| line.contains(part)), "{line}");
        assert!(line.ends_with("  ok"), "{line}");
    }
    let (_, json) = audit(
        folder,
        &url,
        &["list", "--json", "--client", "ada", "--last", "1h"],
    );
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json.as_array().map(Vec::len), Some(1));
    assert_eq!(json[0]["to"]["client"], "ada");
    let (_, limited) = audit(folder, &url, &["list", "--limit", "1"]);
    assert_eq!(limited.lines().count(), 2, "{limited}");
    let (_, exported) = audit(folder, &url, &["export", "--who", "admin-token"]);
    let lines = exported
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let numbers: Vec<Value> = lines.map(|entry| entry["number"].clone()).collect();
    assert_eq!(numbers, [2, 1]);

    let follow = [
        "audit", "tail", "-n", "1", "--json", "--url", &url, "--token", TOKEN,
    ];
    let tail = Running::start(tidings(folder, &follow));
    let next = || serde_json::from_str::<Value>(&tail.line()).expect("JSON");
    assert_eq!(next()["to"]["topic"], "news", "the last one comes first");
    push(folder, &url, &["--client", "bob"]);
    assert_eq!(next()["to"]["client"], "bob");

    let (code, told) = audit(folder, &url, &["list", "--client", "a b"]);
    assert_eq!(code, Some(1));
    assert!(told.contains("client_id: "), "{told}");
    let (code, told) = audit(folder, &url, &["list", "--last", "soon"]);
    assert_eq!(code, Some(2), "{told}");
}
