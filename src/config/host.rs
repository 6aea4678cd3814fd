//! Names of hosts and origins, as browsers write them in `Host` and `Origin`.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

/// A host name or address, with a port where one was named: the `authority` of RFC 3986, section 3.2,
/// without user information. Names are compared without regard to case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    name: String,
    port: Option<u16>,
}

impl Host {
    /// The name in lower case; an IPv6 address without its brackets.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port, where one was named.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether the name is one that only this machine answers to: `localhost` and the names below it
    /// (RFC 6761, section 6.3), 127.0.0.0/8 and `::1`. No DNS server has a say in these.
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
                // A final dot is the same name, written as the root of the DNS has it.
                let name = name.strip_suffix('.').unwrap_or(name);
                let allowed = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
                if name.is_empty() || !name.chars().all(allowed) {
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

/// A text that names no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a host is a name or an address with an optional port, such as push.example.org:8443")]
pub struct InvalidHost;

/// Where a page comes from (RFC 6454): `http` or `https`, its host and its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    secure: bool,
    host: Host,
}

impl Origin {
    /// Reads the header field `Origin`, or the part of a URL that is its origin. `null` is none.
    pub fn of_url(url: &str) -> Result<Self, InvalidOrigin> {
        let (scheme, rest) = url.split_once("://").ok_or(InvalidOrigin)?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(InvalidOrigin),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let mut host: Host = authority.parse().map_err(|_| InvalidOrigin)?;
        // As browsers write it: the port of the scheme is left out.
        host.port = host.port.filter(|port| *port != default_port(secure));
        Ok(Self { secure, host })
    }

    /// Whether a page of this origin and a request to `host` speak to the same server. The request
    /// does not say its scheme, so where it names no port the page's own scheme decides.
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

/// A text that is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an origin is a scheme and a host, such as https://www.example.org, without a path")]
pub struct InvalidOrigin;

/// Whose pages may read a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedOrigin {
    /// Everybody's: `*`.
    Any,
    /// Those of one origin.
    One(Origin),
}

impl AllowedOrigin {
    /// The one origin; none where every origin is meant.
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
    fn only_names_that_no_dns_server_decides_are_loopback() {
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
    fn what_is_not_a_host_is_refused() {
        for text in [
            "", ":80", "a b", "a/b", "user@a", "a:b", "a:99999", "[::1", "::1", "a:80:80", "a:+1",
        ] {
            assert_eq!(text.parse::<Host>(), Err(InvalidHost), "{text:?}");
        }
    }

    #[test]
    fn a_missing_port_is_the_one_of_the_scheme() {
        assert!(origin("http://a.example").is_at(&host("A.example:80")));
        assert!(origin("https://a.example").is_at(&host("a.example")));
        assert!(origin("https://a.example:443").is_at(&host("a.example")));
        assert!(origin("http://a.example:8020").is_at(&host("a.example:8020")));
        assert!(!origin("http://a.example:3000").is_at(&host("a.example:8020")));
        assert!(!origin("http://a.example").is_at(&host("a.example:8020")));
        assert!(!origin("http://b.example").is_at(&host("a.example")));
    }

    #[test]
    fn what_is_not_an_origin_is_refused() {
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
