//! What patterns of Mercure cost: pushes where 10,000 different URI templates or URL patterns are subscribed to, which differ at
//! their beginning or at their end, beside pushes where as many exact topics are.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    Setting, http,
    median::median,
    publisher,
    report::{Row, number},
    server::Server,
};

/// Different subscriptions, and how many each stream has.
const SUBSCRIPTIONS: usize = 10_000;
const OF_STREAM: usize = 50;

/// Publishers, and the duration of their pushes.
const PUBLISHERS: usize = 8;
const SPAN: Duration = Duration::from_millis(1_500);

/// The target: the cost relative to exact topics.
const TIMES: f64 = 3.0;

/// How topics are subscribed to.
#[derive(Clone, Copy, Debug)]
enum By {
    Name,
    Template,
    UrlPattern,
    /// They differ after their first expression.
    TemplateEnd,
    UrlPatternEnd,
}

impl By {
    const ALL: [Self; 5] = [
        Self::Name,
        Self::Template,
        Self::UrlPattern,
        Self::TemplateEnd,
        Self::UrlPatternEnd,
    ];

    /// The parameter of the query for the topic with this number.
    fn parameter(self, number: usize) -> String {
        let shops = "https://example.com/shops";
        match self {
            Self::Name => format!("match={}", self.topic(number)),
            Self::Template => format!("topic={shops}/{number}/orders/%7Bid%7D"),
            Self::UrlPattern => format!("match_urlpattern={shops}/{number}/orders/:id"),
            Self::TemplateEnd => format!("topic={shops}/%7Bshop%7D/orders/{number}"),
            Self::UrlPatternEnd => format!("match_urlpattern={shops}/:shop/orders/{number}"),
        }
    }

    /// The topic with this number.
    fn topic(self, number: usize) -> String {
        match self {
            Self::Name | Self::Template | Self::UrlPattern => {
                format!("https://example.com/shops/{number}/orders/1")
            }
            Self::TemplateEnd | Self::UrlPatternEnd => {
                format!("https://example.com/shops/1/orders/{number}")
            }
        }
    }

    /// What they are called in a row.
    fn name(self) -> &'static str {
        match self {
            Self::Name => "exact topics",
            Self::Template => "URI templates",
            Self::UrlPattern => "URL patterns",
            Self::TemplateEnd => "URI templates that differ at the end",
            Self::UrlPatternEnd => "URL patterns that differ at the end",
        }
    }
}

/// A server with open streams, which nobody reads: the sockets have room for what comes.
struct Subscribed {
    by: By,
    server: Server,
    _streams: Vec<TcpStream>,
    _folder: TempDir,
}

impl Subscribed {
    fn start(setting: &Setting, by: By) -> Result<Self> {
        let folder = tempfile::tempdir_in(&setting.folder)?;
        let data = folder.path().join("data");
        let flags = [
            "--mercure=true",
            "--limit-opens",
            "0",
            "--limit-pushes",
            "0",
            "--limit-push-bytes",
            "0",
        ];
        let server = Server::start(setting, &data, &flags)?;
        let numbers: Vec<usize> = (0..SUBSCRIPTIONS).collect();
        let streams = numbers
            .chunks(OF_STREAM)
            .map(|numbers| open(&server, by, numbers));
        let subscribed = Self {
            by,
            _streams: streams.collect::<Result<_>>()?,
            server,
            _folder: folder,
        };
        check_reached(&subscribed.server, &subscribed.requests(), 1)?;
        Ok(subscribed)
    }

    /// Pushes to each of the topics, so that all streams get as many.
    fn requests(&self) -> Vec<Vec<u8>> {
        // One stream after the other.
        let numbers = (0..OF_STREAM).flat_map(|first| (first..SUBSCRIPTIONS).step_by(OF_STREAM));
        let request = |number| push_to(&self.by.topic(number), self.server.address());
        numbers.map(request).collect()
    }
}

/// A push to a topic without a place in the log.
pub fn push_to(topic: &str, address: SocketAddr) -> Vec<u8> {
    let body = json!({ "to": { "topic": topic }, "data": "x", "ttl": 0 }).to_string();
    let head = http::post("/push", address, "application/json", body.len());
    [head.as_bytes(), body.as_bytes()].concat()
}

/// Fails if a push does not reach exactly so many streams. Ten of them are tried.
pub fn check_reached(server: &Server, requests: &[Vec<u8>], reached: usize) -> Result<()> {
    let wanted = format!("\"connections\":{reached},");
    for request in requests.iter().step_by(requests.len() / 10) {
        let answer = exchange(server, request, b"}")?;
        let all = memchr::memmem::find(&answer, wanted.as_bytes());
        ensure!(all.is_some(), "{}", String::from_utf8_lossy(&answer));
    }
    Ok(())
}

/// Processor time of a push, in microseconds: these in turn, by several publishers.
pub fn push_cost(server: &Server, requests: &[Vec<u8>]) -> Result<f64> {
    let (began, used) = (Instant::now(), server.cpu_seconds());
    let mut requests = requests.iter().cycle();
    let pushed = publisher::closed_loop(server.address(), PUBLISHERS, |_, out| {
        if let Some(request) = requests.next().filter(|_| began.elapsed() < SPAN) {
            out.extend_from_slice(request);
        }
    })?;
    Ok((server.cpu_seconds() - used) * 1e6 / pushed.pushes as f64)
}

/// Opens a stream with these subscriptions.
fn open(server: &Server, by: By, numbers: &[usize]) -> Result<TcpStream> {
    let parameters: Vec<String> = numbers.iter().map(|number| by.parameter(*number)).collect();
    let path = format!("/.well-known/mercure?{}", parameters.join("&"));
    let mut socket = TcpStream::connect(server.address())?;
    let request = http::get(&path, server.address());
    read_answer(&mut socket, request.as_bytes(), b"\r\n\r\n")?;
    Ok(socket)
}

/// Sends a request on a connection of its own. Returns its answer up to `end`.
fn exchange(server: &Server, request: &[u8], end: &[u8]) -> Result<Vec<u8>> {
    let mut socket = TcpStream::connect(server.address())?;
    read_answer(&mut socket, request, end)
}

/// Sends a request, and reads up to `end`. Another status than 200 is an error.
pub fn read_answer(socket: &mut TcpStream, request: &[u8], end: &[u8]) -> Result<Vec<u8>> {
    socket.write_all(request)?;
    let (mut answer, mut buffer) = (Vec::new(), [0; 4_096]);
    while memchr::memmem::find(&answer, end).is_none() {
        let read = socket.read(&mut buffer)?;
        answer.extend_from_slice(&buffer[..read]);
        let good = answer.starts_with(b"HTTP/1.1 200") || answer.len() < 12;
        ensure!(read > 0 && good, "{}", String::from_utf8_lossy(&answer));
    }
    Ok(answer)
}

/// Runs the scenario.
pub fn measure(setting: &Setting) -> Result<Vec<Row>> {
    let servers = By::ALL.into_iter().map(|by| Subscribed::start(setting, by));
    let servers = servers.collect::<Result<Vec<_>>>()?;
    let mut costs = [const { Vec::new() }; By::ALL.len()];
    for _ in 0..setting.rounds {
        for (server, costs) in servers.iter().zip(&mut costs) {
            costs.push(push_cost(&server.server, &server.requests())?);
        }
    }
    let [names, patterns @ ..] = costs.map(|costs| median(&costs));
    let count = number(SUBSCRIPTIONS as f64);
    let rows = By::ALL[1..].iter().zip(patterns).map(|(by, cost)| {
        let name = format!("CPU per push, {count} {}, ttl 0", by.name());
        Row::new(name, cost, "us")
            .against(By::Name.name(), names)
            .at_most_times(TIMES)
    });
    Ok(rows.collect())
}
