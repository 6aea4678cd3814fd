//! Fuzz target: what a client of HTTP/2 sends. See `src/fuzzing.rs`.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{body::Body, extract::Request, response::Response};
use futures_util::{future::BoxFuture, task::noop_waker_ref};
use http_body_util::BodyExt;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    connection::{Answerer, Connection, End, Options},
    frame::{FrameHead, HEAD, MAX_CONTENT},
    frame_writer,
    incoming::PREFACE,
};
use crate::delivery::write_tracking::WriteTracker;

/// The most that a connection goes on for the bytes of one chunk.
const MOST_POLLS: usize = 1_000;

/// The frames of a client after its settings, in chunks. The first byte is the length of the chunks. Whatever comes, the
/// connection ends when the client closes it, and all that was written is a sequence of frames.
pub fn http2_frames(input: &[u8]) {
    let Some((cut, frames)) = input.split_first() else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let runtime = runtime.expect("a runtime");
    let _entered = runtime.enter();
    let mut bytes = PREFACE.to_vec();
    frame_writer::settings(&[], &mut bytes);
    bytes.extend_from_slice(frames);
    let size = usize::from(*cut).max(1);
    let client = Client {
        chunks: bytes.chunks(size).map(<[u8]>::to_vec).rev().collect(),
        received: Vec::new(),
    };
    let most = MOST_POLLS * (client.chunks.len() + 1);
    let options = Options {
        max_streams: 3,
        max_head: 1_024,
        heartbeat: Duration::from_secs(3_600),
        request_timeout: Duration::from_secs(3_600),
        stall_timeout: Duration::from_secs(3_600),
        idle: Duration::from_secs(3_600),
    };
    let mut connection = Connection::new(client, Echo, options);
    let mut cx = Context::from_waker(noop_waker_ref());
    let end = (0..most).find_map(|_| match connection.poll(&mut cx) {
        Poll::Ready(end) => Some(end),
        Poll::Pending => None,
    });
    let end = end.expect("the connection ends");
    assert!(matches!(end, End::Peer | End::Here), "{end:?}");
    check_frames(&connection.into_socket().received);
}

fn check_frames(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let head = FrameHead::read(bytes).expect("a whole head");
        assert!(head.length <= MAX_CONTENT);
        bytes = bytes.get(HEAD + head.length..).expect("a whole frame");
    }
}

/// A client that sends chunks, the last one of the list first, and then closes.
struct Client {
    chunks: Vec<Vec<u8>>,
    received: Vec<u8>,
}

impl AsyncRead for Client {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(chunk) = self.chunks.pop() {
            buffer.put_slice(&chunk);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Client {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.received.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Answers with the body of the request.
struct Echo;

impl Answerer for Echo {
    fn answer(&self, request: Request, _: Arc<WriteTracker>) -> BoxFuture<'static, Response> {
        Box::pin(async move {
            let body = request.into_body().collect().await;
            Response::new(body.map_or_else(|_| Body::empty(), |body| body.to_bytes().into()))
        })
    }

    fn head_too_large(&self) -> Response {
        Response::default()
    }
}
