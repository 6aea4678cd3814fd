//! An accepted connection, until it is known what is spoken on it: who has opened it, TLS or not, HTTP/1.1 or HTTP/2.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tokio::{net::TcpStream, sync::watch};
use tokio_rustls::TlsAcceptor;

use super::{
    http1::Http1Connection,
    http2::Http2Connection,
    proxy_protocol::sender_of,
    requests::Requests,
    setup_permits::{MAX_SETUP, SetupPermit, SetupPermits},
    socket::ServerSocket,
    tls,
};
use crate::{config::Settings, delivery::reactor::Reactor};

/// How long a connection on a reserved descriptor may wait before its first request.
const RESERVED_WAIT: Duration = Duration::from_secs(1);

/// The first bytes of HTTP/2 without TLS (RFC 9113, section 3.4). No request of HTTP/1.1 begins like this.
const HTTP2_PREFACE: &[u8] = b"PRI";

/// See the module documentation.
pub struct Connection {
    /// Answers the requests.
    pub requests: Requests,
    /// Writes the streams, if it has threads.
    pub reactor: Arc<Reactor>,
    /// The settings, if each connection must begin with the PROXY protocol.
    pub proxy_protocol: Option<Arc<Settings>>,
    /// Does the handshake. None: without TLS.
    pub tls: Option<TlsAcceptor>,
    /// How long the head of a request may take.
    pub request_timeout: Duration,
    /// The time between two pings.
    pub heartbeat: Duration,
    /// How long the peer may take nothing of a stream.
    pub stall_timeout: Duration,
    /// The maximum size of a head, in bytes.
    pub max_head: usize,
}

/// A connection of which it is known what is spoken on it.
struct Agreed {
    stopped: watch::Receiver<()>,
    protocol: Protocol,
    permit: SetupPermit,
    socket: ServerSocket,
}

enum Protocol {
    Http1(Http1Connection),
    Http2(Http2Connection),
}

impl Connection {
    /// Answers requests until the peer closes the connection or the server stops.
    pub fn run(
        self,
        stopped: watch::Receiver<()>,
        permits: SetupPermits,
        socket: TcpStream,
    ) -> impl Future<Output = ()> + Send + use<> {
        // In a box of its own: while requests are answered, a connection does not keep the memory for what came before.
        let set_up = Box::pin(self.set_up(stopped, permits, socket));
        async move {
            let agreed = set_up.await;
            if let Some(agreed) = agreed {
                agreed.serve().await;
            }
        }
    }

    /// Finds out what is spoken.
    async fn set_up(
        mut self,
        mut stopped: watch::Receiver<()>,
        permits: SetupPermits,
        mut socket: TcpStream,
    ) -> Option<Agreed> {
        if let Some(settings) = self.proxy_protocol.take() {
            // Boxed, so that other connections do not take the memory for it.
            let read = Box::pin(self.read_sender(&mut stopped, &mut socket, &settings));
            if !read.await {
                return None;
            }
        }
        let wait = match self.requests.reserved {
            Some(_) => self.request_timeout.min(RESERVED_WAIT),
            None => self.request_timeout,
        };
        // Looks at the first bytes. That a socket is said to be readable is no proof that there are some.
        let mut first = [0; HTTP2_PREFACE.len()];
        let count = tokio::select! {
            peeked = tokio::time::timeout(wait, socket.peek(&mut first)) => match peeked {
                Ok(Ok(count)) => count,
                _ => 0,
            },
            _ = stopped.changed() => 0,
        };
        let is_http2 = first[..count] == *HTTP2_PREFACE;
        if count == 0 {
            return None;
        }
        let permit = permits.acquire().await?;
        let (socket, is_http2) = match self.tls.clone() {
            None => (ServerSocket::Plain(socket), is_http2),
            Some(acceptor) => {
                // Boxed, so that connections without TLS do not take the memory for it.
                let secured = Box::pin(self.secure(&acceptor, &mut stopped, &permit, socket));
                secured.await?
            }
        };
        Some(Agreed {
            stopped,
            protocol: self.speak(is_http2),
            permit,
            socket,
        })
    }

    /// Reads the header of the PROXY protocol. Returns whether the connection may go on.
    async fn read_sender(
        &mut self,
        stopped: &mut watch::Receiver<()>,
        socket: &mut TcpStream,
        settings: &Settings,
    ) -> bool {
        let peer = self.requests.info.peer;
        let sender = tokio::select! {
            sender = sender_of(socket, peer, settings) => sender,
            _ = stopped.changed() => return false,
        };
        match sender {
            Ok(sender) => {
                self.requests.info.peer = sender;
                true
            }
            Err(error) => {
                tracing::debug!(?peer, %error, "a connection is closed");
                false
            }
        }
    }

    /// Does the handshake. Returns the socket, and whether the client wants HTTP/2.
    async fn secure(
        &self,
        acceptor: &TlsAcceptor,
        stopped: &mut watch::Receiver<()>,
        permit: &SetupPermit,
        socket: TcpStream,
    ) -> Option<(ServerSocket, bool)> {
        let mut handshake = std::pin::pin!(tokio::time::timeout(
            self.request_timeout,
            tls::accept(acceptor, socket)
        ));
        let finished = match tokio::time::timeout(MAX_SETUP, &mut handshake).await {
            Ok(finished) => finished,
            Err(_) => {
                // A slow peer must not keep others waiting.
                drop(permit.lock().take());
                tokio::select! {
                    finished = handshake => finished,
                    _ = stopped.changed() => return None,
                }
            }
        };
        match finished {
            Ok(Ok(socket)) => {
                let protocol = socket.get_ref().1.alpn_protocol();
                // The handshake itself was the check of the authority.
                let is_http = protocol != Some(tls::alpn::ACME);
                let is_http2 = protocol == Some(tls::alpn::H2);
                is_http.then(|| (ServerSocket::Tls(Box::new(socket)), is_http2))
            }
            Ok(Err(error)) => {
                tracing::debug!(%error, peer = ?self.requests.info.peer, "a handshake failed");
                None
            }
            Err(_) => None,
        }
    }

    fn speak(self, is_http2: bool) -> Protocol {
        let requests = Arc::new(self.requests);
        match is_http2 {
            true => Protocol::Http2(Http2Connection {
                requests,
                request_timeout: self.request_timeout,
                heartbeat: self.heartbeat,
                stall_timeout: self.stall_timeout,
                max_head: self.max_head,
            }),
            false => Protocol::Http1(Http1Connection {
                requests,
                reactor: self.reactor,
                request_timeout: self.request_timeout,
                max_head: self.max_head,
            }),
        }
    }
}

impl Agreed {
    /// Answers requests.
    fn serve(self) -> BoxFuture<'static, ()> {
        let Self {
            stopped,
            protocol,
            permit,
            socket,
        } = self;
        match protocol {
            Protocol::Http1(connection) => Box::pin(Http1Connection::answer_all(
                stopped, connection, permit, socket,
            )),
            Protocol::Http2(connection) => Box::pin(Http2Connection::answer_all(
                stopped, connection, permit, socket,
            )),
        }
    }
}
