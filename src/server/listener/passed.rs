//! Sockets that systemd has opened and passed to the process (`sd_listen_fds(3)`).

use std::os::fd::OwnedFd;

use socket2::{Domain, Socket, Type};
use tokio::net::{TcpListener, UnixListener};

use super::listening_socket::ListeningSocket;

/// The passed sockets that are not used yet. They can be taken from the environment only once.
#[derive(Default)]
pub struct PassedSockets(Option<Vec<(String, OwnedFd)>>);

impl PassedSockets {
    /// Takes the sockets with this name, or all that are left.
    pub fn take(&mut self, name: Option<&str>) -> Result<Vec<ListeningSocket>, String> {
        let sockets = match &mut self.0 {
            Some(sockets) => sockets,
            none => none.insert(read()?),
        };
        if sockets.is_empty() {
            return Err("systemd has passed no socket, or all are used".to_owned());
        }
        let (mut taken, mut left, mut names) = (Vec::new(), Vec::new(), Vec::new());
        for (of_this, socket) in sockets.drain(..) {
            match name.is_none_or(|name| name == of_this) {
                true => taken.push(listening(&of_this, socket)?),
                false => {
                    names.push(of_this.clone());
                    left.push((of_this, socket));
                }
            }
        }
        *sockets = left;
        match taken.is_empty() {
            true => Err(format!(
                "systemd has passed only the names {}",
                names.join(", ")
            )),
            false => Ok(taken),
        }
    }
}

fn read() -> Result<Vec<(String, OwnedFd)>, String> {
    let sockets = sd_listen_fds::get().map_err(|error| error.to_string())?;
    let sockets = sockets.into_iter();
    // The name that systemd gives where none is set.
    let named = |name: Option<String>| name.unwrap_or_else(|| "unknown".to_owned());
    Ok(sockets
        .map(|(name, socket)| (named(name), socket.into_std()))
        .collect())
}

fn listening(name: &str, socket: OwnedFd) -> Result<ListeningSocket, String> {
    let failed = |why: &dyn std::fmt::Display| format!("the passed socket {name}: {why}");
    let socket = Socket::from(socket);
    let kind = socket.r#type().map_err(|error| failed(&error))?;
    let listens = socket.is_listener().map_err(|error| failed(&error))?;
    if kind != Type::STREAM || !listens {
        return Err(failed(&"it is not a listening socket of streams"));
    }
    socket.set_cloexec(true).map_err(|error| failed(&error))?;
    socket
        .set_nonblocking(true)
        .map_err(|error| failed(&error))?;
    let domain = socket.domain().map_err(|error| failed(&error))?;
    let opened = match domain {
        Domain::UNIX => UnixListener::from_std(OwnedFd::from(socket).into()).map(|listener| {
            ListeningSocket::Unix {
                listener,
                file: None,
            }
        }),
        _ => TcpListener::from_std(OwnedFd::from(socket).into()).map(ListeningSocket::Tcp),
    };
    opened.map_err(|error| failed(&error))
}
