//! From hyper to the reactor: a request whose answer is a stream gives up its socket.

use std::{sync::Arc, time::SystemTime};

use axum::response::Response;
use bytes::Bytes;
use parking_lot::Mutex;

use super::OpenedStream;

/// Goes with a request whose socket can be had.
#[derive(Clone, Default)]
pub struct Handover(Arc<Mutex<Option<OpenedStream>>>);

impl Handover {
    /// Says that the answer is this stream. What the response says beside is its head.
    pub fn offer(&self, opened: OpenedStream) {
        *self.0.lock() = Some(opened);
    }

    /// The stream, if there is one.
    pub fn take(&self) -> Option<OpenedStream> {
        self.0.lock().take()
    }
}

/// The head of a response whose body comes in chunks, as HTTP/1.1 writes it (RFC 9112).
pub fn head(response: &Response) -> Bytes {
    let mut head = format!("HTTP/1.1 {}\r\n", response.status()).into_bytes();
    for (name, value) in response.headers() {
        if name == axum::http::header::CONTENT_LENGTH {
            continue;
        }
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    let date = httpdate::fmt_http_date(SystemTime::now());
    // The socket ends with the stream.
    let rest = format!("transfer-encoding: chunked\r\nconnection: close\r\ndate: {date}\r\n\r\n");
    head.extend_from_slice(rest.as_bytes());
    head.into()
}
