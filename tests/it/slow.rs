//! Promise 5: a slow reader affects nobody else and loses nothing.

use std::fs;

use app::wire::{ClientDetail, To};
use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream},
};

use crate::{
    command::{Running, tidings},
    harness::{Listener, Server, client, within},
};

/// The size of a large message.
const LARGE: usize = 200_000;

/// More large messages than the sockets between two processes can hold.
const MANY: usize = 90;

fn large(number: usize) -> Value {
    json!({"to": {"topic": "t"}, "data": format!("{number} {}", "x".repeat(LARGE))})
}

/// Pushes many large messages, a few at a time.
async fn push_many(server: &Server) {
    let pushes: Vec<Value> = (0..MANY).map(large).collect();
    for some in pushes.chunks(10) {
        server.accepted(some).await;
    }
}

fn number(text: &str) -> usize {
    let (number, rest) = text.split_once(' ').expect("a number");
    assert_eq!(rest.len(), LARGE);
    number.parse().expect("a number")
}

#[tokio::test]
async fn a_slow_reader_is_shown_as_behind_and_catches_up_exactly() {
    let server = Server::with(&["--outbox", "4", "--durability", "os"]).await;
    let mut slow = server.listen("slow", &["t"]).await;
    push_many(&server).await;

    let detail: ClientDetail = server.read("/api/clients/slow").await;
    let behind = detail.connections[0].behind;
    assert!((5..MANY as u64).contains(&behind), "{behind}");
    for expected in 0..MANY {
        assert_eq!(number(&slow.text().await), expected);
    }
    let path = "/api/clients/slow";
    let level = |detail: &ClientDetail| detail.connections[0].behind == 0;
    server.until::<ClientDetail>(path, level).await;
    server.push(To::Everyone, "live again").await;
    assert_eq!(slow.text().await, "live again");
}

#[tokio::test]
async fn a_stalled_reader_is_closed_and_resumes_when_it_reconnects() {
    let flags = [
        "--write-timeout",
        "1",
        "--heartbeat",
        "3600",
        "--durability",
        "os",
    ];
    let server = Server::with(&flags).await;
    let mut stuck = server.listen("stuck", &["t"]).await;
    let first = server.push(client("stuck"), "first").await.id;
    assert_eq!(stuck.text().await, "first");
    push_many(&server).await;

    server.until_connections(0).await;
    let gone = |detail: &ClientDetail| detail.last_reason.is_some();
    let detail = server
        .until::<ClientDetail>("/api/clients/stuck", gone)
        .await;
    assert_eq!(detail.last_reason.as_deref(), Some("lost"));
    assert!(detail.connections.is_empty());

    // The data in the socket buffers arrives, and then the stream breaks off.
    let mut taken = stuck.rest().await;
    taken.retain(|event| event.event != "ping");
    assert!(taken.len() < MANY);
    let last = taken.last().map(|event| event.id.clone()).or(first);
    let mut back = server.resume("stuck", &last.expect("an id"), &["t"]).await;
    for expected in taken.len()..MANY {
        assert_eq!(number(&back.text().await), expected);
    }
}

/// The resident memory of a process in bytes.
fn resident(process: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kilobytes
        .expect("a figure")
        .parse::<usize>()
        .expect("a number")
        * 1024
}

/// A stream whose reader reads nothing, with small socket buffers.
async fn take_nothing(url: &str, number: usize) -> TcpStream {
    let address = url.trim_start_matches("http://").parse();
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("set");
    let mut socket = within(socket.connect(address.expect("an address")))
        .await
        .expect("connected");
    let head = format!("GET /sse?client_id=stuck-{number}&topic=t HTTP/1.1\r\nhost: x\r\n\r\n");
    socket.write_all(head.as_bytes()).await.expect("sent");
    socket.readable().await.expect("welcomed");
    socket
}

#[tokio::test]
async fn the_memory_for_stalled_readers_is_bounded() {
    let folder = tempfile::tempdir().expect("a folder");
    let flags = [
        "--listen",
        "127.0.0.1:0",
        "--drain",
        "0",
        "--durability",
        "os",
    ];
    let running = Running::start(tidings(folder.path(), &flags));
    let url = running.url();
    let http = reqwest::Client::builder().no_proxy().build().expect("one");
    let open = async |client_id: &str| {
        let request = http.get(format!("{url}/sse?client_id={client_id}&topic=t"));
        let mut listener = Listener::of(within(request.send()).await.expect("a stream"));
        assert_eq!(listener.next().await.event, "welcome");
        listener
    };
    let push = async |number: usize| {
        let request = http.post(format!("{url}/push"));
        let request = request.header("content-type", "application/json");
        let answer = within(request.body(large(number).to_string()).send()).await;
        assert_eq!(answer.expect("an answer").status(), 200);
    };
    let mut quick = open("quick").await;
    for number in 0..50 {
        push(number).await;
        quick.text().await;
    }
    let mut stuck = Vec::new();
    for number in 0..10 {
        stuck.push(take_nothing(&url, number).await);
    }
    let mut tell = async |count: usize| {
        for number in 0..count {
            push(number).await;
            quick.text().await;
        }
        resident(running.id())
    };
    // From here on the memory of each stream is at its limit, and the caches of the log are filled.
    let before = tell(150).await;
    let after = tell(300).await;
    let grown = after.saturating_sub(before);
    // 60 MB were pushed meanwhile. The remaining growth is from the allocator.
    assert!(grown < 12 << 20, "{grown} bytes");
}
