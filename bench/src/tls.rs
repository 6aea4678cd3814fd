//! What TLS and HTTP/2 cost: memory of an idle stream, and processor time of an event, against plain HTTP/1.1.

mod client;

use std::{fs, net::SocketAddr, path::Path, sync::Arc, thread::sleep, time::Duration};

use anyhow::{Context, Result};
use tokio::runtime::Runtime;

use crate::{
    Setting,
    contender::process::free_address,
    http::{self, Connection},
    processes,
    report::{Row, number},
    rounds::middle,
    server::Server,
};
use client::{Clients, Progress, trusting};

/// Streams.
const STREAMS: usize = 2_000;

/// Streams that are opened and closed first, so that one-time costs are not counted.
const FIRST: usize = 100;

/// Messages to all streams.
const MESSAGES: u64 = 100;

/// The time for memory to settle.
const SETTLE: Duration = Duration::from_secs(3);

/// How the streams reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// HTTP/1.1.
    Plain,
    /// HTTP/1.1 with TLS.
    Tls,
    /// HTTP/2 with TLS, with so many streams on a connection.
    H2(usize),
}

impl Way {
    const ALL: [Self; 4] = [Self::Plain, Self::Tls, Self::H2(1), Self::H2(20)];

    fn name(self) -> String {
        match self {
            Self::Plain => "HTTP/1.1".to_owned(),
            Self::Tls => "TLS, HTTP/1.1".to_owned(),
            Self::H2(1) => "HTTP/2, 1 stream a connection".to_owned(),
            Self::H2(streams) => format!("HTTP/2, {streams} streams a connection"),
        }
    }

    /// The target for the memory of a stream, in bytes.
    fn target(self) -> f64 {
        match self {
            Self::Plain => 614.4,
            Self::Tls => 4_096.0,
            Self::H2(1) => 16_384.0,
            Self::H2(_) => 2_048.0,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Cost {
    memory: f64,
    cpu_per_event: f64,
}

/// Runs the scenario.
pub fn measure(setting: &Setting, runtime: &Runtime) -> Result<Vec<Row>> {
    let mut found = vec![Vec::new(); Way::ALL.len()];
    for round in 0..setting.rounds {
        for (way, found) in Way::ALL.into_iter().zip(&mut found) {
            let folder = setting.folder.join(format!("tls-{round}-{way:?}"));
            fs::create_dir_all(&folder)?;
            found.push(measure_one(way, setting, &folder, runtime)?);
        }
    }
    let plain = middle(&found[0], |cost: &Cost| cost.cpu_per_event);
    let rows = Way::ALL.into_iter().zip(&found).flat_map(|(way, costs)| {
        let (name, streams) = (way.name(), number(STREAMS as f64));
        let memory = middle(costs, |cost| cost.memory);
        let cpu = middle(costs, |cost| cost.cpu_per_event);
        [
            Row::new(
                format!("memory of one of {streams} idle, {name}"),
                memory,
                "B",
            )
            .at_most(way.target()),
            Row::new(format!("CPU per event, {name}"), cpu, "us").against("HTTP/1.1", plain),
        ]
    });
    Ok(rows.collect())
}

fn measure_one(way: Way, setting: &Setting, folder: &Path, runtime: &Runtime) -> Result<Cost> {
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let (cert_file, key_file) = (folder.join("cert.pem"), folder.join("key.pem"));
    fs::write(&cert_file, key.cert.pem())?;
    fs::write(&key_file, key.signing_key.serialize_pem())?;
    let tls = free_address()?;
    let text = |path: &Path| path.to_str().map(str::to_owned).context("a plain path");
    let (tls_text, cert_file, key_file) = (tls.to_string(), text(&cert_file)?, text(&key_file)?);
    let server = Server::start(
        setting,
        &folder.join("data"),
        &[
            "--listen-tls",
            &tls_text,
            "--tls-cert",
            &cert_file,
            "--tls-key",
            &key_file,
        ],
    )?;
    let address = if way == Way::Plain {
        server.address()
    } else {
        tls
    };
    let config = trusting(key.cert.der().clone(), way)?;
    runtime.block_on(measure_server(way, &server, address, Arc::new(config)))
}

async fn measure_server(
    way: Way,
    server: &Server,
    address: SocketAddr,
    config: Arc<tokio_rustls::rustls::ClientConfig>,
) -> Result<Cost> {
    let progress = Progress::default();
    let mut publisher = Connection::open(server.address()).await?;
    let clients = Clients::open(way, address, &config, FIRST, &progress).await?;
    push_and_wait(&mut publisher, server, &progress, FIRST).await?;
    drop(clients);
    sleep(SETTLE);
    let none = processes::memory(server.id());
    let clients = Clients::open(way, address, &config, STREAMS, &progress).await?;
    push_and_wait(&mut publisher, server, &progress, STREAMS).await?;
    sleep(SETTLE);
    let memory = (processes::memory(server.id()) - none) / STREAMS as f64;
    let used = server.cpu_seconds();
    for _ in 0..MESSAGES {
        push_and_wait(&mut publisher, server, &progress, STREAMS).await?;
    }
    let used = server.cpu_seconds() - used;
    drop(clients);
    Ok(Cost {
        memory,
        cpu_per_event: used * 1e6 / (MESSAGES * STREAMS as u64) as f64,
    })
}

/// Pushes a message to everyone, and waits until all streams have it.
async fn push_and_wait(
    publisher: &mut Connection,
    server: &Server,
    progress: &Progress,
    streams: usize,
) -> Result<()> {
    let body = format!(
        "{{\"to\": \"everyone\", \"ttl\": 0, \"data\": \"{}{}\"}}",
        client::MARK,
        "x".repeat(100)
    );
    let head = http::post("/push", server.address(), "application/json", body.len());
    let before = progress.messages();
    publisher.ask((head + &body).as_bytes(), |_| {}).await?;
    progress.wait_for(before + streams as u64).await
}
