//! The command line: the real binary, its output and its exit codes.

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{self, Receiver},
    time::Duration,
};

use clap::Args;
use serde_json::Value;
use tempfile::TempDir;
use tidings::config::Settings;

/// The maximum wait, much longer than any step takes.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The binary in this folder, without the environment settings of the user who runs the tests.
pub fn tidings(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy().to_lowercase();
        if text.starts_with("tidings_") || text.ends_with("_proxy") {
            command.env_remove(&name);
        }
    }
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command
}

/// The exit code of a command in this folder, and all that it has printed.
pub fn run(folder: &Path, args: &[&str]) -> (Option<i32>, String) {
    let (code, stdout, stderr) = output(folder, args);
    (code, stdout + &stderr)
}

/// The exit code, stdout and stderr of a command in this folder.
pub fn output(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    parts(tidings(folder, args).output().expect("it runs"))
}

/// The exit code, stdout and stderr.
fn parts(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// `tidings serve` in this folder, on a free port, without a drain at its end.
pub fn server(folder: &Path, flags: &[&str]) -> Command {
    let own = ["--listen", "127.0.0.1:0", "--drain", "0"];
    tidings(folder, &[&own, flags].concat())
}

/// A running process. It is killed at the end of the test.
pub struct Running {
    child: Child,
    out: Receiver<String>,
    err: Receiver<String>,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(Stdio::piped());
        let mut child = command.spawn().expect("it runs");
        let out = lines(child.stdout.take().expect("an output"));
        let err = lines(child.stderr.take().expect("an output"));
        Self { child, out, err }
    }

    /// The URL of a server, from its log.
    pub fn url(&self) -> String {
        loop {
            let line = self.err.recv_timeout(TIMEOUT);
            let line = line.expect("the line with the address");
            if let Some((_, url)) = line.split_once("listening on ") {
                return url.split('"').next().unwrap_or(url).to_owned();
            }
        }
    }

    /// The URL of a server, from its log. If the server ends first, its output.
    pub fn try_url(&self) -> Result<String, String> {
        let mut told = String::new();
        loop {
            match self.err.recv_timeout(TIMEOUT) {
                Ok(line) => {
                    if let Some((_, url)) = line.split_once("listening on ") {
                        return Ok(url.split('"').next().unwrap_or(url).to_owned());
                    }
                    told.push_str(&line);
                    told.push('\n');
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => return Err(told),
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    panic!("it neither listens nor ends: {told}")
                }
            }
        }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the next line on stdout.
    pub fn line(&self) -> String {
        self.out.recv_timeout(TIMEOUT).expect("another line")
    }

    /// Waits for the next line on stdout that contains a text.
    fn line_with(&self, text: &str) -> String {
        loop {
            let line = self.line();
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Waits for the next line on stderr.
    pub fn error_line(&self) -> String {
        self.err.recv_timeout(TIMEOUT).expect("another line")
    }

    /// Writes to its standard input.
    pub fn input(&self, text: &str) {
        let mut stdin = self.child.stdin.as_ref().expect("an input");
        stdin.write_all(text.as_bytes()).expect("written");
    }

    /// Waits for a line on stderr that contains a text.
    pub fn wait_for_error(&self, text: &str) {
        loop {
            let line = self.err.recv_timeout(TIMEOUT).expect("another line");
            if line.contains(text) {
                return;
            }
        }
    }

    /// Waits until the process ends. Returns its exit code and the rest of its stderr.
    pub fn ended(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().expect("it ends");
        let rest: Vec<String> = self.err.iter().collect();
        (status.code(), rest.join("\n"))
    }

    /// Sends a signal and waits until the process ends. Returns its exit code and the rest of its stderr.
    pub fn signalled(mut self, signal: &str) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.expect("kill runs").success());
        let status = self.child.wait().expect("it ends");
        let rest: Vec<String> = self.err.iter().collect();
        (status.code(), rest.join("\n"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines() {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// A server process.
struct Server {
    running: Running,
    url: String,
    folder: TempDir,
}

impl Server {
    fn start(flags: &[&str]) -> Self {
        Self::start_in(
            tempfile::tempdir().expect("a folder"),
            "127.0.0.1:0",
            flags,
            &[],
        )
    }

    fn start_in(folder: TempDir, listen: &str, flags: &[&str], env: &[(&str, &str)]) -> Self {
        let own = ["--listen", listen, "--drain", "0"];
        let mut command = tidings(folder.path(), &[&own, flags].concat());
        command.envs(env.iter().copied());
        let running = Running::start(command);
        let url = running.url();
        Self {
            running,
            url,
            folder,
        }
    }

    fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        output(self.folder.path(), &[args, &["--url", &self.url]].concat())
    }

    /// A `tidings tail` that is connected.
    fn tail(&self, args: &[&str]) -> Running {
        let args = [&["tail"], args, &["--url", &self.url]].concat();
        let tail = Running::start(tidings(self.folder.path(), &args));
        tail.line_with("welcome");
        tail.line_with("ping");
        tail
    }
}

#[test]
fn tail_prints_a_line_for_each_message() {
    let server = Server::start(&[]);
    let tail = server.tail(&["--client-id", "ada", "--topic", "orders/*"]);

    let (code, out, _) = server.run(&["push", "--client", "ada", "hello\nada"]);
    assert_eq!(code, Some(0));
    assert!(
        out.ends_with(": 1 connection, queued for offline clients\n") && out.lines().count() == 1,
        "{out}"
    );
    let line = tail.line();
    let words: Vec<_> = line.splitn(4, ' ').collect();
    assert!(words[0].ends_with('Z') && words[1] == "message", "{line}");
    assert_eq!(words[2], out.split(':').next().expect("an id"));
    assert_eq!(words[3], "hello\\nada");

    let args = [
        "push",
        "--topic",
        "orders/42",
        "--event",
        "paid",
        "--json",
        "--output",
        "json",
        "{\"n\":1}",
    ];
    let (code, out, _) = server.run(&args);
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &answer["connections"]), (Some(0), &Value::from(1)));
    assert!(tail.line().ends_with(r#" {"n":1}"#));

    server.run(&["push", "--clients", "ada,bob", "to some"]);
    assert!(tail.line().ends_with(" to some"));
    server.run(&["push", "--everyone", "--ttl", "0", "to all"]);
    assert!(tail.line().ends_with(" to all"));
    let (code, out, _) = server.run(&["push", "--client", "nobody", "x"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("no connections"), "{out}");

    assert_eq!(tail.signalled("-INT").0, Some(0));
    assert_eq!(server.running.signalled("-TERM").0, Some(0));
}

#[test]
fn push_reads_standard_input_and_tail_prints_json() {
    let server = Server::start(&[]);
    let tail = server.tail(&["--client-id", "ada", "--output", "json"]);
    for args in [
        &["push", "--client", "ada"][..],
        &["push", "--client", "ada", "-"],
    ] {
        let args = [args, &["--url", &server.url]].concat();
        let mut push = tidings(server.folder.path(), &args);
        let push = push.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut push = push.spawn().expect("it runs");
        let mut stdin = push.stdin.take().expect("an input");
        stdin.write_all(b"two\nlines\n").expect("written");
        drop(stdin);
        assert!(push.wait().expect("it ends").success());
        let event: Value = serde_json::from_str(&tail.line()).expect("JSON");
        assert_eq!(
            (&event["event"], &event["data"]),
            (&"message".into(), &"two\nlines".into())
        );
        assert!(event["id"].is_string() && event["time"].is_string());
    }
}

#[test]
fn a_refusal_names_the_field_and_the_exit_code_is_1() {
    let server = Server::start(&[]);
    let (code, out, err) = server.run(&["push", "--topic", "a/*", "x"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(
        err.starts_with("tidings: to.topic: ") && err.contains("422 invalid_field"),
        "{err}"
    );
    assert_eq!(err.lines().count(), 1);
    let (code, _, err) = server.run(&["tail", "--since", "yesterday"]);
    assert_eq!(code, Some(1));
    assert!(err.starts_with("tidings: since: "), "{err}");
    let (code, _, err) = server.run(&["push", "--everyone", "--json", "{"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("DATA is not JSON"), "{err}");
    let url = server.url.clone();
    let args = ["push", "--everyone", "x", "--token-file", "missing"];
    let (code, _, err) = server.run(&args);
    assert_eq!(code, Some(1));
    let cause = "No such file or directory (os error 2)";
    assert_eq!(err, format!("tidings: --token-file missing: {cause}\n"));
    server.running.signalled("-TERM");
    let folder = tempfile::tempdir().expect("a folder");
    let (code, _, err) = output(folder.path(), &["push", "--everyone", "x", "--url", &url]);
    assert_eq!(code, Some(1));
    assert!(
        err.starts_with("tidings: the server does not answer: "),
        "{err}"
    );
}

#[test]
fn tail_reconnects_when_the_server_is_started_again() {
    let server = Server::start(&[]);
    let tail = server.tail(&["--client-id", "ada"]);
    let address = server.url.trim_start_matches("http://").to_owned();
    let Server {
        running, folder, ..
    } = server;
    assert_eq!(running.signalled("-TERM").0, Some(0));
    let server = Server::start_in(folder, &address, &[], &[]);
    tail.line_with("welcome");
    server.run(&["push", "--client", "ada", "back again"]);
    assert!(tail.line_with("back again").contains(" message "));
}

#[test]
fn tail_with_event_only_leaves_out_events_about_the_stream() {
    let server = Server::start(&["--heartbeat", "1"]);
    let welcomed = server.tail(&["--client-id", "ada"]);
    let args = [
        "tail",
        "--client-id",
        "ada",
        "--event-only",
        "--url",
        &server.url,
    ];
    let quiet = Running::start(tidings(server.folder.path(), &args));
    welcomed.line_with(" ping ");
    // Until both are connected.
    while !server
        .run(&["push", "--client", "ada", "hello"])
        .1
        .contains("2 connections")
    {}
    assert!(
        quiet.line().ends_with(" hello"),
        "the first line is a message"
    );
}

#[test]
fn a_token_of_the_command_opens_the_streams_of_its_client() {
    let key = "a stream secret of 32 bytes or more";
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("key"), format!("{key}\n")).expect("written");
    let server = Server::start_in(folder, "127.0.0.1:0", &["--stream-secret-file", "key"], &[]);
    let make = [
        "token",
        "--client-id",
        "ada",
        "--topic",
        "orders/**",
        "--stream-secret",
        key,
    ];
    let (code, jwt, _) = output(server.folder.path(), &make);
    assert_eq!((code, jwt.lines().count()), (Some(0), 1));

    let (code, _, err) = server.run(&["tail", "--client-id", "ada"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("401 unauthorized"), "{err}");
    let tail = server.tail(&[
        "--client-id",
        "ada",
        "--topic",
        "orders/1",
        "--token",
        jwt.trim(),
    ]);
    server.run(&["push", "--topic", "orders/1", "paid"]);
    assert!(tail.line().ends_with(" paid"));

    let folder = server.folder.path();
    let (code, _, err) = output(folder, &["token", "--client-id", "ada"]);
    assert_eq!(code, Some(1));
    assert!(
        err.contains("set --stream-secret (TIDINGS_STREAM_SECRET)"),
        "{err}"
    );
    let short = ["token", "--client-id", "ada", "--stream-secret", "short"];
    assert!(output(folder, &short).2.contains("32 bytes or more"));
    // The secret can be read from the settings file of the server.
    std::fs::write(
        folder.join("tidings.toml"),
        format!("stream_secret = \"{key}\""),
    )
    .expect("written");
    assert_eq!(output(folder, &["token", "--client-id", "ada"]).0, Some(0));
}

#[test]
fn a_token_in_a_url_is_never_logged() {
    let key = "a stream secret of 32 bytes or more";
    for format in ["text", "json"] {
        let flags = [
            "--stream-secret",
            key,
            "--log",
            "trace",
            "--log-format",
            format,
        ];
        let server = Server::start(&flags);
        let make = ["token", "--client-id", "ada", "--stream-secret", key];
        let jwt = output(server.folder.path(), &make).1.trim().to_owned();
        let asked = |path: String| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let url = format!("{}{path}", server.url);
            let client = reqwest::Client::builder()
                .no_proxy()
                .build()
                .expect("a client");
            let answer = runtime.expect("a runtime").block_on(client.get(url).send());
            answer.expect("an answer").status().as_u16()
        };
        assert_eq!(asked(format!("/sse?client_id=ada&token={jwt}")), 200);
        assert_eq!(asked(format!("/sse?client_id=bob&token={jwt}")), 403);
        assert_eq!(asked(format!("/sse?client_id=ada&token={jwt}x")), 401);
        assert_eq!(asked(format!("/nowhere?token={jwt}")), 404);
        let log = server.running.signalled("-TERM").1;
        assert!(
            log.contains("token=[hidden]"),
            "requests are logged:\n{log}"
        );
        let signature = jwt.rsplit('.').next().expect("a signature");
        for line in log.lines() {
            assert!(!line.contains(signature) && !line.contains(key), "{line}");
        }
    }
}

#[test]
fn a_server_without_a_token_refuses_a_public_address() {
    let folder = tempfile::tempdir().expect("a folder");
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8020"] {
        for args in [&["serve", "--listen", address][..], &["--listen", address]] {
            let (code, out, err) = output(folder.path(), args);
            assert_eq!((code, out.as_str()), (Some(1), ""));
            assert!(
                err.contains("set --admin-token") && err.contains("127.0.0.1"),
                "{err}"
            );
            assert_eq!(err.lines().count(), 1, "{err}");
        }
    }
    let by_environment = tidings(folder.path(), &[])
        .env("TIDINGS_LISTEN", "0.0.0.0:0")
        .output();
    assert_eq!(parts(by_environment.expect("it runs")).0, Some(1));
    let short = ["--listen", "0.0.0.0:0", "--admin-token", "too-short"];
    let (code, _, err) = output(folder.path(), &short);
    assert_eq!(code, Some(1));
    assert!(
        err.contains("16 characters") && !err.contains("too-short"),
        "{err}"
    );
    let token = ["--admin-token", "a-token-of-more-than-16"];
    let open = Server::start_in(folder, "0.0.0.0:0", &token, &[]);
    assert!(open.url.starts_with("http://0.0.0.0:"));
}

#[test]
fn the_server_raises_its_limit_on_open_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let plain = server(folder.path(), &[]);
    // A service manager may start it with a low soft limit and a higher hard limit.
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -S -n 64; exec \"$0\" \"$@\""]);
    command.arg(plain.get_program()).args(plain.get_args());
    for (name, _) in plain.get_envs().filter(|(_, value)| value.is_none()) {
        command.env_remove(name);
    }
    command.current_dir(folder.path()).stdin(Stdio::null());
    let running = Running::start(command);
    let address = running.url();
    let address = address.trim_start_matches("http://");
    let mut streams = Vec::new();
    for number in 0..100 {
        let mut stream = std::net::TcpStream::connect(address).expect("connected");
        stream.set_read_timeout(Some(TIMEOUT)).expect("set");
        write!(
            stream,
            "GET /sse?client_id=c{number} HTTP/1.1\r\nhost: x\r\n\r\n"
        )
        .expect("sent");
        let mut head = [0; 12];
        stream.read_exact(&mut head).expect("answered");
        assert_eq!(&head, b"HTTP/1.1 200", "{number}");
        streams.push(stream);
    }
}

#[test]
fn an_address_in_use_is_an_error_of_one_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let (code, _, err) = output(folder.path(), &["--listen", &address]);
    assert_eq!(code, Some(1));
    assert!(
        err.starts_with(&format!("tidings: can't listen on {address}: ")),
        "{err}"
    );
    assert_eq!(err.lines().count(), 1);
}

#[test]
fn flags_win_over_the_environment_and_the_environment_over_the_file() {
    let heartbeat = |env: &[(&str, &str)], flags: &[&str]| {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("tidings.toml"), "heartbeat = 21").expect("written");
        let server = Server::start_in(folder, "127.0.0.1:0", flags, env);
        let args = ["tail", "--output", "json", "--url", &server.url];
        let line = Running::start(tidings(server.folder.path(), &args)).line();
        let event: Value = serde_json::from_str(&line).expect("JSON");
        let welcome: Value =
            serde_json::from_str(event["data"].as_str().expect("text")).expect("JSON");
        welcome["heartbeat"].as_u64()
    };
    let env = [("TIDINGS_HEARTBEAT", "22")];
    assert_eq!(heartbeat(&[], &[]), Some(21));
    assert_eq!(heartbeat(&env, &[]), Some(22));
    assert_eq!(heartbeat(&env, &["--heartbeat", "23"]), Some(23));
}

#[test]
fn an_unknown_key_in_the_file_is_refused_by_name_and_line() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("tidings.toml"),
        "[limits]\nmax_topic = 5",
    )
    .expect("written");
    let (code, _, err) = output(folder.path(), &[]);
    assert_eq!(code, Some(1));
    assert!(
        err.contains("tidings.toml: line 2: ") && err.contains("`limits.max_topic`"),
        "{err}"
    );
    assert_eq!(
        output(folder.path(), &["serve", "--help"]).0,
        Some(0),
        "help does not need a valid file"
    );
    let (_, _, err) = output(
        folder.path(),
        &["push", "--everyone", "x", "--url", "http://127.0.0.1:1"],
    );
    assert!(
        !err.contains("tidings.toml"),
        "push does not read the file: {err}"
    );
}

#[test]
fn help_describes_every_setting() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("tidings.toml"), "drain = 77").expect("written");
    let (code, help, _) = output(folder.path(), &["serve", "--help"]);
    assert_eq!(code, Some(0));
    let serve = Settings::augment_args(clap::Command::new("serve"));
    for arg in serve.get_arguments().filter(|arg| !arg.is_hide_set()) {
        // A switch can be given a value after `=`.
        let end = match arg.is_require_equals_set() {
            true => '[',
            false => ' ',
        };
        let flag = format!("--{}{end}", arg.get_long().expect("a flag"));
        let (_, entry) = help
            .split_once(&flag)
            .unwrap_or_else(|| panic!("{flag} is missing"));
        let entry = entry.split("\n      --").next().expect("an entry");
        let name = arg.get_id().as_str().to_uppercase();
        assert!(
            entry.contains(&format!("[env: TIDINGS_{name}")),
            "{flag}: {entry}"
        );
        let meaning = entry.lines().nth(1).expect("a meaning").trim();
        assert!(meaning.len() > 20, "{flag}: {meaning}");
        if !arg.is_hide_default_value_set()
            && let Some(default) = arg
                .get_default_values()
                .first()
                .and_then(|value| value.to_str())
        {
            let default = match name.as_str() {
                "DRAIN" => "77".to_owned(),
                _ if default.contains(' ') => format!("{default:?}"),
                _ => default.to_owned(),
            };
            assert!(
                entry.contains(&format!("[default: {default}]")),
                "{flag}: {entry}"
            );
        }
    }
    let (code, help, _) = output(folder.path(), &["--help"]);
    assert_eq!(code, Some(0));
    for command in ["serve", "push", "tail", "job", "check", "token"] {
        assert!(help.contains(&format!("  {command} ")), "{help}");
    }
    assert!(
        output(folder.path(), &["--version"])
            .1
            .starts_with("tidings ")
    );
}

#[test]
fn a_wrong_flag_is_explained() {
    let folder = tempfile::tempdir().expect("a folder");
    for (args, parts) in [
        (&["sreve"][..], &["'sreve'", "serve"][..]),
        (&["--heartbeet", "7"], &["--heartbeet", "--heartbeat"]),
        (&["--heartbeat", "0"], &["--heartbeat", "1..=3600"]),
        (&["push", "hello"], &["--client", "--topic", "--everyone"]),
        (
            &["push", "--everyone", "x", "--url", "localhost:8020"],
            &["--url", "http://"],
        ),
        (&["tail", "--url", "ftp://a"], &["--url", "http://"]),
        (&["tail", "--topic", ""], &["--topic"]),
        (
            &["token", "--client-id", "ada", "--ttl", "1w"],
            &["--ttl", "1h"],
        ),
        (&["job", "run", "make"], &["--", "make"]),
        (&["job", "run", "--title", "", "--", "true"], &["--title"]),
    ] {
        let (code, out, err) = output(folder.path(), args);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{args:?}: {err}");
        for part in parts {
            assert!(err.contains(part), "{args:?} without {part}: {err}");
        }
    }
}
