//! Signals: which of them end the server.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use crate::{
    command::{Running, server, tidings},
    listen::status,
};

/// Sends a signal to a process.
pub fn send(signal: &str, id: u32) {
    let sent = Command::new("kill")
        .args([signal, &id.to_string()])
        .status();
    assert!(sent.expect("kill runs").success());
}

#[test]
fn a_hangup_without_a_terminal_does_not_end_the_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Running::start(tidings(folder.path(), &["--listen", "127.0.0.1:0"]));
    let url = server.url();
    send("-HUP", server.id());
    server.wait_for_error("the settings were read again: nothing to change");
    assert!(status(url.trim_start_matches("http://"), "/health/live").contains(" 200 "));
    assert_eq!(server.signalled("-TERM").0, Some(0));
}

#[test]
fn closing_the_terminal_shuts_the_server_down_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = server(folder.path(), &[]);
    // `script` provides a terminal.
    let program = server
        .get_program()
        .to_str()
        .expect("a plain path")
        .to_owned();
    let args: Vec<_> = server
        .get_args()
        .map(|arg| arg.to_str().expect("text"))
        .collect();
    // Under `nohup` this signal is ignored, and programs that are started inherit that.
    let args = args.join(" ");
    let line = format!("exec env --default-signal=HUP {program} {args}");
    let mut script = Command::new("script");
    script.args(["-qfec", &line, "/dev/null"]);
    script.current_dir(folder.path()).stdin(Stdio::piped());
    script.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut script = script.spawn().expect("script, of util-linux, runs");
    let out = BufReader::new(script.stdout.take().expect("its output"));
    let address = out
        .lines()
        .map_while(Result::ok)
        .find_map(|line| Some(line.split_once("listening on http://")?.1.trim().to_owned()))
        .expect("it listens");
    let address: String = address
        .chars()
        .take_while(|c| c.is_ascii_digit() || ".:".contains(*c))
        .collect();

    let mut stream = std::net::TcpStream::connect(&address).expect("connected");
    let request = b"GET /sse?client_id=ada HTTP/1.1\r\nhost: localhost\r\n\r\n";
    std::io::Write::write_all(&mut stream, request).expect("sent");
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines
        .find(|line| line.contains("welcome"))
        .expect("a welcome");

    script.kill().expect("killed");
    script.wait().expect("ended");
    let last = lines
        .find(|line| line.contains("reconnect"))
        .expect("a word of leave");
    assert_eq!(last, "event: reconnect");
    let lock = std::fs::File::open(folder.path().join("tidings-data/lock")).expect("a lock");
    lock.lock().expect("the server ended");
}
