//! A server for each test, in this process.

use std::ops::Deref;

use tidings::{
    config::Settings,
    server::{ListenerKind, Listeners, ServeError},
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::certificates::{client_of, of_tests};
pub use crate::support::{
    Endpoint, Listener, client, encoded, push_of, run_in_namespace, seq, topic, within,
};

/// How the requests of a test reach its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// HTTP/1.1.
    Plain,
    /// HTTP/1.1 over TLS.
    Tls,
    /// HTTP/2 over TLS.
    H2,
}

impl Transport {
    /// As `TIDINGS_TEST_TRANSPORT` says. So the same promises are tested over all of them.
    fn of_environment() -> Self {
        match std::env::var("TIDINGS_TEST_TRANSPORT").as_deref() {
            Err(_) | Ok("plain") => Self::Plain,
            Ok("tls") => Self::Tls,
            Ok("h2") => Self::H2,
            Ok(other) => panic!("TIDINGS_TEST_TRANSPORT={other}: write plain, tls or h2"),
        }
    }
}

/// A running server with a data folder of its own.
pub struct Server {
    endpoint: Endpoint,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), ServeError>>,
    flags: Vec<String>,
    transport: Transport,
    data: tempfile::TempDir,
}

impl Deref for Server {
    type Target = Endpoint;

    fn deref(&self) -> &Endpoint {
        &self.endpoint
    }
}

impl Server {
    /// Starts a server with the default settings.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts a server with flags of `tidings serve`.
    pub async fn with(flags: &[&str]) -> Self {
        Self::over(Transport::of_environment(), flags).await
    }

    /// The same, with requests over this transport.
    pub async fn over(transport: Transport, flags: &[&str]) -> Self {
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        Self::on(tempfile::tempdir().expect("a folder"), flags, transport).await
    }

    /// Shuts down, and starts again on the same data folder.
    pub async fn restarted(self) -> Self {
        self.stopped().await.start().await
    }

    /// Shuts down. Its data folder remains.
    pub async fn stopped(mut self) -> Stopped {
        self.begin_shutdown();
        let Self {
            endpoint,
            task,
            flags,
            transport,
            data,
            ..
        } = self;
        drop(endpoint);
        within(task).await.expect("no panic").expect("a clean end");
        until_closed(&data).await;
        Stopped {
            data,
            flags,
            transport,
        }
    }

    async fn on(data: tempfile::TempDir, flags: Vec<String>, transport: Transport) -> Self {
        let folder = data.path().to_str().expect("a plain path");
        // A test should not wait until its streams are drained.
        let own = ["--data-dir", folder, "--drain", "0"];
        let given = flags.iter().map(String::as_str);
        let certificate = of_tests().files.flags();
        let certificate = certificate.iter().map(String::as_str);
        let all = own
            .into_iter()
            .chain(certificate)
            .chain(given)
            .collect::<Vec<_>>();
        let settings = Settings::from_flags(with_last_wins(&all)).expect("valid settings");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut listeners = Listeners::from(listener);
        let mut endpoint = Endpoint::at(address);
        if transport != Transport::Plain {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let port = listener.local_addr().expect("an address").port();
            listeners = listeners.with(listener, ListenerKind::Tls);
            endpoint.base = format!("https://localhost:{port}");
            endpoint.http = client_over(transport);
        }
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(tidings::server::serve(listeners, settings, async {
            let _ = stopped.await;
        }));
        Self {
            endpoint,
            stop: Some(stop),
            task,
            flags,
            transport,
            data,
        }
    }

    /// Begins a shutdown, as SIGTERM does.
    pub fn begin_shutdown(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Waits until the shutdown is complete.
    pub async fn ended(self) -> Result<(), ServeError> {
        within(self.task).await.expect("no panic")
    }
}

/// A server that was shut down.
pub struct Stopped {
    data: tempfile::TempDir,
    flags: Vec<String>,
    transport: Transport,
}

/// A client that uses this transport.
fn client_over(transport: Transport) -> reqwest::Client {
    let builder = client_of(&[&of_tests().pem]);
    let builder = match transport {
        Transport::H2 => builder,
        _ => builder.http1_only(),
    };
    builder.build().expect("a client")
}

impl Stopped {
    /// Starts it again.
    pub async fn start(self) -> Server {
        Server::on(self.data, self.flags, self.transport).await
    }

    /// Starts it again with other flags.
    pub async fn start_with(mut self, flags: &[&str]) -> Server {
        self.flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        self.start().await
    }

    /// Its data folder.
    pub fn folder(&self) -> &std::path::Path {
        self.data.path()
    }

    /// A copy of its data folder.
    pub fn backup(&self) -> tempfile::TempDir {
        let copy = tempfile::tempdir().expect("a folder");
        copy_files(self.data.path(), copy.path());
        copy
    }

    /// Replaces its data folder by a copy.
    pub fn restore(&self, copy: &tempfile::TempDir) {
        for old in std::fs::read_dir(self.data.path()).expect("a folder") {
            std::fs::remove_file(old.expect("a file").path()).expect("removed");
        }
        copy_files(copy.path(), self.data.path());
    }
}

fn copy_files(from: &std::path::Path, to: &std::path::Path) {
    for file in std::fs::read_dir(from).expect("a folder") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), to.join(file.file_name())).expect("copied");
    }
}

/// Waits for reads of the log that are still running after their streams have ended.
async fn until_closed(data: &tempfile::TempDir) {
    let lock = std::fs::File::open(data.path().join("lock")).expect("a lock");
    within(async {
        while lock.try_lock().is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// If a flag is given twice, only the last one is kept.
fn with_last_wins<'a>(flags: &[&'a str]) -> Vec<&'a str> {
    let pairs: Vec<&[&str]> = flags.chunks(2).collect();
    let is_last = |i: usize| pairs[i + 1..].iter().all(|later| later[0] != pairs[i][0]);
    (0..pairs.len())
        .filter(|i| is_last(*i))
        .flat_map(|i| pairs[i].to_vec())
        .collect()
}
