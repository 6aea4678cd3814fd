//! The way of one node to the nats-servers, which can be cut.

use anyhow::Result;

use crate::{nats_servers::NatsServers, proxy::Proxy};

/// Addresses of nats-servers for one node. Everything that passes there can be held back, while others reach the servers.
pub struct NatsLink(Vec<Proxy>);

impl NatsServers {
    /// A way to all servers of its own.
    pub fn link(&self) -> Result<NatsLink> {
        let proxies = self.ports().map(Proxy::to);
        Ok(NatsLink(proxies.collect::<Result<_>>()?))
    }
}

impl NatsLink {
    /// The URLs of the servers on this way, separated by commas.
    pub fn url_list(&self) -> String {
        let url = |proxy: &Proxy| format!("nats://{}", proxy.address());
        self.0.iter().map(url).collect::<Vec<_>>().join(",")
    }

    /// Holds back all that passes. Neither side gets an error, as in a network that is cut.
    pub fn cut(&self) {
        self.0.iter().for_each(|proxy| proxy.set_open(false));
    }

    /// Passes on what [`NatsLink::cut`] has held back, and all that follows.
    pub fn mend(&self) {
        self.0.iter().for_each(|proxy| proxy.set_open(true));
    }
}
