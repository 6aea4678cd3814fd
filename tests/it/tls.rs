//! HTTPS: certificates, streams over TLS, the redirect from HTTP.

use std::{fs, path::Path, sync::Arc};

use app::wire::{ClientDetail, To};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::pem::PemObject},
};

use crate::{
    access_log::line,
    certificates::{Certificate, Files, client_of, of_tests},
    command::{Running, tidings},
    harness::{Listener, Server, Transport, client, within},
    signals::send,
};

/// A process that listens for HTTPS with these certificates, and the port of HTTPS.
pub fn start(folder: &Path, files: &[&Files], more: &[&str]) -> (Running, u16) {
    let own = ["--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0"];
    let flags: Vec<String> = files.iter().flat_map(|files| files.flags()).collect();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let running = Running::start(tidings(
        folder,
        &[&own[..], &["--drain", "0"], &flags, more].concat(),
    ));
    running.url();
    let url = running.url();
    let port = url.strip_prefix("https://127.0.0.1:").expect("HTTPS");
    let port = port.parse().expect("a port");
    (running, port)
}

/// Whether a new connection to this name gets this certificate.
async fn gets(name: &str, port: u16, pem: &str) -> bool {
    let address = ([127, 0, 0, 1], port).into();
    let http = client_of(&[pem]).resolve(name, address).build();
    let request = http
        .expect("a client")
        .get(format!("https://{name}:{port}/health/live"));
    within(request.send()).await.is_ok()
}

#[tokio::test]
async fn a_changed_certificate_is_used_for_new_connections_and_open_streams_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let (old, new) = (
        Certificate::of(&["localhost"]),
        Certificate::of(&["localhost"]),
    );
    let files = old.write(folder.path(), "server");
    let (server, port) = start(folder.path(), &[&files], &[]);
    let http = client_of(&[&old.pem])
        .http1_only()
        .build()
        .expect("a client");
    let url = format!("https://localhost:{port}");
    let request = http.get(format!("{url}/sse?client_id=ada"));
    let mut stream = Listener::of(within(request.send()).await.expect("a stream"))
        .welcomed()
        .await;
    assert!(!gets("localhost", port, &new.pem).await);

    new.write(folder.path(), "server");
    server.wait_for_error("changed certificates are used");
    assert!(gets("localhost", port, &new.pem).await);
    assert!(!gets("localhost", port, &old.pem).await);
    let push = json!({"to": {"client": "ada"}, "data": "still here"}).to_string();
    let new_http = client_of(&[&new.pem]).build().expect("a client");
    let request = new_http
        .post(format!("{url}/push"))
        .header("content-type", "application/json");
    assert_eq!(
        within(request.body(push).send())
            .await
            .expect("an answer")
            .status(),
        200
    );
    assert_eq!(stream.text().await, "still here");
}

#[tokio::test]
async fn a_changed_certificate_without_its_key_is_not_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let (old, new) = (
        Certificate::of(&["localhost"]),
        Certificate::of(&["localhost"]),
    );
    let files = old.write(folder.path(), "server");
    let (server, port) = start(folder.path(), &[&files], &[]);
    fs::write(&files.cert, &new.pem).expect("written");
    server.wait_for_error("the old ones stay");
    assert!(gets("localhost", port, &old.pem).await);
}

#[tokio::test]
async fn sighup_reads_the_certificates_again_and_a_wrong_one_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (old, new) = (
        Certificate::of(&["localhost"]),
        Certificate::of(&["localhost"]),
    );
    let files = old.write(folder.path(), "server");
    let (server, port) = start(folder.path(), &[&files], &[]);
    let settings = folder.path().join("tidings.toml");
    fs::write(&settings, "max_topics = 7\n").expect("written");
    fs::write(&files.cert, "no certificate").expect("written");
    send("-HUP", server.id());
    server.wait_for_error("are wrong, so the old ones stay: --tls-cert");
    assert!(gets("localhost", port, &old.pem).await);
    new.write(folder.path(), "server");
    send("-HUP", server.id());
    server.wait_for_error("changed: max_topics");
    assert!(gets("localhost", port, &new.pem).await);
    assert!(!gets("localhost", port, &old.pem).await);
}

#[tokio::test]
async fn the_name_that_a_client_asks_for_chooses_the_certificate() {
    let folder = tempfile::tempdir().expect("a folder");
    let (a, b) = (
        Certificate::of(&["a.example"]),
        Certificate::of(&["*.b.example"]),
    );
    let files = [a.write(folder.path(), "a"), b.write(folder.path(), "b")];
    let (_server, port) = start(folder.path(), &[&files[0], &files[1]], &[]);
    assert!(gets("a.example", port, &a.pem).await);
    assert!(gets("x.b.example", port, &b.pem).await);
    assert!(!gets("a.example", port, &b.pem).await);
}

#[test]
fn unusable_certificates_are_refused_with_the_name_of_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let (a, b) = (Certificate::of(&["a"]), Certificate::of(&["b"]));
    let (a, b) = (a.write(folder.path(), "a"), b.write(folder.path(), "b"));
    let mixed = Files {
        cert: a.cert.clone(),
        key: b.key,
    };
    let missing = Files {
        cert: folder.path().join("missing.pem"),
        key: a.key.clone(),
    };
    let swapped = Files {
        cert: a.key,
        key: a.cert,
    };
    for (files, words) in [
        (mixed, ["a.pem", "b.key", "does not belong"]),
        (missing, ["--tls-cert", "missing.pem", "no such file"]),
        (swapped, ["--tls-cert", "a.key", "no certificate"]),
    ] {
        let own = ["--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0"].map(str::to_owned);
        let flags = [&own[..], &files.flags()].concat();
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let (code, err) = Running::start(tidings(folder.path(), &flags)).ended();
        assert_ne!(code, Some(0));
        assert!(
            words.iter().all(|word| err.contains(word)),
            "{words:?}: {err}"
        );
        assert!(
            !folder.path().join("tidings-data").exists(),
            "nothing was made"
        );
    }
}

#[test]
fn an_expired_certificate_is_served_with_a_warning() {
    let folder = tempfile::tempdir().expect("a folder");
    let expired = Certificate::with(&["localhost"], |params| {
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    });
    let flags = expired.write(folder.path(), "server").flags();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let own = ["--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0"];
    let server = Running::start(tidings(folder.path(), &[&own, &flags[..]].concat()));
    server.wait_for_error("has expired");
    assert!(server.url().starts_with("http"));
}

#[tokio::test]
async fn plain_http_is_redirected_and_browsers_are_told_to_use_https() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = &of_tests().files;
    let (server, port) = start(
        folder.path(),
        &[files],
        &["--redirect-http", "127.0.0.1:0", "--hsts", "3600"],
    );
    let url = server.url();
    let url = url.split(',').next().expect("a URL");
    let http = client_of(&[&of_tests().pem])
        .redirect(reqwest::redirect::Policy::none())
        .build();
    let http = http.expect("a client");
    let get = async |url: String| within(http.get(url).send()).await.expect("an answer");

    let answer = get(format!("{url}/api/topics?x=%20y")).await;
    assert_eq!(answer.status(), 308);
    let to = answer.headers()["location"].to_str().expect("text");
    assert_eq!(to, format!("https://127.0.0.1:{port}/api/topics?x=%20y"));
    assert!(!answer.headers().contains_key("strict-transport-security"));
    assert_eq!(
        get(format!("{url}/.well-known/acme-challenge/x"))
            .await
            .status(),
        404
    );

    let answer = get(format!("https://127.0.0.1:{port}/health/live")).await;
    assert_eq!(
        answer.headers()["strict-transport-security"],
        "max-age=3600"
    );
}

#[tokio::test]
async fn redirects_to_https_are_counted_and_logged() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("access.log");
    let (server, port) = start(
        folder.path(),
        &[&of_tests().files],
        &[
            "--redirect-http",
            "127.0.0.1:0",
            "--access-log",
            log.to_str().expect("plain"),
        ],
    );
    let url = server.url();
    let url = url.split(',').next().expect("a URL");
    let http = client_of(&[&of_tests().pem])
        .redirect(reqwest::redirect::Policy::none())
        .build();
    let http = http.expect("a client");
    let request = http.get(format!("{url}/api/topics?token=s3cret"));
    let request = request.header("x-request-id", "redirected");
    let answer = within(request.send()).await.expect("an answer");
    assert_eq!(answer.status(), 308);
    assert_eq!(answer.headers()["x-request-id"], "redirected");

    let line = line(&log, |line| line["request_id"] == "redirected").await;
    assert_eq!(line["status"], 308);
    assert_eq!(line["path"], "/api/topics?token=[hidden]");
    let metrics = http.get(format!("https://127.0.0.1:{port}/metrics"));
    let metrics = within(metrics.send()).await.expect("an answer");
    let metrics = metrics.text().await.expect("a text");
    assert!(
        metrics.contains("tidings_http_requests_total{class=\"3xx\"} 1\n"),
        "{metrics}"
    );
}

#[tokio::test]
async fn the_cookie_of_a_session_is_secure_over_tls() {
    let token = "0123456789abcdef";
    for (transport, secure) in [(Transport::Plain, false), (Transport::Tls, true)] {
        let server = Server::over(transport, &["--admin-token", token]).await;
        let answer = server
            .post("/api/session", &json!({"token": token}).to_string())
            .await;
        let cookie = answer.headers()["set-cookie"].to_str().expect("text");
        assert_eq!(cookie.contains("; Secure"), secure, "{cookie}");
    }
}

#[tokio::test]
async fn a_stream_over_tls_replays_and_goes_on_live() {
    for threads in ["0", "1"] {
        let server = Server::over(Transport::Tls, &["--delivery-threads", threads]).await;
        server.push(client("ada"), "while away").await;
        let mut stream = server.listen("ada", &["t"]).await;
        assert_eq!(stream.text().await, "while away");
        let large = "x".repeat(100_000);
        server.push(To::Topic("t".to_owned()), &large).await;
        assert_eq!(stream.text().await, large);
        drop(stream);
        server.until_connections(0).await;
        let gone = |detail: &ClientDetail| detail.last_reason.is_some();
        let detail = server.until::<ClientDetail>("/api/clients/ada", gone).await;
        assert_eq!(detail.last_reason.as_deref(), Some("left"));
    }
}

/// A connection of TLS to this server with small socket buffers.
async fn connect(
    server: &Server,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> tokio_rustls::client::TlsStream<TcpStream> {
    connect_after("", server, versions).await
}

/// The same, where the connection begins with this text.
async fn connect_after(
    begin: &str,
    server: &Server,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> tokio_rustls::client::TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    let cert = rustls::pki_types::CertificateDer::from_pem_slice(of_tests().pem.as_bytes());
    roots.add(cert.expect("a certificate")).expect("a root");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let port = server
        .base
        .rsplit(':')
        .next()
        .expect("a port")
        .parse::<u16>()
        .expect("a port");
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("set");
    let mut socket = within(socket.connect(([127, 0, 0, 1], port).into()))
        .await
        .expect("connected");
    socket.write_all(begin.as_bytes()).await.expect("sent");
    let name = "localhost".try_into().expect("a name");
    within(TlsConnector::from(Arc::new(config)).connect(name, socket))
        .await
        .expect("a handshake")
}

/// Reads until this text has arrived.
async fn read_until(socket: &mut tokio_rustls::client::TlsStream<TcpStream>, text: &str) -> String {
    let (mut all, mut bytes) = (String::new(), vec![0; 1 << 16]);
    while !all.contains(text) {
        let read = within(socket.read(&mut bytes)).await.expect("readable");
        assert!(read > 0, "closed after {all}");
        all += &String::from_utf8_lossy(&bytes[..read]);
    }
    all
}

const GET: &str = "GET /sse?client_id=ada&topic=t HTTP/1.1\r\nhost: x\r\n\r\n";

#[tokio::test]
async fn both_versions_of_tls_carry_streams() {
    let server = Server::over(Transport::Tls, &[]).await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let mut socket = connect(&server, &[version]).await;
        socket.write_all(GET.as_bytes()).await.expect("sent");
        read_until(&mut socket, "event: ping").await;
        let text = format!("over {:?}", version.version);
        server.push(To::Topic("t".to_owned()), &text).await;
        read_until(&mut socket, &text).await;
        drop(socket);
        server.until_connections(0).await;
    }
}

#[tokio::test]
async fn the_proxy_protocol_comes_before_the_handshake_and_names_the_sender() {
    let flags = ["--trusted-proxy", "127.0.0.1", "--proxy-protocol=true"];
    let server = Server::over(Transport::Tls, &flags).await;
    let header = "PROXY TCP4 192.0.2.7 10.0.0.1 5555 443\r\n";
    let mut socket = connect_after(header, &server, &[&rustls::version::TLS13]).await;
    let request = "GET /api/diagnosis HTTP/1.1\r\nhost: localhost\r\n\r\n";
    socket.write_all(request.as_bytes()).await.expect("sent");
    read_until(&mut socket, "\"address\":\"192.0.2.7\"").await;
    // Without the header there is no handshake.
    assert!(!gets("localhost", server.address.port(), &of_tests().pem).await);
}

#[tokio::test]
async fn a_reader_over_tls_that_stalls_gets_every_byte_when_it_reads_again() {
    let server = Server::over(Transport::Tls, &["--durability", "os", "--outbox", "4"]).await;
    let mut socket = connect(&server, &[&rustls::version::TLS13]).await;
    socket.write_all(GET.as_bytes()).await.expect("sent");
    read_until(&mut socket, "event: ping").await;
    // More than the sockets hold.
    let pushes: Vec<_> = (0..60)
        .map(|number| json!({"to": {"topic": "t"}, "data": format!("<{number}>{}", "x".repeat(200_000))}))
        .collect();
    for some in pushes.chunks(10) {
        server.accepted(some).await;
    }
    let all = read_until(&mut socket, "<59>").await;
    let numbers: Vec<&str> = all
        .split('<')
        .skip(1)
        .filter_map(|rest| rest.split('>').next())
        .collect();
    let expected: Vec<String> = (0..60).map(|number| number.to_string()).collect();
    assert_eq!(numbers, expected);
}

#[tokio::test]
async fn a_stalled_reader_over_tls_is_closed_by_the_write_timeout() {
    let flags = [
        "--write-timeout",
        "1",
        "--heartbeat",
        "3600",
        "--durability",
        "os",
    ];
    let server = Server::over(Transport::Tls, &flags).await;
    let mut socket = connect(&server, &[&rustls::version::TLS13]).await;
    socket.write_all(GET.as_bytes()).await.expect("sent");
    read_until(&mut socket, "event: ping").await;
    let pushes: Vec<_> = (0..60)
        .map(|_| json!({"to": {"topic": "t"}, "data": "x".repeat(200_000)}))
        .collect();
    for some in pushes.chunks(10) {
        server.accepted(some).await;
    }
    server.until_connections(0).await;
}

#[tokio::test]
async fn bytes_that_are_no_handshake_end_their_connection_only() {
    let server = Server::over(Transport::Tls, &[]).await;
    let address = server.base.replace("https://localhost", "127.0.0.1");
    let mut socket = within(TcpStream::connect(address))
        .await
        .expect("connected");
    socket
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("sent");
    let mut answer = Vec::new();
    let _ = within(socket.read_to_end(&mut answer)).await;
    assert!(!answer.starts_with(b"HTTP"));
    assert_eq!(server.get("/health/live").await.status(), 200);
}

#[test]
fn the_commands_reach_a_server_over_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, port) = start(folder.path(), &[&of_tests().files], &[]);
    let url = format!("https://localhost:{port}");
    let ca = of_tests().files.cert.to_str().expect("a plain path");
    let run = |args: &[&str]| {
        let output = tidings(folder.path(), args).env("NO_PROXY", "*").output();
        output.expect("it runs")
    };
    let push = ["push", "--url", &url, "--client", "ada", "hello"];
    let refused = run(&push);
    assert!(!refused.status.success());
    let pushed = run(&[&push[..], &["--ca", ca]].concat());
    assert!(
        pushed.status.success(),
        "{}",
        String::from_utf8_lossy(&pushed.stderr)
    );

    let args = ["tail", "--url", &url, "--ca", ca, "--client-id", "ada"];
    let mut tail = tidings(folder.path(), &args);
    tail.env("NO_PROXY", "*");
    let tail = Running::start(tail);
    while !tail.line().contains("hello") {}
}
