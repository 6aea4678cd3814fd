//! Hosts and origins, as in the header fields `Host` and `Origin`.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

/// A host name or address, with an optional port: the `authority` of RFC 3986, section 3.2, without user information.
/// Names are case-insensitive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    name: String,
    port: Option<u16>,
}

impl Host {
    /// The name in lower case. An IPv6 address has no brackets.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port, if there is one.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether the name always means the local machine, whatever a DNS server answers: `localhost` and the names below
    /// it (RFC 6761, section 6.3), 127.0.0.0/8 and `::1`.
    pub fn is_loopback(&self) -> bool {
        match self.name.parse::<IpAddr>() {
            Ok(address) => address.to_canonical().is_loopback(),
            Err(_) => self.name == "localhost" || self.name.ends_with(".localhost"),
        }
    }
}

impl FromStr for Host {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        let (name, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, port) = rest.split_once(']').ok_or(InvalidHost)?;
                let address: Ipv6Addr = address.parse().map_err(|_| InvalidHost)?;
                (address.to_string(), port)
            }
            None => {
                let end = text.find(':').unwrap_or(text.len());
                let (name, port) = text.split_at(end);
                // A final dot marks an absolute DNS name. It is the same host.
                let name = name.strip_suffix('.').unwrap_or(name);
                let allowed = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
                let has_empty_label = name.split('.').any(str::is_empty);
                if has_empty_label || !name.chars().all(allowed) {
                    return Err(InvalidHost);
                }
                (name.to_ascii_lowercase(), port)
            }
        };
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => None,
            Some("") => None,
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
                Some(digits.parse().map_err(|_| InvalidHost)?)
            }
            _ => return Err(InvalidHost),
        };
        Ok(Self { name, port })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.contains(':') {
            true => write!(f, "[{}]", self.name)?,
            false => f.write_str(&self.name)?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// The text is not a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a host must be a name or an address with an optional port, such as push.example.org:8443")]
pub struct InvalidHost;

/// The origin of a page (RFC 6454): scheme (`http` or `https`), host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    secure: bool,
    host: Host,
}

impl Origin {
    /// Parses the header field `Origin`, or the origin of a URL. `null` is refused.
    pub fn of_url(url: &str) -> Result<Self, InvalidOrigin> {
        let (scheme, rest) = url.split_once("://").ok_or(InvalidOrigin)?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(InvalidOrigin),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let mut host: Host = authority.parse().map_err(|_| InvalidOrigin)?;
        // Browsers leave out the default port of the scheme.
        host.port = host.port.filter(|port| *port != default_port(secure));
        Ok(Self { secure, host })
    }

    /// Whether its scheme is `https`.
    pub fn is_https(&self) -> bool {
        self.secure
    }

    /// Its host, with the port if it is not the default of the scheme.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Whether a page of this origin comes from the server at `host`. A `Host` header has no scheme. If it has no port
    /// either, the default port of the origin's scheme is assumed.
    pub fn is_at(&self, host: &Host) -> bool {
        let default = default_port(self.secure);
        self.host.name == host.name
            && self.host.port.unwrap_or(default) == host.port.unwrap_or(default)
    }
}

fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let origin = Self::of_url(text)?;
        match text.matches('/').count() {
            2 if !text.contains(['?', '#']) => Ok(origin),
            _ => Err(InvalidOrigin),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.host)
    }
}

/// The text is not an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an origin must be a scheme and a host without a path, such as https://www.example.org")]
pub struct InvalidOrigin;

/// An origin whose pages may open streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedOrigin {
    /// `*`: every origin.
    Any,
    /// One origin.
    One(Origin),
}

impl AllowedOrigin {
    /// The one origin; `None` for every origin.
    pub fn named(&self) -> Option<&Origin> {
        match self {
            Self::Any => None,
            Self::One(origin) => Some(origin),
        }
    }
}

impl FromStr for AllowedOrigin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        match text {
            "*" => Ok(Self::Any),
            text => text.parse().map(Self::One),
        }
    }
}

impl fmt::Display for AllowedOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::One(origin) => origin.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Host {
        text.parse().expect("a host")
    }

    fn origin(text: &str) -> Origin {
        text.parse().expect("an origin")
    }

    #[test]
    fn only_names_of_the_local_machine_are_loopback() {
        for text in [
            "localhost",
            "LOCALHOST:8020",
            "localhost.",
            "a.localhost",
            "127.0.0.1:1",
        ] {
            assert!(host(text).is_loopback(), "{text}");
        }
        assert!(host("127.9.9.9").is_loopback() && host("[::1]:8020").is_loopback());
        assert!(host("[::ffff:127.0.0.1]").is_loopback());
        for text in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "0.0.0.0",
        ] {
            assert!(!host(text).is_loopback(), "{text}");
        }
        assert!(!host("notlocalhost").is_loopback() && !host("[::2]").is_loopback());
    }

    #[test]
    fn invalid_hosts_are_refused() {
        for text in [
            "", ":80", "a b", "a/b", "user@a", "a:b", "a:99999", "[::1", "::1", "a:80:80", "a:+1",
            ".", "a..", "a..b", ".a",
        ] {
            assert_eq!(text.parse::<Host>(), Err(InvalidHost), "{text:?}");
        }
    }

    #[test]
    fn a_missing_port_is_the_default_of_the_scheme() {
        assert!(origin("http://a.example").is_at(&host("A.example:80")));
        assert!(origin("https://a.example").is_at(&host("a.example")));
        assert!(origin("https://a.example:443").is_at(&host("a.example")));
        assert!(origin("http://a.example:8020").is_at(&host("a.example:8020")));
        assert!(!origin("http://a.example:3000").is_at(&host("a.example:8020")));
        assert!(!origin("http://a.example").is_at(&host("a.example:8020")));
        assert!(!origin("http://b.example").is_at(&host("a.example")));
    }

    #[test]
    fn invalid_origins_are_refused() {
        for text in [
            "",
            "null",
            "a.example",
            "ftp://a",
            "http://",
            "http://a/",
            "http://a?b",
            "http://u@a",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(InvalidOrigin), "{text:?}");
        }
        assert_eq!(Origin::of_url("http://a/b?c#d"), Ok(origin("http://a")));
        assert_eq!("*".parse(), Ok(AllowedOrigin::Any));
        assert_eq!(origin("https://a:443").to_string(), "https://a");
        assert_eq!(
            origin("HTTPS://A.example:1").to_string(),
            "https://a.example:1"
        );
    }
}
