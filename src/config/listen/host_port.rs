//! A host and a port to listen on.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

/// A host and a port to listen on. A port alone is the loopback interface, IPv4 and IPv6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    host: ListenHost,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum ListenHost {
    /// No host was named: 127.0.0.1 and `::1`.
    Loopback,
    /// An address.
    Address(IpAddr),
    /// A name, which is resolved when the server starts.
    Name(String),
}

impl HostPort {
    /// The port. 0: the system chooses one.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The addresses that are known without asking a resolver; none for a host name.
    pub fn known(&self) -> Vec<SocketAddr> {
        let with_port = |address| SocketAddr::new(address, self.port);
        match &self.host {
            ListenHost::Loopback => vec![
                with_port(Ipv4Addr::LOCALHOST.into()),
                with_port(Ipv6Addr::LOCALHOST.into()),
            ],
            ListenHost::Address(address) => vec![with_port(*address)],
            ListenHost::Name(_) => Vec::new(),
        }
    }

    /// All addresses, at least one. A host name is resolved, by `/etc/hosts` and DNS as the system is set up.
    pub async fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        let ListenHost::Name(name) = &self.host else {
            return Ok(self.known());
        };
        let mut addresses = Vec::new();
        for address in tokio::net::lookup_host((name.as_str(), self.port)).await? {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        match addresses.is_empty() {
            true => Err(io::Error::new(io::ErrorKind::NotFound, "it has no address")),
            false => Ok(addresses),
        }
    }
}

impl FromStr for HostPort {
    type Err = InvalidListenAddress;

    fn from_str(text: &str) -> Result<Self, InvalidListenAddress> {
        use InvalidListenAddress as Invalid;
        if text.contains('/') {
            return Err(Invalid::Url);
        }
        if text.parse::<Ipv6Addr>().is_ok() {
            return Err(Invalid::NoBrackets(text.to_owned()));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, port),
            None if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => ("", text),
            None => return Err(Invalid::NoPort(text.to_owned())),
        };
        let host = if host.is_empty() {
            ListenHost::Loopback
        } else if let Some(inside) = host.strip_prefix('[') {
            match inside.strip_suffix(']') {
                Some(address) => {
                    let address: Ipv6Addr = address.parse().map_err(|_| Invalid::Host)?;
                    ListenHost::Address(address.into())
                }
                // The last colon stands inside the brackets.
                None if port.ends_with(']') => return Err(Invalid::NoPort(text.to_owned())),
                None => return Err(Invalid::Host),
            }
        } else if let Ok(address) = host.parse::<Ipv4Addr>() {
            ListenHost::Address(address.into())
        } else if host.contains(':') {
            return Err(Invalid::NoBrackets(host.to_owned()));
        } else if is_name(host) {
            ListenHost::Name(host.to_owned())
        } else {
            return Err(Invalid::Host);
        };
        match port.bytes().all(|b| b.is_ascii_digit()) {
            true => Ok(Self {
                host,
                port: port.parse().map_err(|_| Invalid::Port)?,
            }),
            false => Err(Invalid::Port),
        }
    }
}

/// Whether this can be a host name. Digits and dots alone are a mistyped address.
fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    text.chars().all(allowed) && !text.chars().all(|c| c.is_ascii_digit() || c == '.')
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.port;
        match &self.host {
            ListenHost::Loopback => write!(f, ":{port}"),
            ListenHost::Address(address) => SocketAddr::new(*address, port).fmt(f),
            ListenHost::Name(name) => write!(f, "{name}:{port}"),
        }
    }
}

/// Why a text is no address to listen on, with an example of what would be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidListenAddress {
    /// A host without a port.
    #[error("there is no port: write {}:8020", if .0.is_empty() { "localhost" } else { .0 })]
    NoPort(String),
    /// An IPv6 address whose colons can't be told from the one before the port.
    #[error("an IPv6 address needs brackets: write [{0}]:8020")]
    NoBrackets(String),
    /// The port is not a number of 16 bits.
    #[error("the port must be a number from 0 to 65535, such as localhost:8020 (0: any free port)")]
    Port,
    /// A URL or a path.
    #[error(
        "this is a URL or a path: write a host and a port, such as localhost:8020, or unix: before the path of a socket"
    )]
    Url,
    /// `unix:` without a path.
    #[error("there is no path: write unix:/run/tidings.sock")]
    NoPath,
    /// `fd:` without a name.
    #[error("there is no name: write fd:NAME, or systemd for all sockets that systemd has passed")]
    NoName,
    /// Neither a name nor an address.
    #[error(
        "this is no host: write a name or an address and a port, such as localhost:8020, 127.0.0.1:8020 or [::1]:8020"
    )]
    Host,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<HostPort, InvalidListenAddress> {
        text.parse()
    }

    #[test]
    fn a_port_alone_is_the_loopback_interface() {
        for text in ["8020", ":8020"] {
            let known = parse(text).expect("an address").known();
            let known: Vec<_> = known.iter().map(ToString::to_string).collect();
            assert_eq!(known, ["127.0.0.1:8020", "[::1]:8020"]);
        }
    }

    #[test]
    fn addresses_and_names_are_taken() {
        for text in [
            "127.0.0.1:0",
            "0.0.0.0:80",
            "[::1]:8020",
            "localhost:8020",
            "push.example.org:1",
        ] {
            assert_eq!(parse(text).expect("an address").to_string(), text);
        }
    }

    #[test]
    fn an_error_says_what_would_be_right() {
        for (text, example) in [
            ("", "localhost:8020"),
            ("localhost", "localhost:8020"),
            ("127.0.0.1", "127.0.0.1:8020"),
            ("::1", "[::1]:8020"),
            ("[::1]", "[::1]:8020"),
            ("fe80::1:99999", "[fe80::1]:8020"),
            ("localhost:", "0 to 65535"),
            ("localhost:http", "0 to 65535"),
            ("localhost:99999", "0 to 65535"),
            ("99999", "0 to 65535"),
            ("http://localhost:8020", "localhost:8020"),
            ("a b:80", "localhost:8020"),
            ("1.2.3:80", "127.0.0.1:8020"),
            ("[x]:80", "[::1]:8020"),
        ] {
            let why = parse(text).expect_err(text).to_string();
            assert!(why.contains(example), "{text}: {why}");
        }
    }
}
