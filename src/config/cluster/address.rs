//! The addresses in the settings of a cluster.

use std::{fmt, str::FromStr};

use crate::config::Host;

/// The address of a NATS server: `nats://host:port` or `tls://host:port`, without user and password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NatsServer(String);

impl FromStr for NatsServer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let authority = ["nats://", "tls://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme))
            .ok_or("must start with nats:// or tls://")?;
        if authority.contains('@') {
            return Err(
                "must not contain a user or a password, which every user of the machine could see: set --cluster-user with --cluster-password-file, --cluster-creds or --cluster-nkey",
            );
        }
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        match authority.parse::<Host>() {
            Ok(_) => Ok(Self(text.strip_suffix('/').unwrap_or(text).to_owned())),
            Err(_) => Err("must be like nats://host:4222"),
        }
    }
}

impl NatsServer {
    /// The address as a URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NatsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The address of the HTTP monitoring of a NATS server: `http://host:port`, without a final slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonitorUrl(String);

impl FromStr for MonitorUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let host = text.strip_prefix("http://").map(str::parse::<Host>);
        match host {
            Some(Ok(_)) => Ok(Self(text.to_owned())),
            _ => Err("must be like http://host:8222"),
        }
    }
}

impl MonitorUrl {
    /// The address as a URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The URL of a node: `http://` or `https://` with a host, without a final slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdvertisedUrl(String);

impl FromStr for AdvertisedUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let authority = ["http://", "https://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme));
        match authority.map(str::parse::<Host>) {
            Some(Ok(_)) => Ok(Self(text.to_owned())),
            _ => Err("must be like https://host or http://host:8020"),
        }
    }
}

impl AdvertisedUrl {
    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
