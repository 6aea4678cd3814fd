//! What access costs: a push with an API key beside one with the admin token, also with many keys, a push that is written
//! to the audit trail beside one that is not, a stream with a token of an issuer beside one without, and what the time of a
//! refusal tells of the token.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::{
    Setting, guesses,
    http::{self, Connection},
    median::median,
    publisher,
    report::{Row, number},
    server::Server,
};

const ADMIN_TOKEN: &str = "token-of-the-bench";

/// Publishers, and the duration of their pushes.
const PUBLISHERS: usize = 8;
const SPAN: Duration = Duration::from_millis(1_500);

/// Patterns of the key that pushes, and the other keys.
const PATTERNS: usize = 5;
const KEYS: usize = 10_000;

/// Streams that are opened and closed, one after the other.
const STREAMS: usize = 2_000;

/// What is opened.
const STREAM: &str = "/sse?client_id=anna&topic=orders/1";

/// The targets: the cost with a key relative to the admin token, and of a stream with a token relative to one without.
const KEY: f64 = 1.1;
const TOKEN: f64 = 1.5;

/// A token for the client `anna` (RS256), and the key of its issuer.
const SIGNED: &str = include_str!("../../tests/tokens/signed.txt");
const ISSUER_KEY: &str = include_str!("../../tests/tokens/rsa.pem");

/// Runs the scenario.
pub fn measure(setting: &Setting, runtime: &Runtime) -> Result<Vec<Row>> {
    let mut rows = pushes(setting, runtime)?;
    rows.push(streams(setting)?);
    let guarded = Guarded::start(setting, &["--limit-failures", "0"])?;
    rows.push(guesses::measure(&guarded.server, ADMIN_TOKEN)?);
    Ok(rows)
}

/// A server with an admin token and without limits, in a folder of its own.
struct Guarded {
    server: Server,
    _folder: TempDir,
}

impl Guarded {
    fn start(setting: &Setting, flags: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir_in(&setting.folder)?;
        let token = folder.path().join("token");
        fs::write(&token, ADMIN_TOKEN)?;
        let token = token.to_string_lossy().into_owned();
        let guard = ["--admin-token-file", token.as_str()];
        let server = Server::start(
            setting,
            &folder.path().join("data"),
            &[&guard[..], flags].concat(),
        )?;
        Ok(Self {
            server,
            _folder: folder,
        })
    }

    /// Processor time of a push to nobody with this token, in microseconds.
    fn push(&self, token: &str, kept: bool) -> Result<f64> {
        let request = push(self.server.address(), token, kept);
        let (began, used) = (Instant::now(), self.server.cpu_seconds());
        let pushed = publisher::closed_loop(self.server.address(), PUBLISHERS, |_, out| {
            if began.elapsed() < SPAN {
                out.extend_from_slice(&request);
            }
        })?;
        let used = self.server.cpu_seconds() - used;
        Ok(used * 1e6 / pushed.pushes as f64)
    }
}

fn push(address: SocketAddr, token: &str, kept: bool) -> Vec<u8> {
    let mut body = json!({ "to": { "topic": "orders/4/42" }, "data": "x".repeat(200) });
    if !kept {
        body["ttl"] = 0.into();
    }
    authorized("/push", address, token, &body)
}

/// A request with this token.
fn authorized(path: &str, address: SocketAddr, token: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let head = http::post(path, address, "application/json", body.len());
    let field = format!("\r\nauthorization: Bearer {token}\r\n\r\n");
    let head = head.trim_end().to_owned() + &field;
    [head.as_bytes(), body.as_bytes()].concat()
}

/// The costs of pushes, in the order of their rows.
#[derive(Debug, Default)]
struct Costs {
    admin: Vec<f64>,
    key: Vec<f64>,
    many: Vec<f64>,
    kept: Vec<f64>,
    unaudited: Vec<f64>,
}

fn pushes(setting: &Setting, runtime: &Runtime) -> Result<Vec<Row>> {
    let no_limits = ["--limit-pushes", "0", "--limit-push-bytes", "0"];
    let few = Guarded::start(setting, &no_limits)?;
    let many = Guarded::start(setting, &no_limits)?;
    let unaudited = Guarded::start(setting, &["--audit-days", "0"])?;
    let key = runtime.block_on(make_keys(few.server.address(), 1))?;
    let one_of_many = runtime.block_on(make_keys(many.server.address(), KEYS))?;
    let mut costs = Costs::default();
    for _ in 0..setting.rounds {
        costs.admin.push(few.push(ADMIN_TOKEN, false)?);
        costs.key.push(few.push(&key, false)?);
        costs.many.push(many.push(&one_of_many, false)?);
        costs.kept.push(few.push(ADMIN_TOKEN, true)?);
        costs.unaudited.push(unaudited.push(ADMIN_TOKEN, true)?);
    }
    let (admin, key) = (median(&costs.admin), median(&costs.key));
    let name = format!("CPU per push, a key with {PATTERNS} patterns, ttl 0");
    let of_key = Row::new(name, key, "us").against("admin token", admin);
    let name = format!("CPU per push, one of {} keys, ttl 0", number(KEYS as f64));
    let of_many = Row::new(name, median(&costs.many), "us").against("the only key", key);
    let name = "CPU per push, in the audit trail, durable";
    let audited = Row::new(name, median(&costs.kept), "us");
    Ok(vec![
        of_key.at_most_times(KEY),
        of_many.at_most_times(KEY),
        audited.against("no audit trail", median(&costs.unaudited)),
    ])
}

/// Makes keys that may push to some topics. Returns the text of the last one.
async fn make_keys(address: SocketAddr, count: usize) -> Result<String> {
    let mut connection = Connection::open(address).await?;
    let topics: Vec<_> = (0..PATTERNS)
        .map(|number| format!("orders/{number}/*"))
        .collect();
    let body = json!({ "name": "bench", "role": "publisher", "topics": topics });
    let mut answer = Vec::new();
    for _ in 0..count {
        if connection.is_over() {
            connection = Connection::open(address).await?;
        }
        answer.clear();
        let request = authorized("/api/keys", address, ADMIN_TOKEN, &body);
        connection
            .ask_for(&request, 201, |part| answer.extend_from_slice(part))
            .await?;
    }
    let answer: Value = serde_json::from_slice(&answer)?;
    let key = answer["key"].as_str().context("a key has a text")?;
    Ok(key.to_owned())
}

/// The cost of opening a stream with a token, and without.
fn streams(setting: &Setting) -> Result<Row> {
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let open = Server::start(setting, &folder.path().join("open"), &[])?;
    let key = folder.path().join("issuer.pem");
    fs::write(&key, ISSUER_KEY)?;
    let checked = with_issuer(setting, folder.path(), &key.to_string_lossy())?;
    let token = SIGNED
        .lines()
        .find_map(|line| line.strip_prefix("RS256 rsa "));
    let token = token.context("there is a token with RS256")?;
    let with_token = format!("{STREAM}&token={token}");
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..setting.rounds {
        without.push(open_streams(&open, STREAM)?);
        with.push(open_streams(&checked, &with_token)?);
    }
    let row = Row::new(
        "CPU per stream opened, token of an issuer (RS256)",
        median(&with),
        "us",
    );
    Ok(row
        .against("no token", median(&without))
        .at_most_times(TOKEN))
}

fn with_issuer(setting: &Setting, folder: &Path, key: &str) -> Result<Server> {
    let flags = [
        "--jwt-key",
        key,
        "--jwt-audience",
        "tidings",
        "--limit-opens-of-client",
        "0",
    ];
    Server::start(setting, &folder.join("checked"), &flags)
}

/// Opens streams one after the other, each until its first event, and returns the processor time of each in microseconds.
fn open_streams(server: &Server, path: &str) -> Result<f64> {
    let request = http::get(path, server.address());
    let used = server.cpu_seconds();
    for _ in 0..STREAMS {
        let mut socket = TcpStream::connect(server.address())?;
        socket.write_all(request.as_bytes())?;
        let (mut answer, mut buffer) = (Vec::new(), [0; 4_096]);
        while memchr::memmem::find(&answer, b"event: welcome").is_none() {
            let read = socket.read(&mut buffer)?;
            ensure!(read > 0, "no stream: {}", String::from_utf8_lossy(&answer));
            answer.extend_from_slice(&buffer[..read]);
        }
    }
    Ok((server.cpu_seconds() - used) * 1e6 / STREAMS as f64)
}
