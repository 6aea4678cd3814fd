//! The socket of an HTTP/1.1 connection as hyper sees it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{body::Bytes, http::StatusCode};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::server::head_timer::HeadTimer;

/// The statuses with which hyper itself refuses a head that it can't parse.
const OF_HYPER: [StatusCode; 3] = [
    StatusCode::BAD_REQUEST,
    StatusCode::URI_TOO_LONG,
    StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
];

/// Tells the timer of received bytes, and withholds the empty response with which hyper refuses a head. The connection
/// sends a problem document in its place.
pub struct Http1Socket<S> {
    /// What was read from the socket before.
    unread: Bytes,
    socket: S,
    timer: HeadTimer,
    refused: Option<StatusCode>,
}

impl<S> Http1Socket<S> {
    /// Wraps a socket of which these bytes were read before.
    pub fn new(unread: Bytes, socket: S, timer: HeadTimer) -> Self {
        Self {
            unread,
            socket,
            timer,
            refused: None,
        }
    }

    /// The socket, and the status of the response that was withheld.
    pub fn into_parts(self) -> (S, Option<StatusCode>) {
        (self.socket, self.refused)
    }

    /// Whether these bytes are such a response. The router's own refusals all have a body with a type.
    fn withholds(&mut self, buf: &[u8]) -> bool {
        if self.refused.is_none() {
            self.refused = refusal_of_hyper(buf);
        }
        // The connection ends with it.
        self.refused.is_some()
    }
}

fn refusal_of_hyper(buf: &[u8]) -> Option<StatusCode> {
    let status = buf.strip_prefix(b"HTTP/1.")?.get(2..5)?;
    let status = StatusCode::from_bytes(status).ok()?;
    let has_type = || memchr::memmem::find(buf, b"content-type").is_some();
    (OF_HYPER.contains(&status) && !has_type()).then_some(status)
}

impl<S: AsyncRead + Unpin> AsyncRead for Http1Socket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.unread.is_empty() {
            let count = self.unread.len().min(buf.remaining());
            buf.put_slice(&self.unread.split_to(count));
            self.timer.on_received();
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.socket).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.timer.on_received();
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Http1Socket<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.withholds(buf) {
            true => Poll::Ready(Ok(buf.len())),
            false => Pin::new(&mut self.socket).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = bufs.first().map_or(&[][..], |buf| buf);
        match self.withholds(first) {
            true => Poll::Ready(Ok(bufs.iter().map(|buf| buf.len()).sum())),
            false => Pin::new(&mut self.socket).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_empty_refusals_are_withheld() {
        let bare = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(
            refusal_of_hyper(bare),
            Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
        );
        for ours in [
            &b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\n\r\n{}"[..],
            b"HTTP/1.1 204 No Content\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            b"data: HTTP/1.1 400 \n\n",
            b"",
        ] {
            assert_eq!(refusal_of_hyper(ours), None);
        }
    }
}
