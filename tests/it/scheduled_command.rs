//! `tidings push --at` and `--delay`, and `tidings scheduled`.

use serde_json::Value;

use crate::command::{Running, run, server};

#[test]
fn messages_are_scheduled_listed_and_cancelled() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let running = Running::start(server(folder, &[]));
    let url = running.url();
    let url = url.as_str();
    let call = |args: &[&str]| run(folder, &[args, &["--url", url]].concat());
    let at = tidings::timestamp::rfc3339(running_time() + 7_200_000);
    let (code, text) = call(&["push", "later", "--client", "ada", "--at", &at]);
    assert_eq!(code, Some(0), "{text}");
    let (later, rest) = text.split_once(": ").expect("an id");
    assert_eq!(rest.trim(), format!("scheduled for {at}"));
    let (code, text) = call(&["push", "sooner", "--topic", "news", "--delay", "30m"]);
    assert_eq!(code, Some(0), "{text}");
    let (sooner, _) = text.split_once(": ").expect("an id");

    let (code, list) = call(&["scheduled", "list"]);
    assert_eq!(code, Some(0), "{list}");
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 3, "{list}");
    assert!(lines[0].starts_with("ID") && lines[0].contains("DUE"));
    assert!(lines[1].contains(sooner) && lines[1].contains("topic news"));
    assert!(lines[2].contains(later) && lines[2].contains(&at));

    assert_eq!(call(&["scheduled", "cancel", later]).0, Some(0));
    let (code, problem) = call(&["scheduled", "cancel", later]);
    assert_eq!(code, Some(1), "{problem}");
    let (_, json) = call(&["scheduled", "list", "--json"]);
    let left: Value = serde_json::from_str(json.trim()).expect("one JSON object");
    assert_eq!(left["id"], sooner);
    let wrong = ["push", "x", "--client", "ada", "--at", &at, "--delay", "1s"];
    assert_eq!(call(&wrong).0, Some(2));
    assert_eq!(
        call(&["push", "x", "--client", "ada", "--at", "soon"]).0,
        Some(1)
    );
}

/// The time in milliseconds since 1970.
fn running_time() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    u64::try_from(since.expect("after 1970").as_millis()).expect("small")
}
