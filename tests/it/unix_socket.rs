//! Unix sockets, and sockets that systemd passes.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    os::unix::{
        fs::{FileTypeExt, PermissionsExt},
        net::{UnixListener, UnixStream},
    },
    path::Path,
    process::Command,
    time::Duration,
};

use command_fds::{CommandFdExt, FdMapping};

use crate::{
    command::{Running, tidings},
    listen::status,
};

/// A server with this socket.
fn start(folder: &Path, more: &[&str]) -> Running {
    let own = ["--listen", "unix:tidings.sock", "--drain", "0"];
    Running::start(tidings(folder, &[&own, more].concat()))
}

fn connect(path: &Path) -> UnixStream {
    let socket = UnixStream::connect(path).expect("connected");
    let timeout = Some(Duration::from_secs(60));
    socket.set_read_timeout(timeout).expect("set");
    socket
}

/// The answer to a GET.
fn get(path: &Path, url: &str) -> String {
    let mut socket = connect(path);
    let request = format!("GET {url} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("an answer");
    answer
}

/// Reads until this text has arrived.
fn read_until(socket: &mut UnixStream, text: &str) {
    let (mut all, mut bytes) = (String::new(), [0; 4_096]);
    while !all.contains(text) {
        let read = socket.read(&mut bytes).expect("readable");
        assert!(read > 0, "closed after {all}");
        all += &String::from_utf8_lossy(&bytes[..read]);
    }
}

#[test]
fn requests_and_streams_come_over_a_unix_socket() {
    for threads in ["0", "1"] {
        let folder = tempfile::tempdir().expect("a folder");
        let server = start(folder.path(), &["--delivery-threads", threads]);
        assert_eq!(server.url(), "unix:tidings.sock");
        let path = folder.path().join("tidings.sock");
        let mode = fs::metadata(&path).expect("a socket").permissions().mode();
        assert_eq!(mode & 0o777, 0o660);
        assert!(get(&path, "/health/ready").contains("200 OK"));
        let mut stream = connect(&path);
        let head = "GET /sse?client_id=ada HTTP/1.1\r\nhost: localhost\r\n\r\n";
        stream.write_all(head.as_bytes()).expect("sent");
        read_until(&mut stream, "event: ping");
        let body = r#"{"to": {"client": "ada"}, "data": "hello"}"#;
        let head = format!(
            "POST /push HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let mut push = connect(&path);
        push.write_all((head + body).as_bytes()).expect("sent");
        read_until(&mut push, "200 OK");
        read_until(&mut stream, "data: hello");
        assert_eq!(server.signalled("-TERM").0, Some(0));
        assert!(!path.exists(), "removed at the end");
    }
}

#[test]
fn what_a_proxy_says_over_a_unix_socket_counts_if_it_is_trusted() {
    let request =
        "GET /api/diagnosis HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: 192.0.2.7\r\n\r\n";
    for (trusted, seen) in [
        ("unix", "\"address\":\"192.0.2.7\""),
        ("127.0.0.1", "\"ignored\":true"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let server = start(folder.path(), &["--trusted-proxy", trusted]);
        server.url();
        let mut socket = connect(&folder.path().join("tidings.sock"));
        socket.write_all(request.as_bytes()).expect("sent");
        read_until(&mut socket, seen);
    }
}

#[test]
fn curl_takes_the_socket() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = start(
        folder.path(),
        &["--unix-socket-mode", "600", "--unix-socket-group", "0"],
    );
    server.url();
    let mut curl = Command::new("curl");
    let curl = curl.args([
        "--silent",
        "--unix-socket",
        "tidings.sock",
        "http://localhost/health/ready",
    ]);
    // Not everybody has curl.
    if let Ok(output) = curl.current_dir(folder.path()).output() {
        assert_eq!(String::from_utf8_lossy(&output.stdout), "ready");
    }
}

#[test]
fn a_socket_that_was_left_behind_is_replaced_and_one_in_use_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tidings.sock");
    drop(UnixListener::bind(&path).expect("a socket"));
    assert!(fs::metadata(&path).expect("a file").file_type().is_socket());
    let server = start(folder.path(), &[]);
    server.url();
    assert!(get(&path, "/health/ready").contains("200 OK"));

    let (code, err) = start(folder.path(), &["--data-dir", "other"]).ended();
    assert_ne!(code, Some(0));
    assert!(err.contains("another process listens"), "{err}");
    assert!(get(&path, "/health/ready").contains("200 OK"));

    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("tidings.sock"), "mine").expect("written");
    let (code, err) = start(folder.path(), &[]).ended();
    assert_ne!(code, Some(0));
    assert!(err.contains("not a socket"), "{err}");
}

#[test]
fn several_addresses_are_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = start(folder.path(), &["--listen", "127.0.0.1:0,127.0.0.1:0"]);
    assert_eq!(server.url(), "unix:tidings.sock");
    for _ in 0..2 {
        let url = server.url();
        assert!(status(url.trim_start_matches("http://"), "/health/live").contains("200"));
    }
}

/// A server that gets these sockets as systemd passes them. `sh` sets the process id, which is known only then.
fn with_passed(folder: &Path, listen: &str, sockets: &[&TcpListener], names: &str) -> Running {
    let server = tidings(folder, &["--listen", listen, "--drain", "0"]);
    let mut command = Command::new("sh");
    let script = "export LISTEN_PID=$$ LISTEN_FDS=$1 LISTEN_FDNAMES=$2; shift 2; exec \"$@\"";
    command.args(["-c", script, "sh", &sockets.len().to_string(), names]);
    command
        .arg(server.get_program())
        .args(server.get_args())
        .current_dir(folder);
    for (name, value) in server.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mappings = sockets.iter().zip(3..).map(|(socket, child_fd)| FdMapping {
        parent_fd: socket.try_clone().expect("a copy").into(),
        child_fd,
    });
    command.fd_mappings(mappings.collect()).expect("no clash");
    Running::start(command)
}

#[test]
fn sockets_of_systemd_are_used_by_name_or_all() {
    let sockets = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
    let urls = sockets
        .each_ref()
        .map(|socket| format!("http://{}", socket.local_addr().expect("an address")));
    let both = [&sockets[0], &sockets[1]];

    let folder = tempfile::tempdir().expect("a folder");
    let server = with_passed(folder.path(), "systemd", &both, "a:b");
    for url in &urls {
        assert_eq!(server.url(), *url);
        assert!(status(url.trim_start_matches("http://"), "/health/live").contains("200"));
    }
    drop(server);

    let folder = tempfile::tempdir().expect("a folder");
    let server = with_passed(folder.path(), "fd:b", &both, "a:b");
    assert_eq!(server.url(), urls[1]);
    drop(server);

    let (code, err) = with_passed(folder.path(), "fd:c", &both, "a:b").ended();
    assert_ne!(code, Some(0));
    assert!(err.contains("only the names a, b"), "{err}");

    let (code, err) = Running::start(tidings(folder.path(), &["--listen", "systemd"])).ended();
    assert_ne!(code, Some(0));
    assert!(err.contains("systemd has passed no socket"), "{err}");
}
