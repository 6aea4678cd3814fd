//! The ports of the servers.

use anyhow::Result;

use crate::port::free_port;

/// The ports of one server.
#[derive(Clone, Copy)]
pub struct Ports {
    pub client: u16,
    pub cluster: u16,
    pub monitor: u16,
}

/// With a first port, the other ports are the usual ones for NATS: 2000 and 4000 above.
pub fn choose(count: usize, first: Option<u16>) -> Result<Vec<Ports>> {
    let ports = (0..u16::try_from(count)?).map(|number| match first {
        Some(first) => Ok(Ports {
            client: first + number,
            cluster: first + 2_000 + number,
            monitor: first + 4_000 + number,
        }),
        None => Ok(Ports {
            client: free_port()?,
            cluster: free_port()?,
            monitor: free_port()?,
        }),
    });
    ports.collect()
}
