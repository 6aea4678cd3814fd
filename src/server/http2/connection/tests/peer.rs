//! A peer of a connection, and answers for it.

use std::{future::poll_fn, sync::Arc, time::Duration};

use axum::{body::Body, extract::Request, response::Response};
use futures_util::{StreamExt, future::BoxFuture, stream};
use http_body_util::BodyExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    task::JoinHandle,
};

use super::super::{
    super::{
        error::ErrorCode,
        frame::{flag, kind},
        frame_writer, hpack,
        incoming::PREFACE,
    },
    Answerer, Connection, End, Options,
};
use crate::delivery::write_tracking::WriteTracker;

pub const HEARTBEAT: Duration = Duration::from_secs(30);
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
pub const STALL_TIMEOUT: Duration = Duration::from_secs(20);
pub const IDLE: Duration = Duration::from_secs(75);
pub const MAX_STREAMS: u32 = 50;
pub const MAX_HEAD: usize = 1_024;
pub const LARGE: usize = 1 << 20;

/// A frame: its type, its flags, its stream and its content.
pub type Frame = (u8, u8, u32, Vec<u8>);

/// Answers by the path.
#[derive(Clone, Default)]
pub struct Answers {
    /// That of the last request.
    pub tracker: Arc<parking_lot::Mutex<Arc<WriteTracker>>>,
}

impl Answerer for Answers {
    fn answer(&self, request: Request, tracker: Arc<WriteTracker>) -> BoxFuture<'static, Response> {
        *self.tracker.lock() = Arc::clone(&tracker);
        Box::pin(async move {
            let open = |text: &'static str| {
                let first = stream::iter([Ok::<_, std::io::Error>(text)]);
                Body::from_stream(first.chain(stream::pending()))
            };
            let body = match request.uri().path() {
                "/empty" => Body::empty(),
                "/hello" => "hello".into(),
                "/large" => vec![7; LARGE].into(),
                "/never" => std::future::pending().await,
                "/open" => open("first"),
                "/silent" => Body::from_stream(stream::pending::<std::io::Result<&str>>()),
                "/message" => {
                    tracker.start_write(7);
                    open("message")
                }
                "/fails" => {
                    let error = std::io::Error::other("on purpose");
                    Body::from_stream(stream::iter([Ok("some"), Err(error)]))
                }
                "/panics" => Body::from_stream(stream::poll_fn(
                    |_| -> std::task::Poll<Option<std::io::Result<&str>>> { panic!("on purpose") },
                )),
                "/echo" => match request.into_body().collect().await {
                    Ok(body) => body.to_bytes().into(),
                    Err(_) => "incomplete".into(),
                },
                path => path.to_owned().into(),
            };
            Response::new(body)
        })
    }

    fn head_too_large(&self) -> Response {
        let mut response = Response::default();
        *response.status_mut() = axum::http::StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        response
    }
}

/// See the module documentation.
pub struct Peer {
    pub socket: DuplexStream,
    pub connection: JoinHandle<End>,
    pub answers: Answers,
    decoder: hpack::Decoder,
}

impl Peer {
    /// A connection whose settings were exchanged.
    pub async fn connect() -> Self {
        Self::with(1 << 16, &[]).await
    }

    /// The same, with a pipe of this size and settings of the peer.
    pub async fn with(pipe: usize, settings: &[(u16, u32)]) -> Self {
        let (ours, socket) = tokio::io::duplex(pipe);
        let answers = Answers::default();
        let options = Options {
            max_streams: MAX_STREAMS,
            max_head: MAX_HEAD,
            heartbeat: HEARTBEAT,
            request_timeout: REQUEST_TIMEOUT,
            stall_timeout: STALL_TIMEOUT,
            idle: IDLE,
        };
        let mut connection = Connection::new(ours, answers.clone(), options);
        let connection = tokio::spawn(async move { poll_fn(move |cx| connection.poll(cx)).await });
        let mut peer = Self {
            socket,
            connection,
            answers,
            decoder: hpack::Decoder::default(),
        };
        let mut bytes = PREFACE.to_vec();
        frame_writer::settings(settings, &mut bytes);
        frame_writer::settings_ack(&mut bytes);
        peer.send(&bytes).await;
        let kinds = [
            peer.next().await.0,
            peer.next().await.0,
            peer.next().await.0,
        ];
        assert_eq!(kinds, [kind::SETTINGS, kind::WINDOW_UPDATE, kind::SETTINGS]);
        peer
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).await.expect("sent");
    }

    /// Sends one frame.
    pub async fn frame(&mut self, kind: u8, flags: u8, stream: u32, content: &[u8]) {
        self.send(&frame(kind, flags, stream, content)).await;
    }

    /// Asks for this path.
    pub async fn get(&mut self, stream: u32, path: &str) {
        self.send(&get(stream, path)).await;
    }

    /// The next frame.
    pub async fn next(&mut self) -> Frame {
        let mut head = [0; 9];
        self.socket.read_exact(&mut head).await.expect("a frame");
        let [l0, l1, l2, kind, flags, s0, s1, s2, s3] = head;
        let length = u32::from_be_bytes([0, l0, l1, l2]) as usize;
        let mut content = vec![0; length];
        self.socket.read_exact(&mut content).await.expect("whole");
        (kind, flags, u32::from_be_bytes([s0, s1, s2, s3]), content)
    }

    /// The status of the answer whose head comes next.
    pub async fn status(&mut self, stream: u32) -> String {
        let (kind, _, number, block) = self.next().await;
        assert_eq!((kind, number), (kind::HEADERS, stream));
        let mut status = String::new();
        let decoded = self.decoder.decode(&block, |name, value| {
            if name == b":status" {
                status = String::from_utf8_lossy(value).into_owned();
            }
            Ok(())
        });
        decoded.expect("a valid head");
        status
    }

    /// The bytes of a whole answer, whose frames come next.
    pub async fn body(&mut self, stream: u32) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let (kind, flags, number, content) = self.next().await;
            assert_eq!((kind, number), (kind::DATA, stream));
            body.extend_from_slice(&content);
            if flags & flag::END_STREAM != 0 {
                return body;
            }
        }
    }

    /// A whole answer that comes next.
    pub async fn whole(&mut self, stream: u32) -> Vec<u8> {
        assert_eq!(self.status(stream).await, "200");
        self.body(stream).await
    }

    /// The next frame resets this stream.
    pub async fn is_reset(&mut self, stream: u32, code: ErrorCode) {
        let expected = (code as u32).to_be_bytes().to_vec();
        let frame = self.next().await;
        assert_eq!(frame, (kind::RST_STREAM, 0, stream, expected), "{code:?}");
    }

    /// The connection ends with this error, after frames that do not matter.
    pub async fn ends_with(mut self, code: ErrorCode) {
        loop {
            let (kind, _, _, content) = self.next().await;
            if kind == kind::GOAWAY {
                assert_eq!(content[4..8], (code as u32).to_be_bytes(), "{code:?}");
                break;
            }
        }
        assert_eq!(self.connection.await.expect("no panic"), End::Here);
    }

    /// Nothing has gone wrong so far.
    pub async fn works(&mut self, stream: u32) {
        self.get(stream, "/hello").await;
        loop {
            let (kind, _, number, content) = self.next().await;
            assert_ne!(kind, kind::GOAWAY, "{content:?}");
            if (kind, number) == (kind::DATA, stream) {
                assert_eq!(content, b"hello");
                return;
            }
        }
    }
}

/// A frame.
pub fn frame(kind: u8, flags: u8, stream: u32, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u32).to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, content].concat()
}

/// A head with these fields.
pub fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        hpack::field(name, value.as_bytes(), false, &mut block);
    }
    block
}

/// The head of a request.
pub fn request(method: &str, path: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let fields = [
        (":method", method),
        (":scheme", "http"),
        (":authority", "localhost"),
        (":path", path),
    ];
    block(&[&fields, more].concat())
}

/// The frame of a request without a body.
pub fn get(stream: u32, path: &str) -> Vec<u8> {
    let flags = flag::END_HEADERS | flag::END_STREAM;
    frame(kind::HEADERS, flags, stream, &request("GET", path, &[]))
}

/// The frame of the head of a request with a body.
pub fn post(stream: u32, path: &str, more: &[(&str, &str)]) -> Vec<u8> {
    frame(
        kind::HEADERS,
        flag::END_HEADERS,
        stream,
        &request("POST", path, more),
    )
}

/// A frame that makes a window larger.
pub fn window(stream: u32, increment: u32) -> Vec<u8> {
    frame(kind::WINDOW_UPDATE, 0, stream, &increment.to_be_bytes())
}
