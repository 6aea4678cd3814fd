//! The connection to the NATS servers: how it is made, and what happens to it.

use std::{
    future::ready,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_nats::{
    Client, ConnectOptions, Event, ReconnectToServer, Server, ServerInfo, connection::State,
    jetstream,
};
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::config::{ClusterSettings, Secret, UnreadableSecret};

/// Time after which a server that does not answer is left for the next one.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Time between two pings. A server that is gone without a word is noticed after three of them.
const PING: Duration = Duration::from_secs(2);

/// Longest pause between two attempts to connect.
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// Time in which JetStream must confirm a record or answer a question. A confirmation that is lost holds up all changes
/// of this node for this time.
const ANSWER: Duration = Duration::from_secs(1);

/// Times to wait for the first answers. A server that is shut down takes answers with it, so it is asked again soon. Later
/// the time is [`ANSWER`].
pub const FIRST_ANSWERS: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(600)];

/// Time in which JetStream must have made something.
const MAKE: Duration = Duration::from_secs(3);

/// The connection to the NATS servers. It is made again by itself when it breaks.
#[derive(Clone)]
pub struct Connection {
    /// For everything but JetStream.
    pub client: Client,
    /// To publish to JetStream and to ask it. It waits for a second.
    pub jetstream: jetstream::Context,
    /// To make something in JetStream. It waits for 3 seconds.
    pub patient: jetstream::Context,
    events: Arc<Events>,
    turn: Arc<Turn>,
}

impl Connection {
    /// Begins to connect, and returns at once. The connection is made in the background, as soon as a server can be
    /// reached.
    pub async fn open(settings: &ClusterSettings, node: &str) -> Result<Self, ConnectError> {
        let events = Arc::new(Events::default());
        let heard = Arc::clone(&events);
        let turn = Arc::new(Turn::default());
        let chosen = Arc::clone(&turn);
        let options = ConnectOptions::new()
            .name(format!("tidings {node}"))
            .retry_on_initial_connect()
            .connection_timeout(CONNECT_TIMEOUT)
            .ping_interval(PING)
            .reconnect_delay_callback(pause)
            .reconnect_to_server_callback(move |servers, _| ready(chosen.take(&servers)))
            .event_callback(move |event| {
                heard.add(&event);
                ready(())
            });
        let options = with_credentials(options, settings).await?;
        let options = with_tls(options, settings)?;
        let servers: Vec<&str> = settings
            .servers
            .iter()
            .map(|server| server.as_str())
            .collect();
        let client = options.connect(servers).await.map_err(|error| {
            // Only settings are an error here; everything else is tried again in the background.
            ConnectError::Options(error.to_string())
        })?;
        let context = |timeout| {
            let builder = jetstream::context::ContextBuilder::new().timeout(timeout);
            builder.build(client.clone())
        };
        Ok(Self {
            jetstream: context(ANSWER),
            patient: context(MAKE),
            client,
            events,
            turn,
        })
    }

    /// The same connection, with another time to wait for an answer of JetStream.
    pub fn with_limit(&self, limit: Duration) -> Self {
        let mut same = self.clone();
        same.jetstream.set_timeout(limit);
        same
    }

    /// Whether there is a connection now.
    pub fn is_up(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// The server at the other end, if there is a connection.
    pub fn server(&self) -> Option<ServerInfo> {
        self.is_up()
            .then(|| self.client.try_server_info())
            .flatten()
    }

    /// Connects again, to the next one of the servers: to each of them, if it is done again and again.
    pub async fn change_server(&self) {
        self.turn.is_due.store(true, Ordering::Relaxed);
        // Fails only when this process has closed the connection.
        let _ = self.client.force_reconnect().await;
    }

    /// Changes with each connection that is made or lost.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.events.changes.subscribe()
    }

    /// Messages of subscriptions that this process has dropped because it did not take them in time.
    pub fn dropped(&self) -> u64 {
        self.events.dropped.load(Ordering::Relaxed)
    }

    /// What went wrong last, in the words of the client or of the server. None after a connection was made.
    pub fn last_error(&self) -> Option<String> {
        self.events.last_error.lock().clone()
    }

    /// Sends what is waiting and closes the connection.
    pub async fn close(&self) {
        let _ = tokio::time::timeout(CONNECT_TIMEOUT, self.client.drain()).await;
    }
}

/// The pause before an attempt to connect. It grows, so that servers that start are not flooded.
fn pause(attempts: usize) -> Duration {
    let attempts = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
    Duration::from_millis(50)
        .saturating_mul(attempts)
        .min(MAX_PAUSE)
}

async fn with_credentials(
    options: ConnectOptions,
    settings: &ClusterSettings,
) -> Result<ConnectOptions, ConnectError> {
    if let Some(path) = &settings.creds {
        let read = options.credentials_file(path).await;
        return read.map_err(|why| ConnectError::file("--cluster-creds", path, why));
    }
    if let Some(path) = &settings.nkey {
        return Ok(options.nkey(secret("--cluster-nkey", path)?));
    }
    if let (Some(user), Some(path)) = (&settings.user, &settings.password_file) {
        let password = secret("--cluster-password-file", path)?;
        return Ok(options.user_and_password(user.clone(), password));
    }
    Ok(options)
}

fn secret(flag: &'static str, path: &Path) -> Result<String, ConnectError> {
    match Secret::from_file(path) {
        Ok(secret) => Ok(secret.expose().to_owned()),
        Err(UnreadableSecret::Io(why)) => Err(ConnectError::file(flag, path, why)),
        Err(why) => Err(ConnectError::file(flag, path, io::Error::other(why))),
    }
}

fn with_tls(
    mut options: ConnectOptions,
    settings: &ClusterSettings,
) -> Result<ConnectOptions, ConnectError> {
    if let Some(path) = readable("--cluster-ca", &settings.ca)? {
        options = options.add_root_certificates(path).require_tls(true);
    }
    let cert = readable("--cluster-cert", &settings.cert)?;
    let key = readable("--cluster-key", &settings.key)?;
    if let (Some(cert), Some(key)) = (cert, key) {
        options = options.add_client_certificate(cert, key).require_tls(true);
    }
    Ok(options)
}

/// The path of a file that can be read. The client library reads it with each connection, and would tell no reason.
fn readable(flag: &'static str, path: &Option<PathBuf>) -> Result<Option<PathBuf>, ConnectError> {
    let Some(path) = path else {
        return Ok(None);
    };
    match std::fs::File::open(path) {
        Ok(_) => Ok(Some(path.clone())),
        Err(why) => Err(ConnectError::file(flag, path, why)),
    }
}

/// Which server is the next one. The client itself prefers servers that it could always reach, and so might come back to the
/// same one without end.
#[derive(Default)]
struct Turn {
    /// Whether another server is wanted.
    is_due: AtomicBool,
    /// Counts the changes.
    number: AtomicUsize,
}

impl Turn {
    /// The next one of these servers, once; none if the client is to choose.
    fn take(&self, servers: &[Server]) -> Option<ReconnectToServer> {
        if servers.is_empty() || !self.is_due.swap(false, Ordering::Relaxed) {
            return None;
        }
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        Some(ReconnectToServer {
            addr: servers[number % servers.len()].addr.clone(),
            delay: Some(Duration::ZERO),
        })
    }
}

/// What happened to the connection.
struct Events {
    changes: watch::Sender<u64>,
    dropped: AtomicU64,
    last_error: Mutex<Option<String>>,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            changes: watch::Sender::new(0),
            dropped: AtomicU64::new(0),
            last_error: Mutex::new(None),
        }
    }
}

impl Events {
    fn add(&self, event: &Event) {
        match event {
            Event::Connected => {
                tracing::info!("connected to NATS");
                *self.last_error.lock() = None;
                self.changes.send_modify(|changes| *changes += 1);
            }
            Event::Disconnected => {
                tracing::warn!("the connection to NATS is lost");
                self.changes.send_modify(|changes| *changes += 1);
            }
            Event::SlowConsumer(_) => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
            Event::ServerError(_) | Event::ClientError(_) => {
                let text = event.to_string();
                let mut last = self.last_error.lock();
                // An attempt to connect fails every second. One line says it.
                if last.as_ref() != Some(&text) {
                    tracing::warn!("NATS: {text}");
                }
                *last = Some(text);
            }
            Event::LameDuckMode => tracing::info!("the NATS server is shutting down"),
            // This process closes it.
            Event::Draining | Event::Closed => {}
        }
    }
}

/// Why no connection is tried.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A file of the settings cannot be read.
    #[error("{flag}: {path}: {why}")]
    File {
        /// The flag that names the file.
        flag: &'static str,
        /// The file.
        path: String,
        /// What is wrong with it.
        why: io::Error,
    },
    /// The client refuses the settings.
    #[error(
        "the connection to NATS cannot be set up: {0}. Check the --cluster settings (addresses, certificates, keys)"
    )]
    Options(String),
}

impl ConnectError {
    fn file(flag: &'static str, path: &Path, why: io::Error) -> Self {
        let path = path.display().to_string();
        Self::File { flag, path, why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_attempt_is_made_at_once_and_pauses_are_bounded() {
        assert_eq!(pause(1), Duration::ZERO);
        assert_eq!(pause(3), Duration::from_millis(100));
        assert_eq!(pause(usize::MAX), MAX_PAUSE);
    }
}
