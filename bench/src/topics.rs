//! What patterns of topics cost: pushes to one of 10,000 topics where each is subscribed to by a pattern of its own, beside
//! pushes where each is subscribed to by its name. Then the same with 100 streams of everything (`**`) besides.

use std::{
    io::{self, Read},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle, sleep},
    time::Duration,
};

use anyhow::{Context, Result};
use mio::{Events, Interest, Poll, Token};
use tempfile::TempDir;

use crate::{
    Setting, http,
    median::median,
    patterns::{check_reached, push_cost, push_to, read_answer},
    processes,
    report::{Row, number},
    server::Server,
};

/// Streams with a topic or a pattern of their own, and streams of everything.
const STREAMS: usize = 10_000;
const WIDE: usize = 100;

/// The time for memory to settle.
const SETTLE: Duration = Duration::from_secs(3);

/// The target: the cost relative to exact topics.
const TIMES: f64 = 1.5;

/// How each stream subscribes to its topic.
#[derive(Clone, Copy, Debug)]
enum By {
    Name,
    Pattern,
}

/// The results for one way, for each round.
#[derive(Default)]
struct Found {
    /// Processor time of a push, in microseconds.
    few: Vec<f64>,
    /// The same with streams of everything.
    wide: Vec<f64>,
    /// Memory of a stream in bytes.
    bytes: Vec<f64>,
}

/// Runs the scenario.
pub fn measure(setting: &Setting) -> Result<Vec<Row>> {
    let (mut names, mut patterns) = (Found::default(), Found::default());
    for _ in 0..setting.rounds {
        // One after the other: a process can't have the descriptors of both.
        for (by, found) in [(By::Name, &mut names), (By::Pattern, &mut patterns)] {
            let server = Subscribed::start(setting, by)?;
            found.bytes.push(server.bytes);
            found.few.push(server.push(1)?);
            let _everything = Everything::open(&server.server)?;
            found.wide.push(server.push(1 + WIDE)?);
        }
    }
    let count = number(STREAMS as f64);
    let cost = |what: &str, patterns: &[f64], names: &[f64]| {
        Row::new(
            format!("CPU per push, {what}, ttl 0"),
            median(patterns),
            "us",
        )
        .against("exact topics", median(names))
        .at_most_times(TIMES)
    };
    let both = format!("{count} patterns and {WIDE} streams of everything");
    Ok(vec![
        cost(&format!("{count} patterns"), &patterns.few, &names.few),
        cost(&both, &patterns.wide, &names.wide),
        Row::new(
            format!("memory of one of {count} streams with a pattern"),
            median(&patterns.bytes),
            "B",
        )
        .against("an exact topic", median(&names.bytes)),
    ])
}

/// A server with open streams, which nobody reads: the sockets have room for what comes.
struct Subscribed {
    server: Server,
    /// Memory of a stream in bytes.
    bytes: f64,
    _streams: Vec<TcpStream>,
    _folder: TempDir,
}

impl Subscribed {
    fn start(setting: &Setting, by: By) -> Result<Self> {
        let folder = tempfile::tempdir_in(&setting.folder)?;
        let flags = ["--limit-opens", "0", "--limit-pushes", "0"];
        let flags = [&flags[..], &["--limit-push-bytes", "0"]].concat();
        let server = Server::start(setting, &folder.path().join("data"), &flags)?;
        // What a server needs once for its first streams does not count.
        drop(open(&server, 0, "first/*")?);
        sleep(SETTLE);
        let before = processes::memory(server.id());
        let streams = (0..STREAMS).map(|number| match by {
            By::Name => open(&server, number, &topic(number)),
            By::Pattern => open(&server, number, &format!("a/{number}/*")),
        });
        let streams = streams.collect::<Result<_>>()?;
        sleep(SETTLE);
        Ok(Self {
            bytes: (processes::memory(server.id()) - before) / STREAMS as f64,
            server,
            _streams: streams,
            _folder: folder,
        })
    }

    /// Processor time of a push to each of the topics in turn, in microseconds. Fails if one does not reach so many streams.
    fn push(&self, reached: usize) -> Result<f64> {
        let request = |number| push_to(&topic(number), self.server.address());
        let requests: Vec<Vec<u8>> = (0..STREAMS).map(request).collect();
        check_reached(&self.server, &requests, reached)?;
        push_cost(&self.server, &requests)
    }
}

fn topic(number: usize) -> String {
    format!("a/{number}/x")
}

/// Opens a stream of the client with this number.
fn open(server: &Server, client: usize, topic: &str) -> Result<TcpStream> {
    let mut socket = TcpStream::connect(server.address())?;
    let path = format!("/sse?client_id=bench-{client}&topic={topic}");
    let request = http::get(&path, server.address());
    read_answer(&mut socket, request.as_bytes(), b"\r\n\r\n")?;
    Ok(socket)
}

/// Streams of everything, which a thread reads.
struct Everything {
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Everything {
    fn open(server: &Server) -> Result<Self> {
        let sockets = (0..WIDE).map(|number| {
            let socket = open(server, STREAMS + number, "**")?;
            socket.set_nonblocking(true)?;
            Ok(mio::net::TcpStream::from_std(socket))
        });
        let sockets = sockets.collect::<Result<Vec<_>>>()?;
        let ends = Arc::new(AtomicBool::default());
        let end = Arc::clone(&ends);
        let named = thread::Builder::new().name("everything".to_owned());
        let thread = named.spawn(move || read(sockets, &end));
        Ok(Self {
            ends,
            thread: Some(thread.context("a thread that reads")?),
        })
    }
}

impl Drop for Everything {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        let thread = self.thread.take();
        // What it could not read shows in the number of streams that a push reaches.
        let _ = thread.map(JoinHandle::join);
    }
}

/// Reads all sockets until the end.
fn read(mut sockets: Vec<mio::net::TcpStream>, ends: &AtomicBool) -> io::Result<()> {
    let mut poll = Poll::new()?;
    for (index, socket) in sockets.iter_mut().enumerate() {
        let registry = poll.registry();
        registry.register(socket, Token(index), Interest::READABLE)?;
    }
    let (mut events, mut buffer) = (Events::with_capacity(WIDE), vec![0; 1 << 16]);
    while !ends.load(Ordering::Relaxed) {
        poll.poll(&mut events, Some(Duration::from_millis(50)))?;
        for event in &events {
            let socket = &mut sockets[event.token().0];
            while socket.read(&mut buffer).is_ok_and(|read| read > 0) {}
        }
    }
    Ok(())
}
