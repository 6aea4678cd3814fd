//! The socket of a stream in a delivery thread: plain, or with TLS.

use std::{
    io::{self, IoSlice, Read, Write},
    net::Shutdown,
};

use mio::{Interest, Registry, Token, event::Source, net::TcpStream};

use super::{record_layer::RecordLayer, tls_socket::TlsSocket};

/// See the module documentation.
pub enum StreamSocket {
    /// Without TLS.
    Plain(TcpStream),
    /// With TLS.
    Tls(Box<TlsSocket<TcpStream>>),
}

impl StreamSocket {
    /// A socket that a thread takes over, with TLS if there is a record layer.
    pub fn new(socket: std::net::TcpStream, layer: Option<Box<RecordLayer>>) -> Self {
        let socket = TcpStream::from_std(socket);
        match layer {
            None => Self::Plain(socket),
            Some(layer) => Self::Tls(Box::new(TlsSocket::new(socket, layer))),
        }
    }

    /// Closes one direction or both.
    pub fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.shutdown(how),
            Self::Tls(socket) => socket.shutdown(how),
        }
    }

    /// The error that the kernel has noted, if there is one.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        match self {
            Self::Plain(socket) => socket.take_error(),
            Self::Tls(socket) => socket.inner().take_error(),
        }
    }

    fn inner_mut(&mut self) -> &mut TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(socket) => socket.inner_mut(),
        }
    }
}

impl Read for StreamSocket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(socket) => socket.read(buffer),
        }
    }
}

impl Write for StreamSocket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(socket) => socket.write(bytes),
        }
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write_vectored(pieces),
            Self::Tls(socket) => socket.write_vectored(pieces),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Source for StreamSocket {
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        self.inner_mut().register(registry, token, interests)
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        self.inner_mut().reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        self.inner_mut().deregister(registry)
    }
}
