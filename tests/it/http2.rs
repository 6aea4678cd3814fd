//! HTTP/2: by ALPN over TLS, and without TLS by prior knowledge.

mod conformance;

use app::wire::{ClientDetail, To};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{Listener, Server, Transport, client, within};

#[tokio::test]
async fn both_versions_of_http_are_spoken_on_one_port() {
    for (transport, version) in [
        (Transport::Tls, reqwest::Version::HTTP_11),
        (Transport::H2, reqwest::Version::HTTP_2),
    ] {
        let server = Server::over(transport, &[]).await;
        assert_eq!(server.get("/health/live").await.version(), version);
    }
}

#[tokio::test]
async fn thirty_streams_share_a_connection() {
    let server = Server::over(Transport::H2, &["--max-connections-per-client", "30"]).await;
    let mut streams = Vec::new();
    for _ in 0..30 {
        streams.push(server.listen("ada", &["t"]).await);
    }
    assert_eq!(server.get("/sse?client_id=ada").await.status(), 429);
    server.push(To::Topic("t".to_owned()), "to all").await;
    for stream in &mut streams {
        assert_eq!(stream.text().await, "to all");
    }
    streams.truncate(29);
    server.until_connections(29).await;
    server.push(client("ada"), "to the rest").await;
    for stream in &mut streams {
        assert_eq!(stream.text().await, "to the rest");
    }
}

#[tokio::test]
async fn prior_knowledge_is_enough_without_tls() {
    let server = Server::over(Transport::Plain, &[]).await;
    let http = reqwest::Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .build();
    let request = http
        .expect("a client")
        .get(server.url("/sse?client_id=ada"));
    let response = within(request.send()).await.expect("a stream");
    assert_eq!(response.version(), reqwest::Version::HTTP_2);
    let mut stream = Listener::of(response).welcomed().await;
    server.push(client("ada"), "hello").await;
    assert_eq!(stream.text().await, "hello");
    // Methods of HTTP/1.1 that begin with the same letter are not mistaken.
    let request = server
        .http
        .request("PROPFIND".parse().expect("a method"), server.url("/push"));
    assert_eq!(
        within(request.send()).await.expect("an answer").status(),
        405
    );
}

/// A frame of HTTP/2 (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, payload].concat()
}

/// A field that is not in the table of HPACK, without compression (RFC 7541, section 6.2.2).
fn field(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
    [vec![0], text(name), text(value)].concat()
}

#[tokio::test]
async fn the_proxy_protocol_comes_before_the_preface_and_names_the_sender() {
    const SETTINGS: u8 = 4;
    const HEADERS: u8 = 1;
    const END_STREAM_AND_HEADERS: u8 = 0x1 | 0x4;
    let flags = ["--trusted-proxy", "127.0.0.1", "--proxy-protocol=true"];
    let server = Server::over(Transport::Plain, &flags).await;
    let fields = [
        field(":method", "GET"),
        field(":scheme", "http"),
        field(":authority", "localhost"),
        field(":path", "/api/diagnosis"),
    ];
    let sent = [
        b"PROXY TCP4 192.0.2.7 10.0.0.1 5555 80\r\n".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        frame(SETTINGS, 0, 0, &[]),
        frame(HEADERS, END_STREAM_AND_HEADERS, 1, &fields.concat()),
    ];
    let mut socket = within(TcpStream::connect(server.address))
        .await
        .expect("connected");
    socket.write_all(&sent.concat()).await.expect("sent");
    let (mut all, mut bytes) = (String::new(), [0; 4_096]);
    while !all.contains("\"address\":\"192.0.2.7\"") {
        let read = within(socket.read(&mut bytes)).await.expect("readable");
        assert!(read > 0, "closed after {all}");
        all += &String::from_utf8_lossy(&bytes[..read]);
    }
}

const WINDOW_UPDATE: u8 = 8;

/// Opens streams on one connection, whose reader allows no byte of their bodies. They have the numbers 1, 3, and so on.
async fn without_window(server: &Server, paths: &[&str]) -> TcpStream {
    const SETTINGS: u8 = 4;
    const HEADERS: u8 = 1;
    const END_STREAM_AND_HEADERS: u8 = 0x1 | 0x4;
    const INITIAL_WINDOW_SIZE: [u8; 6] = [0, 4, 0, 0, 0, 0];
    let mut socket = within(TcpStream::connect(server.address))
        .await
        .expect("connected");
    let mut sent = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    sent.extend(frame(SETTINGS, 0, 0, &INITIAL_WINDOW_SIZE));
    for (stream, path) in (1..).step_by(2).zip(paths) {
        let fields = [
            field(":method", "GET"),
            field(":scheme", "http"),
            field(":authority", "localhost"),
            field(":path", path),
        ];
        let fields = fields.concat();
        sent.extend(frame(HEADERS, END_STREAM_AND_HEADERS, stream, &fields));
    }
    socket.write_all(&sent).await.expect("sent");
    server.until_connections(paths.len() as u64).await;
    socket
}

/// The next frame: its kind, its stream, and its content.
async fn next_frame(socket: &mut TcpStream) -> (u8, u32, Vec<u8>) {
    let mut head = [0; 9];
    within(socket.read_exact(&mut head)).await.expect("a frame");
    let number = |bytes: &[u8]| {
        let digits = bytes.iter().map(|byte| u32::from(*byte));
        digits.fold(0, |number, digit| (number << 8) | digit)
    };
    let mut content = vec![0; number(&head[..3]) as usize];
    within(socket.read_exact(&mut content))
        .await
        .expect("whole");
    (head[3], number(&head[5..]), content)
}

#[tokio::test]
async fn a_reader_without_a_window_falls_behind_and_nothing_waits_for_it_in_memory() {
    let server = Server::over(Transport::Plain, &["--outbox", "4", "--durability", "os"]).await;
    let mut stuck = without_window(&server, &["/sse?client_id=stuck&topic=t"]).await;
    let mut quick = server.listen("quick", &["t"]).await;
    for batch in 0..5 {
        let pushes: Vec<Value> = (0..10)
            .map(|number| json!({"to": {"topic": "t"}, "data": format!("{batch}-{number}")}))
            .collect();
        server.accepted(&pushes).await;
    }
    for _ in 0..50 {
        quick.text().await;
    }
    let is_behind = |detail: &ClientDetail| detail.connections[0].behind >= 40;
    server.until("/api/clients/stuck", is_behind).await;

    // With a window it gets everything, in order.
    let mebibyte = (1_u32 << 20).to_be_bytes();
    let sent = [
        frame(WINDOW_UPDATE, 0, 1, &mebibyte),
        frame(WINDOW_UPDATE, 0, 0, &mebibyte),
    ];
    stuck.write_all(&sent.concat()).await.expect("sent");
    let (mut all, mut bytes) = (String::new(), vec![0; 1 << 16]);
    while !all.contains("data: 4-9\n") {
        let read = within(stuck.read(&mut bytes)).await.expect("readable");
        assert!(read > 0, "closed after {all}");
        all += &String::from_utf8_lossy(&bytes[..read]);
    }
    let places: Vec<Option<usize>> = (0..50)
        .map(|number| all.find(&format!("data: {}-{}\n", number / 10, number % 10)))
        .collect();
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{all}"
    );
}

#[tokio::test]
async fn a_stalled_reader_is_closed_by_the_write_timeout_and_other_streams_of_its_connection_go_on()
{
    const DATA: u8 = 0;
    const RESET: u8 = 3;
    let flags = ["--write-timeout", "3", "--heartbeat", "3600"];
    let server = Server::over(Transport::Plain, &flags).await;
    let paths = ["/sse?client_id=stuck", "/sse?client_id=quick&topic=t"];
    let mut socket = without_window(&server, &paths).await;
    let mebibyte = (1_u32 << 20).to_be_bytes();
    let window = frame(WINDOW_UPDATE, 0, 3, &mebibyte);
    socket.write_all(&window).await.expect("sent");
    server.push(client("stuck"), "first").await;

    let reset = loop {
        match next_frame(&mut socket).await {
            (DATA, 1, _) => panic!("the window of this stream is closed"),
            (RESET, stream, _) => break stream,
            _ => {}
        }
    };
    assert_eq!(reset, 1);
    server.until_connections(1).await;
    let gone = |detail: &ClientDetail| detail.last_reason.is_some();
    let stuck = server.until("/api/clients/stuck", gone).await;
    assert_eq!(stuck.last_reason.as_deref(), Some("lost"));

    server.push(To::Topic("t".to_owned()), "to the other").await;
    let mut all = String::new();
    while !all.contains("data: to the other\n") {
        let (kind, stream, content) = next_frame(&mut socket).await;
        if kind == DATA {
            assert_eq!(stream, 3);
            all += &String::from_utf8_lossy(&content);
        }
    }
    // Nothing was taken, so a page without a cursor gets it.
    assert_eq!(server.listen("stuck", &[]).await.text().await, "first");
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused() {
    let server = Server::over(Transport::H2, &["--max-header-bytes", "1024"]).await;
    let request = server.http.get(server.url("/health/live"));
    let request = request.header("x-large", "x".repeat(2_000));
    let answer = within(request.send()).await.expect("an answer");
    assert_eq!(answer.status(), 431);
    assert_eq!(server.get("/health/live").await.status(), 200);
}

#[tokio::test]
async fn a_shutdown_ends_streams_in_order_and_then_their_connection() {
    let mut server = Server::over(Transport::H2, &[]).await;
    let stream = server.listen("ada", &[]).await;
    server.begin_shutdown();
    let events = stream.rest().await;
    assert_eq!(events.last().expect("an event").event, "reconnect");
    server.ended().await.expect("a clean end");
}
