//! The connections between nats-servers. Each goes through a proxy, which can hold it back.

use std::{collections::BTreeMap, net::SocketAddr};

use anyhow::Result;

use crate::proxy::Proxy;

/// The proxies between all pairs of servers.
pub struct Routes {
    /// By the server that connects and the server that it connects to.
    proxies: BTreeMap<(usize, usize), Proxy>,
}

impl Routes {
    /// Proxies between servers with these ports for routes.
    pub fn between(ports: impl IntoIterator<Item = u16>) -> Result<Self> {
        let ports: Vec<u16> = ports.into_iter().collect();
        let mut proxies = BTreeMap::new();
        for from in 0..ports.len() {
            for (to, port) in ports.iter().enumerate().filter(|(to, _)| *to != from) {
                proxies.insert((from, to), Proxy::to(*port)?);
            }
        }
        Ok(Self { proxies })
    }

    /// The addresses to which a server connects to reach the others.
    pub fn of(&self, server: usize) -> Vec<SocketAddr> {
        let proxies = self.proxies.iter().filter(|((from, _), _)| *from == server);
        proxies.map(|(_, proxy)| proxy.address()).collect()
    }

    /// Opens or closes all routes of a server.
    pub fn set_open(&self, server: usize, open: bool) {
        let proxies = self.proxies.iter();
        for (_, proxy) in proxies.filter(|((from, to), _)| [*from, *to].contains(&server)) {
            proxy.set_open(open);
        }
    }
}
