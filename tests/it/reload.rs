//! SIGHUP: the settings are read again, and streams stay.

use std::{fs, io::BufRead};

use crate::{
    command::{Running, server as server_process},
    descriptors::open_stream,
    harness::within,
    signals::send,
};

fn get(url: &str, token: &str) -> u16 {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let request = http().get(format!("{url}/api/stats")).bearer_auth(token);
        let answer = within(request.send()).await.expect("an answer");
        answer.status().as_u16()
    })
}

fn push(url: &str, bytes: usize) -> u16 {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let body = serde_json::json!({"to": "everyone", "data": "x".repeat(bytes)});
        let request = http().post(format!("{url}/push"));
        let request = request.header("content-type", "application/json");
        let answer = within(request.body(body.to_string()).send()).await;
        answer.expect("an answer").status().as_u16()
    })
}

#[test]
fn limits_change_without_closing_a_stream() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tidings.toml");
    fs::write(&file, "max_message_bytes = 100\n").expect("written");
    let server = Running::start(server_process(folder.path(), &[]));
    let url = server.url();
    let address = url.trim_start_matches("http://").to_owned();
    let (mut stream, line) = open_stream(&address, "/sse?client_id=ada");
    assert!(line.contains(" 200 "), "{line}");
    assert_eq!(push(&url, 500), 413);

    let text = "max_message_bytes = 1000\nheartbeat = 7\nlog = \"debug\"\nmax_age_hours = 2\n";
    fs::write(&file, text).expect("written");
    send("-HUP", server.id());
    server.wait_for_error("changed: log, max_age_hours, max_message_bytes");
    server.wait_for_error("heartbeat has changed, but needs a restart");
    assert_eq!(push(&url, 500), 200);
    // Each request is logged from now on.
    server.wait_for_error("DEBUG");
    let mut text = String::new();
    while !text.contains("xxx") {
        text.clear();
        assert_ne!(stream.read_line(&mut text).expect("readable"), 0);
    }
    assert_eq!(server.signalled("-TERM").0, Some(0));
}

#[test]
fn a_wrong_file_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tidings.toml");
    let server = Running::start(server_process(folder.path(), &[]));
    let url = server.url();
    fs::write(&file, "max_message_bytes = 100\nmax_topics = \"many\"\n").expect("written");
    send("-HUP", server.id());
    server.wait_for_error("line 2: `max_topics` must be an integer");
    assert_eq!(push(&url, 500), 200, "the old limit holds");
    fs::write(&file, "max_message_bytes = 100\n").expect("written");
    send("-HUP", server.id());
    server.wait_for_error("changed: max_message_bytes");
    assert_eq!(push(&url, 500), 413);
    assert_eq!(server.signalled("-TERM").0, Some(0));
}

#[test]
fn the_admin_token_is_read_from_its_file_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    let (first, second) = ("the-first-admin-token", "the-second-admin-token");
    fs::write(&file, first).expect("written");
    let flags = ["--admin-token-file", "token"];
    let server = Running::start(server_process(folder.path(), &flags));
    let url = server.url();
    assert_eq!((get(&url, first), get(&url, second)), (200, 401));
    fs::write(&file, second).expect("written");
    send("-HUP", server.id());
    server.wait_for_error("changed: admin_token");
    assert_eq!((get(&url, first), get(&url, second)), (401, 200));
    assert_eq!(server.signalled("-TERM").0, Some(0));
}

#[test]
fn origins_change() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tidings.toml");
    fs::write(&file, "allow_origin = \"https://one.example\"\n").expect("written");
    let server = Running::start(server_process(folder.path(), &[]));
    let url = server.url();
    let allowed = |origin: &str| {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let request = http().get(format!("{url}/sse")).header("origin", origin);
            let answer = within(request.send()).await.expect("an answer");
            let field = answer.headers().get("access-control-allow-origin");
            field.is_some_and(|field| field == origin)
        })
    };
    assert!(allowed("https://one.example") && !allowed("https://two.example"));
    fs::write(&file, "allow_origin = \"https://two.example\"\n").expect("written");
    send("-HUP", server.id());
    server.wait_for_error("changed: allow_origin");
    assert!(!allowed("https://one.example") && allowed("https://two.example"));
    assert_eq!(server.signalled("-TERM").0, Some(0));
}

/// An HTTP client that uses no proxy.
fn http() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy().build();
    client.expect("a client")
}
