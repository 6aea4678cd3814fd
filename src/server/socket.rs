//! The socket of an HTTP connection: plain, or with TLS.

use std::{
    io::{self, Read},
    net::Shutdown,
    pin::Pin,
    task::{Context, Poll},
};

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;

use super::tls::{record_boundary::BoundarySocket, record_socket::RecordSocket};
use crate::delivery::{LINGER, reactor::RecordLayer};

/// See the module documentation.
pub enum ServerSocket {
    /// Without TLS.
    Plain(TcpStream),
    /// With TLS, after the handshake.
    Tls(Box<TlsStream<BoundarySocket>>),
    /// With TLS 1.3, without rustls.
    Records(Box<RecordSocket<TcpStream>>),
}

impl ServerSocket {
    /// The socket below.
    pub fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(socket) => socket.get_ref().0.tcp(),
            Self::Records(socket) => socket.inner(),
        }
    }

    /// Whether a delivery thread can write to it: not with TLS 1.2, whose records have another form.
    pub fn can_leave(&self) -> bool {
        match self {
            Self::Plain(_) => true,
            Self::Tls(socket) => {
                socket.get_ref().1.protocol_version() == Some(rustls::ProtocolVersion::TLSv1_3)
            }
            Self::Records(_) => false,
        }
    }

    /// The same socket with less memory, if it can leave rustls now.
    pub fn without_rustls(self) -> io::Result<Self> {
        let Self::Tls(mut socket) = self else {
            return Ok(self);
        };
        let (below, session) = socket.get_mut();
        let is_new = session.protocol_version() == Some(rustls::ProtocolVersion::TLSv1_3);
        if !is_new || !below.is_at_boundary() || session.wants_write() {
            return Ok(Self::Tls(socket));
        }
        let mut unread = Vec::new();
        match session.reader().read_to_end(&mut unread) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            // The peer has closed.
            Ok(_) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) => return Err(error),
        }
        let (below, session) = socket.into_inner();
        let layer = Box::new(record_layer(session)?);
        let socket = RecordSocket::new(below.into_inner(), layer, unread);
        Ok(Self::Records(Box::new(socket)))
    }

    /// Closes the socket so that the last response arrives. If unread bytes of the peer were left, closing would reset the
    /// connection, and the peer could lose the response.
    ///
    /// With TLS, a peer that has closed would answer a goodbye with a reset, as if it had not read everything.
    pub async fn close(&mut self, peer_closed: bool) {
        let closed = match peer_closed {
            true => SockRef::from(self.tcp()).shutdown(Shutdown::Write),
            false => self.shutdown().await,
        };
        if closed.is_ok() {
            let _ =
                tokio::time::timeout(LINGER, tokio::io::copy(self, &mut tokio::io::sink())).await;
        }
    }

    /// The socket for a delivery thread, with what it needs to encrypt.
    pub fn detach(self) -> io::Result<(std::net::TcpStream, Option<Box<RecordLayer>>)> {
        match self {
            Self::Plain(socket) => Ok((socket.into_std()?, None)),
            Self::Tls(socket) => {
                let (socket, session) = socket.into_inner();
                if !socket.is_at_boundary() {
                    return Err(io::Error::other("a record has not arrived completely"));
                }
                let layer = Box::new(record_layer(session)?);
                Ok((socket.into_inner().into_std()?, Some(layer)))
            }
            Self::Records(_) => Err(io::Error::other("it has left rustls already")),
        }
    }
}

/// The keys and the counters of a connection of TLS 1.3.
fn record_layer(session: rustls::ServerConnection) -> io::Result<RecordLayer> {
    let secrets = session.dangerous_extract_secrets();
    RecordLayer::new(&secrets.map_err(io::Error::other)?).map_err(io::Error::other)
}

impl AsyncRead for ServerSocket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_read(cx, buf),
            Self::Tls(socket) => Pin::new(socket).poll_read(cx, buf),
            Self::Records(socket) => Pin::new(socket).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for ServerSocket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write(cx, buf),
            Self::Tls(socket) => Pin::new(socket).poll_write(cx, buf),
            Self::Records(socket) => Pin::new(socket).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write_vectored(cx, bufs),
            Self::Tls(socket) => Pin::new(socket).poll_write_vectored(cx, bufs),
            Self::Records(socket) => Pin::new(socket).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(socket) => socket.is_write_vectored(),
            Self::Tls(socket) => socket.is_write_vectored(),
            Self::Records(socket) => socket.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Self::Tls(socket) => Pin::new(socket).poll_flush(cx),
            Self::Records(socket) => Pin::new(socket).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Self::Tls(socket) => Pin::new(socket).poll_shutdown(cx),
            Self::Records(socket) => Pin::new(socket).poll_shutdown(cx),
        }
    }
}
