//! Running out of file descriptors: streams are refused first, and other requests are still answered.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    process::Command,
};

use crate::{
    command::{Running, server},
    listen::status,
};

/// Starts a server with this limit of descriptors.
fn start(folder: &tempfile::TempDir, limit: u32) -> (Running, String) {
    let server = server(folder.path(), &[]);
    let mut command = Command::new("sh");
    let script = format!("ulimit -n {limit} && exec \"$0\" \"$@\"");
    command.args(["-c", &script]).arg(server.get_program());
    command.args(server.get_args()).current_dir(folder.path());
    for (name, value) in server.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let running = Running::start(command);
    let url = running.url();
    let address = url.trim_start_matches("http://").to_owned();
    (running, address)
}

/// Opens a stream. Returns the status line and the rest of the head and body so far.
/// Opens a stream. Returns its socket and the status line.
pub fn open_stream(address: &str, path: &str) -> (BufReader<TcpStream>, String) {
    let mut socket = TcpStream::connect(address).expect("connected");
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    socket.write_all(request.as_bytes()).expect("sent");
    let mut socket = BufReader::new(socket);
    let mut line = String::new();
    socket.read_line(&mut line).expect("a status line");
    (socket, line)
}

fn rest(socket: &mut BufReader<TcpStream>) -> String {
    let mut text = String::new();
    while !text.contains('}') {
        assert_ne!(socket.read_line(&mut text).unwrap_or(0), 0, "{text}");
        if text.ends_with("\r\n\r\n") {
            let mut body = vec![0; content_length(&text)];
            std::io::Read::read_exact(socket, &mut body).expect("a body");
            text.push_str(&String::from_utf8_lossy(&body));
        }
    }
    text
}

fn content_length(head: &str) -> usize {
    let field = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    field.expect("a length").parse().expect("a number")
}

#[test]
fn descriptors_are_reserved_for_requests_that_are_not_streams() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, address) = start(&folder, 200);
    let mut open = Vec::new();
    let refused = loop {
        let (mut socket, line) = open_stream(&address, &format!("/sse?client_id=c{}", open.len()));
        if line.contains(" 503 ") {
            break rest(&mut socket);
        }
        assert!(line.contains(" 200 "), "{line}");
        open.push(socket);
        assert!(open.len() < 200, "more streams than descriptors");
    };
    assert!(refused.contains("\"too_many_connections\""), "{refused}");
    assert!(
        refused.contains("ulimit -n") && refused.contains("LimitNOFILE"),
        "{refused}"
    );
    assert!(
        refused.to_lowercase().contains("retry-after: "),
        "{refused}"
    );
    for path in ["/health/live", "/api/stats", "/admin", "/api/messages"] {
        assert!(status(&address, path).contains(" 200 "), "{path}");
    }
    // The server works, but new streams should go elsewhere.
    let (mut socket, line) = open_stream(&address, "/health/ready");
    assert!(line.contains(" 503 "), "{line}");
    let why = rest(&mut socket);
    assert!(why.contains("no file descriptors are left"), "{why}");
    // A descriptor that becomes free is used again.
    open.truncate(open.len() / 2);
    while !open_stream(&address, "/sse?client_id=late")
        .1
        .contains(" 200 ")
    {}
}

#[test]
fn running_out_is_logged_once_at_the_beginning_and_once_at_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let (server, address) = start(&folder, 100);
    // Requests that are begun and not completed use all descriptors, including the reserve.
    let begun: Vec<TcpStream> = (0..110)
        .map(|_| {
            let mut socket = TcpStream::connect(&address).expect("connected");
            socket.write_all(b"GET / HTTP/1.1\r\n").expect("sent");
            socket
        })
        .collect();
    server.wait_for_error("out of file descriptors");
    drop(begun);
    let line = loop {
        let line = server.error_line();
        assert!(!line.contains("out of file descriptors"), "told twice");
        if line.contains("accepted again") {
            break line;
        }
    };
    assert!(line.contains("connections="), "{line}");
    assert!(status(&address, "/health/live").contains(" 200 "));
    let (code, rest) = server.signalled("-TERM");
    assert_eq!(code, Some(0));
    assert!(!rest.contains("descriptors"), "{rest}");
}

#[test]
fn health_is_answered_while_no_descriptors_are_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let (server, address) = start(&folder, 100);
    // Connections without a request: one more than there are descriptors.
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(TcpStream::connect(&address).expect("connected"));
    }
    server.wait_for_error("out of file descriptors");
    assert!(status(&address, "/health/live").contains(" 200 "));
    drop(silent);
}
