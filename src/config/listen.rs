//! Where the server listens: `--listen` and the like.

mod host_port;

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr};

use clap::Args;

pub use host_port::{HostPort, InvalidListenAddress};

/// Where the server listens, and how its Unix sockets are made.
#[derive(Clone, Debug, Args)]
pub struct ListenSettings {
    /// Host and port to listen on, such as 127.0.0.1:8020, [::1]:8020 or localhost:8020. A name is resolved, and the
    /// server listens on all its addresses. A port alone (8020 or :8020) means the loopback addresses 127.0.0.1 and
    /// ::1. An address that other machines can reach needs an admin token. `unix:/run/tidings.sock` is a Unix socket.
    /// `systemd` means all sockets that systemd has passed, `fd:NAME` those with this name (FileDescriptorName). Repeat
    /// the flag or separate addresses with commas.
    #[arg(
        long,
        default_value = "127.0.0.1:8020",
        value_delimiter = ',',
        value_name = "ADDRESS"
    )]
    pub listen: Vec<ListenAddress>,

    /// Permissions of Unix sockets, in octal digits. A client needs the permission to write.
    #[arg(long, default_value = "660", value_name = "MODE", value_parser = mode)]
    pub unix_socket_mode: u32,

    /// Group of Unix sockets: a name of /etc/group, or a number. Default: the group of the server.
    #[arg(long, value_name = "GROUP")]
    pub unix_socket_group: Option<String>,
}

fn mode(text: &str) -> Result<u32, String> {
    match u32::from_str_radix(text, 8) {
        Ok(mode) if mode <= 0o777 => Ok(mode),
        _ => Err("write three octal digits, such as 660".to_owned()),
    }
}

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    /// A TCP port.
    Tcp(HostPort),
    /// A Unix socket with this path.
    Unix(PathBuf),
    /// Sockets that systemd has passed: all, or those with this name.
    Passed(Option<String>),
}

impl ListenAddress {
    /// The addresses that are known without asking a resolver; none for a host name and for sockets without addresses.
    pub fn known(&self) -> Vec<SocketAddr> {
        match self {
            Self::Tcp(address) => address.known(),
            Self::Unix(_) | Self::Passed(_) => Vec::new(),
        }
    }
}

impl FromStr for ListenAddress {
    type Err = InvalidListenAddress;

    fn from_str(text: &str) -> Result<Self, InvalidListenAddress> {
        if let Some(path) = text.strip_prefix("unix:") {
            return match path.is_empty() {
                true => Err(InvalidListenAddress::NoPath),
                false => Ok(Self::Unix(path.into())),
            };
        }
        if let Some(name) = text.strip_prefix("fd:") {
            return match name.is_empty() {
                true => Err(InvalidListenAddress::NoName),
                false => Ok(Self::Passed(Some(name.to_owned()))),
            };
        }
        match text {
            "systemd" => Ok(Self::Passed(None)),
            _ => text.parse().map(Self::Tcp),
        }
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Passed(None) => f.write_str("systemd"),
            Self::Passed(Some(name)) => write!(f, "fd:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_without_ports_are_taken() {
        for text in [
            "unix:/run/tidings.sock",
            "systemd",
            "fd:web",
            "127.0.0.1:80",
        ] {
            let address: ListenAddress = text.parse().expect("an address");
            assert_eq!(address.to_string(), text);
        }
        for text in ["unix:", "fd:", "unix", "/run/tidings.sock"] {
            assert!(text.parse::<ListenAddress>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_mode_of_a_socket_is_octal() {
        assert_eq!(mode("660"), Ok(0o660));
        assert!(mode("888").is_err() && mode("7777").is_err() && mode("rw").is_err());
    }
}
