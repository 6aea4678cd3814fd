//! Responses that are written without hyper.

use std::time::SystemTime;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use crate::http::Error;

/// The head of a response with a chunked body, as HTTP/1.1 writes it (RFC 9112).
pub fn response_head(response: &Response) -> Bytes {
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
    // The socket closes when the stream ends.
    let rest = format!("transfer-encoding: chunked\r\nconnection: close\r\ndate: {date}\r\n\r\n");
    head.extend_from_slice(rest.as_bytes());
    head.into()
}

/// A whole response for a request that hyper could not pass on. The connection closes after it.
pub async fn whole_response(error: Error) -> Bytes {
    let status = error.status();
    let response = error.into_response();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await;
    let body = body.unwrap_or_default();
    let date = httpdate::fmt_http_date(SystemTime::now());
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\ncontent-length: {}\r\nconnection: close\r\ndate: {date}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), &body].concat().into()
}
