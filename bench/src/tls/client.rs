//! Clients of the scenario, in this process.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer},
};

use super::Way;

/// What each message contains once.
pub const MARK: &str = "<message>";

/// The timeout for the delivery of a message.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Messages that all streams together have received.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<AtomicU64>);

impl Progress {
    /// How many.
    pub fn messages(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Waits until there are so many.
    pub async fn wait_for(&self, messages: u64) -> Result<()> {
        let arrived = async {
            while self.messages() < messages {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(TIMEOUT, arrived)
            .await
            .with_context(|| format!("{} of {messages} messages arrived", self.messages()))
    }

    fn count(&self, bytes: &[u8]) {
        let found = memchr::memmem::find_iter(bytes, MARK).count();
        self.0.fetch_add(found as u64, Ordering::AcqRel);
    }
}

/// Open streams. They close when this is dropped.
pub struct Clients {
    _tasks: JoinSet<()>,
}

/// The settings of clients that trust this certificate.
pub fn trusting(certificate: CertificateDer<'static>, way: Way) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate)?;
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    if matches!(way, Way::H2(_)) {
        config.alpn_protocols = vec![b"h2".to_vec()];
    }
    Ok(config)
}

impl Clients {
    /// Opens streams and waits until each has received its first bytes.
    pub async fn open(
        way: Way,
        address: SocketAddr,
        config: &Arc<ClientConfig>,
        streams: usize,
        progress: &Progress,
    ) -> Result<Self> {
        let mut tasks = JoinSet::new();
        let mut number = 0;
        while number < streams {
            match way {
                Way::Plain => {
                    let socket = TcpStream::connect(address).await?;
                    read_http1(socket, number, progress, &mut tasks).await?;
                    number += 1;
                }
                Way::Tls => {
                    let socket = secured(address, config).await?;
                    read_http1(socket, number, progress, &mut tasks).await?;
                    number += 1;
                }
                Way::H2(each) => {
                    let socket = secured(address, config).await?;
                    let last = (number + each).min(streams);
                    read_http2(socket, number..last, progress, &mut tasks).await?;
                    number = last;
                }
            }
        }
        Ok(Self { _tasks: tasks })
    }
}

async fn secured(address: SocketAddr, config: &Arc<ClientConfig>) -> Result<TlsStream<TcpStream>> {
    let socket = TcpStream::connect(address).await?;
    let connector = TlsConnector::from(Arc::clone(config));
    Ok(connector.connect("localhost".try_into()?, socket).await?)
}

async fn read_http1(
    mut socket: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    number: usize,
    progress: &Progress,
    tasks: &mut JoinSet<()>,
) -> Result<()> {
    let head = format!("GET /sse?client_id=c{number} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    socket.write_all(head.as_bytes()).await?;
    let mut bytes = [0; 2_048];
    let read = socket.read(&mut bytes).await?;
    ensure!(bytes[..read].starts_with(b"HTTP/1.1 200"), "no stream");
    let progress = progress.clone();
    tasks.spawn(async move {
        while let Ok(read @ 1..) = socket.read(&mut bytes).await {
            progress.count(&bytes[..read]);
        }
    });
    Ok(())
}

async fn read_http2(
    socket: TlsStream<TcpStream>,
    numbers: std::ops::Range<usize>,
    progress: &Progress,
    tasks: &mut JoinSet<()>,
) -> Result<()> {
    let (mut sender, connection) = h2::client::handshake(socket).await?;
    tasks.spawn(async move {
        // It ends with its streams.
        let _ = connection.await;
    });
    for number in numbers {
        let uri = format!("https://localhost/sse?client_id=c{number}");
        sender = sender.ready().await?;
        let request = ::http::Request::get(uri).body(())?;
        let (response, _) = sender.send_request(request, true)?;
        let response = response.await?;
        ensure!(response.status() == 200, "{}", response.status());
        let mut body = response.into_body();
        let first = body.data().await.context("the stream ended")??;
        body.flow_control().release_capacity(first.len())?;
        let progress = progress.clone();
        tasks.spawn(async move {
            while let Some(Ok(bytes)) = body.data().await {
                progress.count(&bytes);
                let _ = body.flow_control().release_capacity(bytes.len());
            }
        });
    }
    Ok(())
}
