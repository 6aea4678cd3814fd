//! What a webhook costs those who push: durable pushes and their acknowledgements on a server without webhooks, on one whose
//! webhook takes everything, and on one whose endpoint is down.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    task::JoinSet,
};

use crate::{
    Setting,
    contender::process::free_address,
    http::{self, Connection},
    median::median,
    report::Row,
    server::Server,
};

/// Publishers, each with a client of its own, and the duration of their pushes.
const PUBLISHERS: usize = 8;
const SPAN: Duration = Duration::from_millis(1_500);

/// The target: the rate with a webhook that is down, relative to that without one.
const RATE: f64 = 0.9;

/// The webhook of a server.
#[derive(Clone, Copy, Debug)]
enum Webhook {
    None,
    Answers,
    Down,
}

impl Webhook {
    const ALL: [Self; 3] = [Self::None, Self::Answers, Self::Down];

    fn name(self) -> &'static str {
        match self {
            Self::None => "no webhook",
            Self::Answers => "a webhook that answers",
            Self::Down => "a webhook that is down",
        }
    }

    /// Where its endpoint is.
    async fn endpoint(self) -> Result<Option<SocketAddr>> {
        Ok(match self {
            Self::None => None,
            Self::Answers => {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                let address = listener.local_addr()?;
                tokio::spawn(answer_all(listener));
                Some(address)
            }
            // Nobody listens there.
            Self::Down => Some(free_address()?),
        })
    }
}

/// Pushes per second, and the processor time of one with its acknowledgement, in microseconds.
type Reached = (f64, f64);

/// Runs the scenario.
pub fn measure(setting: &Setting, runtime: &Runtime) -> Result<Vec<Row>> {
    let mut servers = Vec::new();
    for webhook in Webhook::ALL {
        servers.push(runtime.block_on(start(setting, webhook))?);
    }
    let mut found = [const { (Vec::new(), Vec::new()) }; Webhook::ALL.len()];
    for _ in 0..setting.rounds {
        for ((server, _), (rates, costs)) in servers.iter().zip(&mut found) {
            let (rate, cost) = runtime.block_on(push(server))?;
            rates.push(rate);
            costs.push(cost);
        }
    }
    let [none, others @ ..] = found.map(|(rates, costs)| (median(&rates), median(&costs)));
    let rows = Webhook::ALL[1..].iter().zip(others);
    Ok(rows
        .flat_map(|(webhook, reached)| rows_of(*webhook, reached, none))
        .collect())
}

fn rows_of(webhook: Webhook, (rate, cost): Reached, none: Reached) -> [Row; 2] {
    let (name, baseline) = (webhook.name(), Webhook::None.name());
    let rates = format!("acknowledged pushes, {PUBLISHERS} publishers, {name}");
    let rates = Row::new(rates, rate, "/s").against(baseline, none.0);
    let costs = format!("CPU per acknowledged push, {name}");
    let costs = Row::new(costs, cost, "us").against(baseline, none.1);
    match webhook {
        Webhook::Down => [rates.at_least_times(RATE), costs],
        // The requests to the endpoint are work of their own.
        Webhook::None | Webhook::Answers => [rates, costs],
    }
}

/// A server with a webhook, in a folder of its own.
async fn start(setting: &Setting, webhook: Webhook) -> Result<(Server, TempDir)> {
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let flags = ["--hook-allow-private=true"];
    let server = Server::start(setting, &folder.path().join("data"), &flags)?;
    if let Some(endpoint) = webhook.endpoint().await? {
        let url = format!("http://{endpoint}/");
        let hook = json!({ "url": url, "events": ["message.acknowledged"] });
        let mut connection = Connection::open(server.address()).await?;
        let to = (server.address(), "/api/hooks", 201);
        ask(&mut connection, to, &hook).await?;
    }
    Ok((server, folder))
}

/// Pushes from several publishers, of which each waits for its answers.
async fn push(server: &Server) -> Result<Reached> {
    let (began, used) = (Instant::now(), server.cpu_seconds());
    let mut publishers = JoinSet::new();
    for number in 0..PUBLISHERS {
        publishers.spawn(publisher(server.address(), number, began + SPAN));
    }
    let mut pushes = 0.0;
    while let Some(done) = publishers.join_next().await {
        pushes += done?? as f64;
    }
    let seconds = began.elapsed().as_secs_f64();
    let used = server.cpu_seconds() - used;
    Ok((pushes / seconds, used * 1e6 / pushes))
}

/// Pushes to a client of its own, and acknowledges each message. Returns how many.
async fn publisher(server: SocketAddr, number: usize, end: Instant) -> Result<u64> {
    let client = format!("client-{number}");
    let message = json!({ "to": { "client": client }, "data": "x".repeat(200) });
    let mut connection = Connection::open(server).await?;
    let mut pushes = 0;
    while Instant::now() < end {
        let pushed = ask(&mut connection, (server, "/push", 200), &message).await?;
        let pushed: Value = serde_json::from_slice(&pushed)?;
        let id = pushed["id"].as_str().context("a push has an id")?;
        let ack = json!({ "client_id": client, "id": id });
        ask(&mut connection, (server, "/ack", 204), &ack).await?;
        pushes += 1;
    }
    Ok(pushes)
}

/// The body of the answer to a POST, which has this status. The connection is opened again if the server has closed it.
async fn ask(
    connection: &mut Connection,
    (server, path, status): (SocketAddr, &str, u16),
    body: &Value,
) -> Result<Vec<u8>> {
    if connection.is_over() {
        *connection = Connection::open(server).await?;
    }
    let body = body.to_string();
    let head = http::post(path, server, "application/json", body.len());
    let request = [head.as_bytes(), body.as_bytes()].concat();
    let mut answer = Vec::new();
    connection
        .ask_for(&request, status, |part| answer.extend_from_slice(part))
        .await?;
    Ok(answer)
}

/// An endpoint that takes everything. It ends with the program.
async fn answer_all(listener: TcpListener) {
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(answer(socket));
    }
}

/// Answers each request of a connection with 204.
async fn answer(mut socket: TcpStream) -> Result<()> {
    let (mut read, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        while let Some(end) = end_of_request(&read) {
            read.drain(..end);
            socket.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?;
        }
        match socket.read(&mut buffer).await? {
            0 => return Ok(()),
            length => read.extend_from_slice(&buffer[..length]),
        }
    }
}

/// Where the first of these requests ends, if it is complete.
fn end_of_request(bytes: &[u8]) -> Option<usize> {
    let head = memchr::memmem::find(bytes, b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let length = text.split("\r\ncontent-length: ").nth(1)?;
    let length: usize = length.split("\r\n").next()?.parse().ok()?;
    (bytes.len() >= head + length).then_some(head + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_ends_with_its_body() {
        let two = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nokPOST";
        assert_eq!(end_of_request(&two[..37]), None);
        assert_eq!(end_of_request(two), Some(two.len() - 4));
    }
}
