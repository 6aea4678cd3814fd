//! The head of a response that is written without hyper.

use std::time::SystemTime;

use axum::response::Response;
use bytes::Bytes;

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
