//! The options of accepted sockets.

use std::{io, time::Duration};

use socket2::{SockRef, TcpKeepalive};
use tokio::task::coop::has_budget_remaining;

use crate::config::Settings;

/// Lets the kernel detect a peer that vanished: if the next ping is not acknowledged within a heartbeat, the
/// connection is closed. So the peer is gone within two heartbeats. The same holds for a peer that reads nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketOptions {
    heartbeat: Duration,
    stall_timeout: Duration,
}

impl SocketOptions {
    /// Those of the settings.
    pub fn of(settings: &Settings) -> Self {
        Self {
            heartbeat: settings.heartbeat(),
            stall_timeout: settings.stall_timeout(),
        }
    }

    /// Sets them.
    pub fn set(&self, socket: &SockRef<'_>) -> io::Result<()> {
        socket.set_tcp_nodelay(true)?;
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(Some(self.stall_timeout))?;
        socket.set_tcp_keepalive(
            &TcpKeepalive::new()
                .with_time(self.heartbeat)
                .with_interval(self.stall_timeout),
        )
    }
}

/// Whether the sockets that a listener accepts have inherited its options. Those that arrived before they were set have not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inheritance {
    /// The listener has no options.
    #[default]
    None,
    /// They were set, and no socket was accepted since then.
    Set,
    /// A socket was accepted since then.
    Accepting,
    /// No socket waits that is older than the options.
    Complete,
}

impl Inheritance {
    /// After options were set.
    pub fn after_change() -> Self {
        Self::Set
    }

    /// Notes whether a socket was accepted, or none waits. Returns whether it has inherited the options.
    pub fn note(&mut self, accepted: bool) -> bool {
        let has_options = *self == Self::Complete;
        *self = match (*self, accepted) {
            (Self::Set, true) => Self::Accepting,
            // Before a socket was accepted, tokio may not know yet that one waits. Without a budget it has not looked.
            (Self::Accepting, false) if has_budget_remaining() => Self::Complete,
            (same, _) => same,
        };
        has_options
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use tokio::net::{TcpListener, TcpStream};

    use super::{super::Listeners, *};

    fn options(stall_timeout: u64) -> SocketOptions {
        SocketOptions {
            heartbeat: Duration::from_secs(7),
            stall_timeout: Duration::from_secs(stall_timeout),
        }
    }

    #[tokio::test]
    async fn sockets_inherit_the_options_that_hold_when_they_arrive() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let connect = || async move { TcpStream::connect(address).await.expect("connected") };
        let mut listeners = Listeners::from(listener);
        let _early = connect().await;
        listeners.set_options(options(5));
        let accepted = listeners.accept().await.expect("accepted");
        assert!(!accepted.has_options, "it arrived before");
        // Each is accepted before the next one arrives. The first one after a change could be older than the change.
        let rounds = [(None, true), (None, true), (Some(6), false), (None, true)];
        let mut timeout = 5;
        for (change, has_options) in rounds {
            if let Some(change) = change {
                listeners.set_options(options(change));
                timeout = change;
            }
            let (accepted, _peer) = tokio::join!(listeners.accept(), connect());
            let accepted = accepted.expect("accepted");
            assert_eq!(accepted.has_options, has_options);
            let socket = SockRef::from(&accepted.socket);
            assert!(socket.tcp_nodelay().expect("readable"));
            assert!(socket.keepalive().expect("readable"));
            let ahead = socket.tcp_keepalive_time().expect("readable");
            assert_eq!(ahead, Duration::from_secs(7));
            let stall = socket.tcp_user_timeout().expect("readable");
            assert_eq!(stall, Some(Duration::from_secs(timeout)));
        }
    }
}
