//! HTTPS: the handshake, and the certificates for it.

pub mod alpn;
pub mod certificates;
pub mod record_boundary;
pub mod record_socket;
pub mod validity;

use std::{convert::Infallible, future::Future, io, sync::Arc, time::Duration};

use rustls::{ServerConfig, crypto::ring};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

pub use certificates::{Certificates, TlsError};
use record_boundary::BoundarySocket;

/// Bytes of encrypted answers that wait in memory for one connection.
const SEND_BUFFER: usize = 16 * 1024;

/// Does the handshakes, with these certificates.
pub fn acceptor(certificates: Arc<Certificates>) -> Result<TlsAcceptor, TlsError> {
    Ok(TlsAcceptor::from(Arc::new(server_config(certificates)?)))
}

fn server_config(certificates: Arc<Certificates>) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    config.alpn_protocols = [alpn::H2, alpn::HTTP_1_1, alpn::ACME]
        .map(<[u8]>::to_vec)
        .to_vec();
    // Clients resume without a second signature, and the server stores nothing for it.
    config.ticketer = ring::Ticketer::new()?;
    config.send_tls13_tickets = 1;
    // Streams leave the connection of rustls: see `ServerSocket::detach`.
    config.enable_secret_extraction = true;
    Ok(config)
}

/// Does the handshake of a new connection.
pub fn accept(
    acceptor: &TlsAcceptor,
    socket: TcpStream,
) -> impl Future<Output = io::Result<TlsStream<BoundarySocket>>> + use<> {
    acceptor.accept_with(BoundarySocket::new(socket), |session| {
        session.set_buffer_limit(Some(SEND_BUFFER));
    })
}

/// Reads the certificates again when their files change.
pub async fn watch(certificates: Arc<Certificates>) -> Infallible {
    /// How often the files are looked at.
    const INTERVAL: Duration = Duration::from_secs(2);
    loop {
        tokio::time::sleep(INTERVAL).await;
        if !certificates.have_changed() {
            continue;
        }
        match certificates.reload() {
            Ok(()) => tracing::info!("the changed certificates are used from now on"),
            Err(error) => {
                tracing::error!(%error, "the changed certificates are not used: the old ones stay");
            }
        }
    }
}
