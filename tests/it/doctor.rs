//! `tidings doctor`: what it says about a server that is set up well, and about one that is not.

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

use serde_json::Value;

use crate::{
    certificates::Certificate,
    command::{Running, tidings},
    harness::Server,
    proxies::process::{Kind, Proxy},
    tls,
};

const TOKEN: &str = "0123456789abcdef";

/// The exit code, and the level of each check by its name.
async fn examine(url: &str, args: &[&str]) -> (Option<i32>, Vec<(String, String, Value)>) {
    let folder = tempfile::tempdir().expect("a folder");
    let args = [&["doctor", url, "--json"], args].concat();
    let mut command = tidings(folder.path(), &args);
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    let output = output.expect("no panic").expect("it runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let error = String::from_utf8_lossy(&output.stderr);
    let found: Vec<Value> = serde_json::from_str(&text).expect(&error);
    let word = |finding: &Value, name: &str| finding[name].as_str().expect("a text").to_owned();
    let found = found
        .iter()
        .map(|f| (word(f, "check"), word(f, "level"), f.clone()));
    (output.status.code(), found.collect())
}

fn bad(found: &[(String, String, Value)]) -> Vec<(&str, &str)> {
    let bad = found.iter().filter(|(_, level, _)| level != "ok");
    bad.map(|(check, level, _)| (check.as_str(), level.as_str()))
        .collect()
}

#[tokio::test]
async fn a_plain_server_passes_all_checks() {
    let server = Server::with(&["--admin-token", TOKEN]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("a plain path");
    let args = ["--token", TOKEN, "--idle", "1", "--data-dir", data];
    let (code, found) = examine(&server.url(""), &args).await;
    // The disk and the limits of this machine are not those of the test.
    let machine = ["disk", "fsync", "descriptors"];
    let mut bad = bad(&found);
    bad.retain(|(check, _)| !machine.contains(check));
    assert!(bad.is_empty(), "{found:?}");
    assert!(code < Some(2), "{found:?}");
    for check in [
        "http",
        "clock",
        "path",
        "cors",
        "secrecy",
        "health",
        "proxy",
        "cookie",
        "compression",
        "buffering",
        "heartbeat",
        "idle",
        "descriptors",
        "disk",
        "fsync",
    ] {
        assert!(
            found.iter().any(|(name, ..)| name == check),
            "{check}: {found:?}"
        );
    }
}

#[tokio::test]
async fn without_a_token_it_says_what_it_did_not_check() {
    let server = Server::with(&["--admin-token", TOKEN]).await;
    let (code, found) = examine(&server.url(""), &[]).await;
    assert_eq!(bad(&found), [("admin", "warn"), ("buffering", "warn")]);
    assert_eq!(code, Some(1));
}

#[tokio::test]
async fn a_proxy_that_compresses_and_buffers_is_named_with_the_line_to_change() {
    let server = Server::with(&["--admin-token", TOKEN]).await;
    let bad_lines = "proxy_buffering on;\nproxy_ignore_headers X-Accel-Buffering;\ngzip on;\ngzip_types *;\ngzip_proxied any;\ngzip_min_length 0;";
    let file = Kind::Nginx.file();
    let file = file
        .replace("proxy_buffering off;", bad_lines)
        .replace("gzip off;", "");
    let proxy = Proxy::start(Kind::Nginx, &file, server.address).await;
    let (code, found) = examine(&proxy.url(""), &["--token", TOKEN]).await;
    assert_eq!(code, Some(2), "{found:?}");
    let bad = bad(&found);
    assert!(bad.contains(&("compression", "fail")), "{found:?}");
    assert!(bad.contains(&("buffering", "fail")), "{found:?}");
    // The proxy is at the address of the doctor, and the server does not know it.
    assert!(bad.contains(&("proxy", "warn")), "{found:?}");
    let text = serde_json::to_string(&found.iter().map(|(.., f)| f).collect::<Vec<_>>());
    let text = text.expect("JSON");
    for line in [
        "proxy_buffering off",
        "gzip_types",
        "--trusted-proxy 127.0.0.1",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[tokio::test]
async fn a_proxy_that_is_set_up_as_documented_passes() {
    let flags = ["--admin-token", TOKEN, "--trusted-proxy", "127.0.0.1"];
    let server = Server::with(&flags).await;
    let proxy = Proxy::start(Kind::Nginx, Kind::Nginx.file(), server.address).await;
    let (_, found) = examine(&proxy.url(""), &["--token", TOKEN]).await;
    let mut bad = bad(&found);
    bad.retain(|(check, _)| *check != "descriptors");
    assert!(bad.is_empty(), "{found:?}");
}

#[tokio::test]
async fn a_path_that_the_server_does_not_know_is_named() {
    let server = Server::with(&["--admin-token", TOKEN]).await;
    let part = include_str!("../../packaging/proxies/nginx-path.conf");
    let file = format!("server {{\nlisten 80;\n{part}\n}}\n");
    let proxy = Proxy::start(Kind::Nginx, &file, server.address).await;
    let (code, found) = examine(&proxy.url("/push"), &["--token", TOKEN]).await;
    assert_eq!(code, Some(2));
    let path = found
        .iter()
        .find(|(check, ..)| check == "path")
        .expect("a finding");
    assert_eq!(path.1, "fail");
    let change = path.2["change"].as_str().expect("a text");
    assert!(
        change.contains(&format!("--public-url {}", proxy.url("/push"))),
        "{change}"
    );
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_a_failure() {
    let (code, found) = examine("http://127.0.0.1:1", &[]).await;
    assert_eq!(code, Some(2));
    assert_eq!(bad(&found), [("address", "fail")]);
}

/// A server with this certificate, its URL, and the file with the root to trust, which is the certificate itself.
fn over_tls(folder: &Path, certificate: &Certificate) -> (Running, String, String) {
    let files = certificate.write(folder, "server");
    let (server, port) = tls::start(folder, &[&files], &["--admin-token", TOKEN]);
    let root = files.cert.to_str().expect("a plain path").to_owned();
    (server, format!("https://localhost:{port}"), root)
}

fn found_of<'a>(found: &'a [(String, String, Value)], check: &str) -> &'a Value {
    let found = found.iter().find(|(name, ..)| name == check);
    &found.unwrap_or_else(|| panic!("{check} was not checked")).2
}

#[tokio::test]
async fn a_server_with_a_trusted_certificate_passes_all_checks() {
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = Certificate::of(&["localhost"]);
    let (_server, url, root) = over_tls(folder.path(), &certificate);
    let (_, found) = examine(&url, &["--token", TOKEN, "--ca", &root]).await;
    let mut bad = bad(&found);
    // The limit of this machine is not that of the test.
    bad.retain(|(check, _)| *check != "descriptors");
    assert!(bad.is_empty(), "{found:?}");
    assert_eq!(found_of(&found, "http")["found"], "HTTP/2.0");
    let valid = found_of(&found, "certificate")["found"].as_str();
    assert!(
        valid.expect("a text").starts_with("valid for "),
        "{valid:?}"
    );
    assert_eq!(found_of(&found, "cookie")["level"], "ok");
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = Certificate::of(&["localhost"]);
    let (_server, url, _) = over_tls(folder.path(), &certificate);
    let (code, found) = examine(&url, &["--token", TOKEN]).await;
    assert_eq!(code, Some(2));
    assert_eq!(bad(&found), [("certificate", "fail")]);
    let change = found_of(&found, "certificate")["change"].as_str();
    assert!(change.expect("a text").contains("--ca FILE"), "{found:?}");
}

#[tokio::test]
async fn a_certificate_that_ends_soon_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = Certificate::with(&["localhost"], |params| {
        let end = SystemTime::now() + Duration::from_secs(5 * 86_400 + 3_600);
        params.not_after = end.into();
    });
    let (_server, url, root) = over_tls(folder.path(), &certificate);
    let (code, found) = examine(&url, &["--token", TOKEN, "--ca", &root]).await;
    assert_eq!(code, Some(1), "{found:?}");
    let finding = found_of(&found, "certificate");
    assert_eq!(finding["level"], "warn");
    assert_eq!(finding["found"], "valid for 5 more days");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = Certificate::of(&["push.example"]);
    let (_server, url, root) = over_tls(folder.path(), &certificate);
    let (code, found) = examine(&url, &["--token", TOKEN, "--ca", &root]).await;
    assert_eq!(code, Some(2));
    assert_eq!(bad(&found), [("certificate", "fail")]);
    let finding = found_of(&found, "certificate");
    let change = finding["change"].as_str().expect("a text");
    assert!(change.contains("for this name"), "{finding}");
    assert!(
        finding["found"].to_string().contains("localhost"),
        "{finding}"
    );
}
