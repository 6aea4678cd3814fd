//! The access log: a line for each finished request, without secrets.

use std::{fs, path::Path};

use app::wire::To;
use serde_json::Value;

use crate::{
    command::{Running, server as server_process},
    harness::{Server, Transport, within},
    listen::status,
    signals::send,
};

fn lines(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap_or_default();
    // The last line may be incomplete while it is written.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let lines = whole.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// Waits for a line that meets a condition.
pub async fn line(file: &Path, is: impl Fn(&Value) -> bool) -> Value {
    within(async {
        loop {
            if let Some(found) = lines(file).into_iter().find(|line| is(line)) {
                return found;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

#[tokio::test]
async fn a_request_gets_a_line_that_hides_its_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("access.log");
    let server = Server::with(&["--access-log", file.to_str().expect("plain")]).await;
    let url = server.url("/api/clients?limit=2&token=s3cret");
    let request = server
        .http
        .get(url)
        .header("x-request-id", "from-a-proxy.1");
    let request = request.header("user-agent", "a test");
    let answer = within(request.send()).await.expect("an answer");
    assert_eq!(answer.headers()["x-request-id"], "from-a-proxy.1");
    let body = answer.text().await.expect("a body");
    let line = line(&file, |line| line["request_id"] == "from-a-proxy.1").await;
    assert_eq!(line["method"], "GET");
    assert_eq!(line["path"], "/api/clients?limit=2&token=[hidden]");
    assert_eq!(line["status"], 200);
    assert_eq!(line["bytes"], body.len());
    assert_eq!(line["version"], "HTTP/1.1");
    assert_eq!(line["user_agent"], "a test");
    assert!(
        line["peer"]
            .as_str()
            .expect("a peer")
            .starts_with("127.0.0.1:")
    );
    assert!(line["time"].as_str().expect("a time").ends_with('Z'));
    assert!(line["duration_ms"].as_f64().expect("a number") > 0.0);
    assert!(line.get("events").is_none());
    assert!(!fs::read_to_string(&file).expect("a log").contains("s3cret"));
}

#[tokio::test]
async fn a_request_over_http2_gets_a_line_with_its_true_address() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("access.log");
    let log = file.to_str().expect("plain");
    let flags = ["--access-log", log, "--trusted-proxy", "127.0.0.1"];
    let server = Server::over(Transport::H2, &flags).await;
    let request = server.http.get(server.url("/health/live"));
    let request = request.header("x-forwarded-for", "192.0.2.7");
    assert_eq!(
        within(request.send()).await.expect("an answer").status(),
        200
    );
    let line = line(&file, |line| line["path"] == "/health/live").await;
    assert_eq!(line["version"], "HTTP/2");
    let peer = line["peer"].as_str().expect("a peer");
    assert!(peer.starts_with("192.0.2.7"), "{peer}");
}

#[tokio::test]
async fn a_stream_gets_its_line_at_its_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("access.log");
    let server = Server::with(&["--access-log", file.to_str().expect("plain")]).await;
    server
        .push(To::Client("ada".to_owned()), "from the log")
        .await;
    let mut ada = server.listen("ada", &[]).await;
    assert_eq!(ada.text().await, "from the log");
    server.push(To::Everyone, "live").await;
    assert_eq!(ada.text().await, "live");
    let is_stream = |line: &Value| line["path"] == "/sse?client_id=ada";
    assert!(!lines(&file).iter().any(is_stream), "it is not over");
    within(server.http.delete(server.url("/api/clients/ada")).send())
        .await
        .expect("an answer");
    let line = line(&file, is_stream).await;
    assert_eq!(line["status"], 200);
    assert_eq!(line["closed"], "disconnected");
    assert_eq!(line["events"], 2);
    assert!(line["bytes"].as_u64().expect("a number") > 100);
}

#[test]
fn a_file_that_was_moved_away_is_opened_again_on_sighup() {
    let folder = tempfile::tempdir().expect("a folder");
    let flags = ["--access-log", "access.log"];
    let server = Running::start(server_process(folder.path(), &flags));
    let url = server.url();
    let address = url.trim_start_matches("http://");
    let (file, old) = (folder.path().join("access.log"), folder.path().join("old"));
    assert!(status(address, "/health/live").contains(" 200 "));
    while lines(&file).is_empty() {
        std::thread::yield_now();
    }
    fs::rename(&file, &old).expect("moved");
    send("-HUP", server.id());
    server.wait_for_error("the settings were read again");
    assert!(status(address, "/health/ready").contains(" 200 "));
    while lines(&file).is_empty() {
        std::thread::yield_now();
    }
    assert_eq!(lines(&file)[0]["path"], "/health/ready");
    assert_eq!(lines(&old).len(), 1);
    assert_eq!(server.signalled("-TERM").0, Some(0));
}

#[test]
fn lines_can_go_to_stdout() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Running::start(server_process(folder.path(), &["--access-log", "-"]));
    let url = server.url();
    assert!(status(url.trim_start_matches("http://"), "/nowhere").contains(" 404 "));
    let line: Value = serde_json::from_str(&server.line()).expect("JSON");
    assert_eq!(
        (&line["path"], &line["status"]),
        (&"/nowhere".into(), &404.into())
    );
    assert_eq!(server.signalled("-TERM").0, Some(0));
}

#[test]
fn a_file_that_can_not_be_opened_stops_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let flags = ["--access-log", "no/such/folder/access.log"];
    let server = Running::start(server_process(folder.path(), &flags));
    let (code, told) = server.ended();
    assert_eq!(code, Some(1));
    assert!(
        told.contains("--access-log no/such/folder/access.log: "),
        "{told}"
    );
}
