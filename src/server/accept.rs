//! Accepts connections, also when the process runs out of file descriptors.

use std::{
    convert::Infallible,
    fs::File,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::http::HeaderValue;
use rustix::io::Errno;
use socket2::SockRef;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::{
    connection::Connection,
    fd_limit::DescriptorLimit,
    listener::{Accepted, ListenerKind, Listeners, SocketOptions},
    redirect::Redirect,
    requests::Requests,
    setup_permits::SetupPermits,
};
use crate::{
    auth::{ConnectionInfo, Scheme},
    delivery::reactor::Reactor,
    http::{AppState, Service},
    registry::Registry,
};

/// How long to wait when no connection can be accepted.
const RETRY: Duration = Duration::from_millis(100);

/// How often to look whether descriptors are free again.
const RECOVERY_CHECK: Duration = Duration::from_secs(1);

/// What each accepted connection needs.
pub struct Acceptor {
    /// Answers the requests.
    pub service: Arc<Service>,
    /// Writes the streams, if it has threads.
    pub reactor: Arc<Reactor>,
    /// What requests share, with the settings that hold now.
    pub state: AppState,
    /// The number of connections, for the log.
    pub registry: Arc<Registry>,
    /// Limits how many connections are set up at the same time.
    pub permits: SetupPermits,
    /// Changes when the server stops.
    pub stopped: watch::Receiver<()>,
    /// The limit of file descriptors.
    pub descriptors: DescriptorLimit,
    /// Does the handshakes of HTTPS, if there is any.
    pub tls: Option<TlsAcceptor>,
    /// Where `--redirect-http` leads.
    pub redirect: Redirect,
}

impl Acceptor {
    /// Accepts connections until it is dropped.
    pub async fn run(&self, listeners: &mut Listeners) -> Infallible {
        let mut outage = Outage::new(self.descriptors);
        loop {
            listeners.set_options(SocketOptions::of(&self.state.live.load()));
            let accepted = match outage.began {
                None => listeners.accept().await,
                Some(_) => match tokio::time::timeout(RECOVERY_CHECK, listeners.accept()).await {
                    Ok(accepted) => accepted,
                    Err(_) => {
                        outage.check_recovery(self.connections());
                        continue;
                    }
                },
            };
            match accepted {
                Ok(accepted) => {
                    outage.check_recovery(self.connections());
                    self.serve(accepted);
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    outage.begin(&error, self.connections());
                    if is_out_of_descriptors(&error) && outage.spare.take().is_some() {
                        // The spare descriptor serves one connection at a time. So health checks and the panel are
                        // answered even now.
                        if let Ok(Ok(accepted)) =
                            tokio::time::timeout(RETRY, listeners.accept()).await
                        {
                            self.serve(accepted);
                        }
                    } else {
                        tokio::time::sleep(RETRY).await;
                    }
                    outage.reserve_spare();
                }
            }
        }
    }

    fn connections(&self) -> usize {
        self.registry.size().connections as usize
    }

    fn serve(&self, accepted: Accepted) {
        let settings = self.state.live.load();
        if accepted.peer.is_some()
            && !accepted.has_options
            && let Err(error) = SocketOptions::of(&settings).set(&SockRef::from(&accepted.socket))
        {
            tracing::debug!(%error, "the options of a socket could not be set");
        }
        let requests = Requests {
            service: Arc::clone(&self.service),
            info: connection_info(&accepted),
            reserved: self
                .descriptors
                .is_reserved(&accepted.socket)
                .then_some(self.descriptors),
            redirect: (accepted.kind == ListenerKind::Redirect).then_some(self.redirect),
            hsts: settings.tls.hsts.map(hsts),
        };
        let connection = Connection {
            requests,
            reactor: Arc::clone(&self.reactor),
            proxy_protocol: (settings.proxy.proxy_protocol)
                .then(|| Arc::clone(&self.state.settings)),
            tls: (self.tls.clone()).filter(|_| accepted.kind == ListenerKind::Tls),
            request_timeout: settings.limits.request_timeout(),
            heartbeat: settings.heartbeat(),
            stall_timeout: settings.stall_timeout(),
            max_head: settings.limits.max_head(),
        };
        let (permits, stopped) = (self.permits.clone(), self.stopped.clone());
        tokio::spawn(connection.run(stopped, permits, accepted.socket));
    }
}

/// What is known of a connection when it is accepted.
fn connection_info(accepted: &Accepted) -> ConnectionInfo {
    ConnectionInfo {
        peer: accepted.peer,
        scheme: match accepted.kind {
            ListenerKind::Tls => Scheme::Https,
            ListenerKind::Plain | ListenerKind::Redirect => Scheme::Http,
        },
    }
}

/// The value of `Strict-Transport-Security` (RFC 6797, section 6.1).
fn hsts(seconds: u64) -> HeaderValue {
    // Can't fail: digits are allowed.
    HeaderValue::try_from(format!("max-age={seconds}")).unwrap_or(HeaderValue::from_static(""))
}

/// A time in which no connection can be accepted. It is logged once when it begins and once when it is over.
struct Outage {
    descriptors: DescriptorLimit,
    began: Option<Instant>,
    /// When recovery was last checked, which is not cheap.
    checked: Instant,
    /// A descriptor that is given up when there is no other, to accept one more connection.
    spare: Option<File>,
}

impl Outage {
    fn new(descriptors: DescriptorLimit) -> Self {
        let mut outage = Self {
            descriptors,
            began: None,
            checked: Instant::now(),
            spare: None,
        };
        outage.reserve_spare();
        outage
    }

    fn reserve_spare(&mut self) {
        if self.spare.is_none() {
            self.spare = File::open("/dev/null").ok();
        }
    }

    fn begin(&mut self, error: &io::Error, connections: usize) {
        if self.began.is_some() {
            return;
        }
        self.began = Some(Instant::now());
        if is_out_of_descriptors(error) {
            let limit = self.descriptors.limit();
            tracing::error!(
                %error, connections, limit,
                "out of file descriptors: new connections have to wait. Raise the limit: `ulimit -n`, or LimitNOFILE in a systemd unit"
            );
        } else {
            tracing::error!(%error, connections, "new connections can't be accepted");
        }
    }

    /// Ends the outage when enough descriptors are free again, so that it does not begin anew at once.
    fn check_recovery(&mut self, connections: usize) {
        let Some(began) = self.began else { return };
        if self.checked.elapsed() < RECOVERY_CHECK {
            return;
        }
        self.checked = Instant::now();
        if self.spare.is_some() && self.descriptors.has_recovered() {
            let seconds = began.elapsed().as_secs();
            tracing::info!(connections, seconds, "new connections are accepted again");
            self.began = None;
        }
    }
}

fn is_out_of_descriptors(error: &io::Error) -> bool {
    [Errno::MFILE, Errno::NFILE]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Whether the error concerns the connection that was to be accepted, and not the listening socket.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::ConnectionAborted | Kind::ConnectionReset | Kind::ConnectionRefused
    )
}
