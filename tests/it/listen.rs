//! `--listen`: its values, and when the server logs that it listens.

use std::{
    io::{Read, Write},
    net::{Ipv6Addr, TcpListener, TcpStream},
    process::Stdio,
};

use crate::command::{Running, tidings};

/// The status line of a GET.
pub fn status(address: &str, path: &str) -> String {
    let mut socket = TcpStream::connect(address).expect("connected");
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("an answer");
    answer.lines().next().unwrap_or_default().to_owned()
}

fn start(folder: &tempfile::TempDir, listen: &str) -> Running {
    let args = ["--listen", listen, "--drain", "0"];
    Running::start(tidings(folder.path(), &args))
}

/// An unused port.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

fn has_ipv6() -> bool {
    TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

#[test]
fn a_port_alone_means_loopback() {
    for colon in ["", ":"] {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let server = start(&folder, &format!("{colon}{port}"));
        assert_eq!(server.url(), format!("http://127.0.0.1:{port}"));
        assert!(status(&format!("127.0.0.1:{port}"), "/health/live").contains("200"));
        if has_ipv6() {
            assert_eq!(server.url(), format!("http://[::1]:{port}"));
            assert!(status(&format!("[::1]:{port}"), "/health/live").contains("200"));
        }
    }
}

#[test]
fn a_host_name_is_resolved() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = start(&folder, "localhost:0");
    let url = server.url();
    let address = url.trim_start_matches("http://");
    assert!(status(address, "/health/live").contains("200"));
}

#[test]
fn an_invalid_address_is_refused_with_an_example() {
    let folder = tempfile::tempdir().expect("a folder");
    for (listen, example) in [
        ("localhost", "localhost:8020"),
        ("::1", "[::1]:8020"),
        ("http://localhost:8020", "localhost:8020"),
        ("localhost:99999", "0 to 65535"),
    ] {
        let (code, err) = start(&folder, listen).ended();
        assert_eq!(code, Some(2), "{err}");
        assert!(err.contains("--listen") && err.contains(example), "{err}");
    }
    let (code, err) = start(&folder, "no-such-host.invalid:8020").ended();
    assert_ne!(code, Some(0));
    assert!(err.contains("no-such-host.invalid:8020"), "{err}");
}

/// A host name of this machine that is not loopback, if there is one.
fn public_name() -> Option<String> {
    use std::net::ToSocketAddrs;
    let name = std::fs::read_to_string("/etc/hostname")
        .ok()?
        .trim()
        .to_owned();
    let mut addresses = (name.as_str(), 0).to_socket_addrs().ok()?;
    addresses
        .any(|address| !address.ip().is_loopback())
        .then_some(name)
}

#[test]
fn a_public_host_name_needs_an_admin_token() {
    let Some(name) = public_name() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (code, err) = start(&folder, &format!("{name}:0")).ended();
    assert_ne!(code, Some(0));
    assert!(err.contains("set --admin-token"), "{err}");
    assert!(
        !folder.path().join("tidings-data").exists(),
        "nothing was made"
    );
}

#[test]
fn it_says_where_a_browser_finds_the_pages() {
    let public = ["--public-url", "https://example.org/push"];
    let token = ["--admin-token", "a-token-of-more-than-16"];
    for (listen, flags, pages) in [
        ("127.0.0.1:0", &[][..], "http://127.0.0.1:PORT"),
        ("0.0.0.0:0", &token[..], "http://127.0.0.1:PORT"),
        ("127.0.0.1:0", &public[..], "https://example.org/push"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let args = [&["--listen", listen, "--drain", "0"][..], flags].concat();
        let server = Running::start(tidings(folder.path(), &args));
        let url = server.url();
        let (_, port) = url.rsplit_once(':').expect("a port");
        let pages = pages.replace("PORT", port);
        let said = server.error_line();
        let expected = format!("the first page is {pages}/, the panel is {pages}/admin");
        assert!(said.ends_with(&expected), "{said}");
    }
}

#[test]
fn a_server_that_can_not_open_its_log_does_not_log_that_it_listens() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = start(&folder, "127.0.0.1:0");
    first.url();
    let (code, err) = start(&folder, "127.0.0.1:0").ended();
    assert_ne!(code, Some(0));
    assert!(err.contains("in use"), "{err}");
    assert!(!err.contains("listening on"), "{err}");
}

#[test]
fn requests_are_answered_once_it_logs_that_it_listens() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = tidings(
        folder.path(),
        &["--listen", "127.0.0.1:0", "--log-format", "json"],
    );
    command.stdout(Stdio::null());
    let server = Running::start(command);
    let url = server.url();
    assert!(status(url.trim_start_matches("http://"), "/health/ready").contains("200"));
}
