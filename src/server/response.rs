//! Responses that are written without hyper.

use std::{cell::RefCell, time::SystemTime};

use axum::{
    http::{HeaderMap, StatusCode, header, response::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;

use crate::http::Error;

/// The head of a response with a chunked body, as HTTP/1.1 writes it (RFC 9112).
pub fn response_head(response: &Response) -> Bytes {
    let mut head = Vec::with_capacity(512);
    append_fields(&mut head, response.status(), response.headers());
    // The socket closes when the stream ends.
    head.extend_from_slice(b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n");
    head.into()
}

/// Appends a whole response as HTTP/1.1 writes it. The connection closes after the last one.
pub fn append_response(out: &mut Vec<u8>, head: &Parts, body: &[u8], is_last: bool) {
    append_fields(out, head.status, &head.headers);
    out.extend_from_slice(b"content-length: ");
    out.extend_from_slice(itoa::Buffer::new().format(body.len()).as_bytes());
    out.extend_from_slice(b"\r\n");
    if is_last {
        out.extend_from_slice(b"connection: close\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
}

/// A whole response for a request that hyper could not pass on. The connection closes after it.
pub async fn whole_response(error: Error) -> Bytes {
    let (head, body) = error.into_response().into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await;
    let mut out = Vec::with_capacity(512);
    append_response(&mut out, &head, &body.unwrap_or_default(), true);
    out.into()
}

/// The status line and the fields of a head, but for those that say where its body ends.
fn append_fields(out: &mut Vec<u8>, status: StatusCode, fields: &HeaderMap) {
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(status.as_str().as_bytes());
    out.push(b' ');
    let reason = status.canonical_reason().unwrap_or_default();
    out.extend_from_slice(reason.as_bytes());
    out.extend_from_slice(b"\r\n");
    for (name, value) in fields {
        if name == header::CONTENT_LENGTH {
            continue;
        }
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    append_date(out);
}

/// Appends the time. It is made into a text once in a second.
fn append_date(out: &mut Vec<u8>) {
    thread_local! {
        static DATE: RefCell<(u64, String)> = const { RefCell::new((0, String::new())) };
    }
    let now = SystemTime::now();
    let second = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    DATE.with_borrow_mut(|(made_at, date)| {
        if *made_at != second || date.is_empty() {
            *date = httpdate::fmt_http_date(now);
            *made_at = second;
        }
        out.extend_from_slice(b"date: ");
        out.extend_from_slice(date.as_bytes());
        out.extend_from_slice(b"\r\n");
    });
}
