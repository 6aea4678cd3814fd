//! How users reach the server if there is a proxy before it: `--public-url`, `--trusted-proxy` and `--proxy-protocol`.

use std::{fmt, net::IpAddr, str::FromStr};

use clap::Args;

use super::{Host, MERCURE_PATH, METADATA_PATH, Origin};

/// Paths of this server that no public URL may begin with: a request for one of them would have two meanings. `/push`
/// is not among them, because its two meanings can be told apart.
const OWN_PATHS: [&str; 44] = [
    MERCURE_PATH,
    METADATA_PATH,
    "/ack",
    "/admin",
    "/api/access",
    "/api/account",
    "/api/audience",
    "/api/audit",
    "/api/backup",
    "/api/clients",
    "/api/diagnosis",
    "/api/hooks",
    "/api/jobs",
    "/api/keys",
    "/api/limits",
    "/api/lists",
    "/api/messages",
    "/api/nodes",
    "/api/people",
    "/api/roles",
    "/api/scheduled",
    "/api/session",
    "/api/sessions",
    "/api/stats",
    "/api/templates",
    "/api/tokens",
    "/api/topics",
    "/docs",
    "/favicon.ico",
    "/favicon.svg",
    "/health",
    "/icon-192.png",
    "/icon-512.png",
    "/icon-maskable-512.png",
    "/jobs",
    "/manifest.webmanifest",
    "/metrics",
    "/openapi.json",
    "/pkg",
    "/robots.txt",
    "/sse",
    "/tidings.d.ts",
    "/tidings.js",
    "/try",
];

/// How users reach the server if there is a proxy before it.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Proxy")]
pub struct ProxySettings {
    /// URL at which users find this server, such as https://push.example.org or https://example.org/push. Links,
    /// cookies, examples and the description of the API use it. Behind a path, the proxy may remove the path or not: the
    /// server accepts both. The paths of the server itself, such as /admin, can't be used.
    #[arg(long, value_name = "URL")]
    pub public_url: Option<PublicUrl>,

    /// Address or network of a proxy, such as 10.0.0.7, 10.0.0.0/8, ::1 or `unix` for Unix sockets. From these peers
    /// only, `Forwarded` and `X-Forwarded-For`, `-Proto` and `-Host` say who sent a request and how. The proxy must set
    /// them. Repeat the flag or separate networks with commas.
    #[arg(long, value_delimiter = ',', value_name = "NETWORK")]
    pub trusted_proxy: Vec<TrustedPeer>,

    /// Expect the PROXY protocol (version 1 or 2) at the begin of each connection. Needs `--trusted-proxy`: connections
    /// from other peers, and connections without the header, are closed.
    #[arg(long, action = clap::ArgAction::Set, default_value_t = false, default_missing_value = "true",
          num_args = 0..=1, require_equals = true, hide_possible_values = true, hide_default_value = true,
          value_name = "true|false")]
    pub proxy_protocol: bool,
}

impl ProxySettings {
    /// The path of the public URL, without a slash at its end. Empty if there is none.
    pub fn path(&self) -> &str {
        self.public_url.as_ref().map_or("", PublicUrl::path)
    }

    /// Whether the fields of this peer count that say who sent a request. `None`: a Unix socket.
    pub fn trusts(&self, peer: Option<IpAddr>) -> bool {
        self.trusted_proxy
            .iter()
            .any(|trusted| trusted.contains(peer))
    }
}

/// The URL at which users find the server: scheme, host, and a path that may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    origin: Origin,
    host: Host,
    path: String,
}

impl PublicUrl {
    /// Its path, without a slash at its end.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its host, with the port if it is not the default of the scheme.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Whether its scheme is `https`.
    pub fn is_https(&self) -> bool {
        self.origin.is_https()
    }
}

impl FromStr for PublicUrl {
    type Err = InvalidPublicUrl;

    fn from_str(text: &str) -> Result<Self, InvalidPublicUrl> {
        use InvalidPublicUrl as Invalid;
        let (scheme, rest) = text.split_once("://").ok_or(Invalid::Scheme)?;
        if !["http", "https"].contains(&scheme.to_ascii_lowercase().as_str()) {
            return Err(Invalid::Scheme);
        }
        for (mark, what) in [('?', "a query"), ('#', "a fragment")] {
            if rest.contains(mark) {
                return Err(Invalid::Part(what));
            }
        }
        let (authority, path) = match rest.split_once('/') {
            Some((authority, path)) => (authority, path),
            None => (rest, ""),
        };
        if authority.contains('@') {
            return Err(Invalid::Part("a user name"));
        }
        let origin = Origin::of_url(text).map_err(|_| Invalid::Host)?;
        let path = path.strip_suffix('/').unwrap_or(path);
        if !path.is_empty() && !path.split('/').all(is_segment) {
            return Err(Invalid::Path);
        }
        let path = match path {
            "" => String::new(),
            path => format!("/{path}"),
        };
        match own_path(&path) {
            Some(own) => Err(Invalid::Own(own)),
            None => Ok(Self {
                host: origin.host().clone(),
                origin,
                path,
            }),
        }
    }
}

/// Whether this is a plain segment of a path: the unreserved characters of RFC 3986, section 2.3, and not `.` or `..`.
fn is_segment(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    !matches!(text, "" | "." | "..") && text.chars().all(plain)
}

/// The path of the server that this one can be taken for.
fn own_path(path: &str) -> Option<&'static str> {
    let below = |long: &str, short: &str| {
        long.strip_prefix(short)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mut own = OWN_PATHS.into_iter();
    match path {
        "" => None,
        "/push/batch" => Some("/push/batch"),
        path => own.find(|own| below(path, own) || below(own, path)),
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)
    }
}

/// Why a text is no public URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPublicUrl {
    /// There is no scheme, or another one.
    #[error("it must begin with https:// or http://, such as https://example.org/push")]
    Scheme,
    /// It has a part that the URL of a server can't have.
    #[error("it has {0}: write scheme, host and path only, such as https://example.org/push")]
    Part(&'static str),
    /// The host is not valid.
    #[error(
        "its host must be a name or an address with an optional port, such as push.example.org:8443"
    )]
    Host,
    /// The path is not plain.
    #[error(
        "its path must have only letters, digits and -._~ between single slashes, and no .. or .: such as /push"
    )]
    Path,
    /// The path is one of the server itself.
    #[error("the server itself has the path {0}: choose another one, such as /push")]
    Own(&'static str),
}

/// A peer whose fields about the sender of a request count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustedPeer {
    /// All addresses that begin with these bits.
    Network {
        /// An address of the network.
        address: IpAddr,
        /// How many of its first bits count.
        bits: u8,
    },
    /// Whoever may connect to a Unix socket of the server.
    Unix,
}

impl TrustedPeer {
    /// Whether it contains a peer. `None`: a Unix socket.
    pub fn contains(&self, peer: Option<IpAddr>) -> bool {
        match (self, peer.map(|peer| peer.to_canonical())) {
            (Self::Unix, None) => true,
            (Self::Network { address, bits }, Some(peer)) => match (address, peer) {
                (IpAddr::V4(network), IpAddr::V4(peer)) => {
                    same_start(network.to_bits().into(), peer.to_bits().into(), 32, *bits)
                }
                (IpAddr::V6(network), IpAddr::V6(peer)) => {
                    same_start(network.to_bits(), peer.to_bits(), 128, *bits)
                }
                _ => false,
            },
            _ => false,
        }
    }
}

/// Whether two numbers of `size` bits have the same first `bits`.
fn same_start(one: u128, other: u128, size: u8, bits: u8) -> bool {
    let ignored = u32::from(size - bits);
    let differing = one ^ other;
    differing.checked_shr(ignored).is_none_or(|rest| rest == 0)
}

impl FromStr for TrustedPeer {
    type Err = InvalidTrustedPeer;

    fn from_str(text: &str) -> Result<Self, InvalidTrustedPeer> {
        if text == "unix" {
            return Ok(Self::Unix);
        }
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| InvalidTrustedPeer)?;
        let size = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => size,
            Some(bits) if bits.bytes().all(|b| b.is_ascii_digit()) => {
                bits.parse().map_err(|_| InvalidTrustedPeer)?
            }
            Some(_) => return Err(InvalidTrustedPeer),
        };
        match bits <= size {
            true => Ok(Self::Network { address, bits }),
            false => Err(InvalidTrustedPeer),
        }
    }
}

impl fmt::Display for TrustedPeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network { address, bits } => write!(f, "{address}/{bits}"),
            Self::Unix => f.write_str("unix"),
        }
    }
}

/// The text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write an address or a network, such as 10.0.0.7, 10.0.0.0/8 or fd00::/8, or `unix`")]
pub struct InvalidTrustedPeer;

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Result<PublicUrl, InvalidPublicUrl> {
        text.parse()
    }

    #[test]
    fn a_public_url_has_a_scheme_a_host_and_a_plain_path() {
        for (text, shown, path) in [
            ("https://push.example.org", "https://push.example.org", ""),
            ("https://push.example.org/", "https://push.example.org", ""),
            (
                "https://Example.org:443/push/",
                "https://example.org/push",
                "/push",
            ),
            (
                "http://localhost:8080/a/b-c.d~e_f",
                "http://localhost:8080/a/b-c.d~e_f",
                "/a/b-c.d~e_f",
            ),
            (
                "https://[2001:db8::1]/api/tidings",
                "https://[2001:db8::1]/api/tidings",
                "/api/tidings",
            ),
        ] {
            let url = url(text).expect(text);
            assert_eq!((url.to_string().as_str(), url.path()), (shown, path));
        }
    }

    #[test]
    fn a_url_that_can_not_be_the_place_of_a_server_is_refused_with_the_reason() {
        for (text, why) in [
            ("", "https://"),
            ("example.org/push", "https://"),
            ("ftp://example.org", "https://"),
            ("https://", "host"),
            ("https:///push", "host"),
            ("https://user@example.org", "a user name"),
            ("https://user:secret@example.org/push", "a user name"),
            ("https://example.org/push?x=1", "a query"),
            ("https://example.org?x", "a query"),
            ("https://example.org/push#x", "a fragment"),
            ("https://example.org/../push", ".."),
            ("https://example.org/a/./b", "no .. or ."),
            ("https://example.org//push", "single slashes"),
            ("https://example.org/push//", "single slashes"),
            ("https://example.org/a%2Fb", "letters, digits"),
            ("https://example.org/a b", "letters, digits"),
            ("https://example.org/admin", "/admin"),
            ("https://example.org/jobs/a", "/jobs"),
            ("https://example.org/api", "/api/access"),
            ("https://example.org/push/batch", "/push/batch"),
        ] {
            let error = url(text).expect_err(text).to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_network_contains_the_addresses_that_begin_like_it() {
        let contains = |network: &str, peer: &str| {
            let network: TrustedPeer = network.parse().expect(network);
            network.contains(Some(peer.parse().expect(peer)))
        };
        assert!(contains("10.0.0.0/8", "10.255.0.1"));
        assert!(!contains("10.0.0.0/8", "11.0.0.1"));
        assert!(contains("192.0.2.7", "192.0.2.7") && !contains("192.0.2.7", "192.0.2.6"));
        assert!(contains("0.0.0.0/0", "192.0.2.7") && !contains("0.0.0.0/0", "2001:db8::1"));
        assert!(contains("::/0", "2001:db8::1"));
        assert!(contains("2001:db8::/33", "2001:db8:7fff::1"));
        assert!(!contains("2001:db8::/33", "2001:db8:8000::1"));
        assert!(
            contains("127.0.0.1", "::ffff:127.0.0.1"),
            "the same address"
        );
        let unix: TrustedPeer = "unix".parse().expect("a peer");
        assert!(unix.contains(None) && !unix.contains(Some(IpAddr::from([127, 0, 0, 1]))));
        assert!(
            !"0.0.0.0/0"
                .parse::<TrustedPeer>()
                .expect("a network")
                .contains(None)
        );
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0.0/8/8",
            "localhost",
            "10.0.0",
        ] {
            assert_eq!(
                text.parse::<TrustedPeer>(),
                Err(InvalidTrustedPeer),
                "{text}"
            );
        }
    }
}
