//! Knows whether the last byte that was read from a socket ended a TLS record. Then the state of the connection is only
//! its keys and its counters, and somebody else can go on with it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// The length of the head of a record: type, version, length (RFC 8446, section 5.1).
const HEAD: usize = 5;

/// Follows the records in a sequence of bytes.
#[derive(Default)]
struct Boundary {
    head: [u8; HEAD],
    /// How many bytes of the head are there.
    filled: usize,
    /// How many bytes of the body are missing.
    missing: usize,
}

impl Boundary {
    fn advance(&mut self, mut bytes: &[u8]) {
        while let Some(first) = bytes.first() {
            if self.missing > 0 {
                let taken = self.missing.min(bytes.len());
                self.missing -= taken;
                bytes = &bytes[taken..];
                continue;
            }
            self.head[self.filled] = *first;
            self.filled += 1;
            bytes = &bytes[1..];
            if self.filled == HEAD {
                self.filled = 0;
                self.missing = usize::from(u16::from_be_bytes([self.head[3], self.head[4]]));
            }
        }
    }

    fn is_here(&self) -> bool {
        self.filled == 0 && self.missing == 0
    }
}

/// See the module documentation.
pub struct BoundarySocket {
    socket: TcpStream,
    boundary: Boundary,
}

impl BoundarySocket {
    /// A socket of which nothing was read.
    pub fn new(socket: TcpStream) -> Self {
        Self {
            socket,
            boundary: Boundary::default(),
        }
    }

    /// Whether only complete records were read.
    pub fn is_at_boundary(&self) -> bool {
        self.boundary.is_here()
    }

    /// The socket itself.
    pub fn tcp(&self) -> &TcpStream {
        &self.socket
    }

    /// The socket itself.
    pub fn into_inner(self) -> TcpStream {
        self.socket
    }
}

impl AsyncRead for BoundarySocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.socket).poll_read(cx, buf);
        self.boundary.advance(&buf.filled()[before..]);
        polled
    }
}

impl AsyncWrite for BoundarySocket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, bufs)
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
    fn records_are_followed_however_they_arrive() {
        let bytes = [&[23, 3, 3, 0, 3, 1, 2, 3][..], &[21, 3, 3, 0, 0]].concat();
        for size in 1..=bytes.len() {
            let mut boundary = Boundary::default();
            let mut read = 0;
            for piece in bytes.chunks(size) {
                boundary.advance(piece);
                read += piece.len();
                assert_eq!(boundary.is_here(), read == 8 || read == 13, "{size} {read}");
            }
        }
    }
}
