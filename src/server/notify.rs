//! Tells a service manager such as systemd how the server is (sd_notify(3)): a datagram of lines `NAME=VALUE`.

use std::{
    ffi::OsString,
    io,
    os::unix::{
        ffi::OsStrExt,
        net::{SocketAddr, UnixDatagram},
    },
    sync::Arc,
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};

use crate::{broker::Broker, config::ServiceManager};

/// How often the status line is written.
const STATUS_INTERVAL: Duration = Duration::from_secs(10);

/// Sends messages to the service manager. Does nothing without one.
#[derive(Debug, Default)]
pub struct Notifier {
    target: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl Notifier {
    /// A notifier for this manager. A socket that can't be used is logged, and nothing is sent.
    pub fn new(manager: ServiceManager) -> Self {
        let target = manager.socket.and_then(|name| {
            open(&name)
                .inspect_err(|error| {
                    tracing::warn!(%error, "the service manager can't be told: NOTIFY_SOCKET {}", name.display());
                })
                .ok()
        });
        Self {
            watchdog: manager.watchdog.filter(|_| target.is_some()),
            target,
        }
    }

    /// The server listens.
    pub fn ready(&self) {
        self.send("READY=1");
    }

    /// The server reads its settings again. [`Self::ready`] ends that.
    pub fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        let micros = now.tv_sec * 1_000_000 + now.tv_nsec / 1_000;
        self.send(&format!("RELOADING=1\nMONOTONIC_USEC={micros}"));
    }

    /// The server shuts down.
    pub fn stopping(&self) {
        self.send("STOPPING=1\nSTATUS=shutting down");
    }

    /// Tells the status and feeds the watchdog while the writer of the log answers. Ends never.
    pub async fn watch(self: Arc<Self>, broker: Arc<Broker>) {
        if self.target.is_none() {
            return std::future::pending().await;
        }
        let period = self.watchdog.map_or(STATUS_INTERVAL, |time| time / 2);
        let mut status = String::new();
        let mut ticks = tokio::time::interval(period.min(STATUS_INTERVAL));
        loop {
            ticks.tick().await;
            // Without an answer nothing is sent, and the manager ends the process.
            if self.watchdog.is_some() && broker.log().ping().await {
                self.send("WATCHDOG=1");
            }
            let size = broker.registry().size();
            let now = format!(
                "STATUS={} streams, {} clients",
                size.connections, size.clients
            );
            if now != status {
                self.send(&now);
                status = now;
            }
        }
    }

    fn send(&self, message: &str) {
        if let Some((socket, address)) = &self.target
            && let Err(error) = socket.send_to_addr(message.as_bytes(), address)
        {
            tracing::debug!(%error, "the service manager could not be told: {message}");
        }
    }
}

fn open(name: &OsString) -> io::Result<(UnixDatagram, SocketAddr)> {
    let address = match name.as_bytes() {
        #[cfg(target_os = "linux")]
        [b'@', abstract_name @ ..] => {
            use std::os::linux::net::SocketAddrExt;
            SocketAddr::from_abstract_name(abstract_name)?
        }
        _ => SocketAddr::from_pathname(name)?,
    };
    let socket = UnixDatagram::unbound()?;
    // A manager that does not read must not block the server.
    socket.set_nonblocking(true)?;
    Ok((socket, address))
}
