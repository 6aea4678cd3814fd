//! Ports for servers that keep their port when they are restarted.

use std::{
    net::{Ipv4Addr, TcpListener},
    sync::atomic::{AtomicU16, Ordering},
};

use anyhow::{Result, bail};

/// Below the ports that Linux gives to outgoing connections. One of these could take the port of a server that is down.
const FIRST: u16 = 10_000;
const COUNT: u16 = 22_000;

static TRIED: AtomicU16 = AtomicU16::new(0);

/// A port of the loopback address that nobody uses now, and that was not returned before.
pub fn free_port() -> Result<u16> {
    // Processes that run at the same time begin at different places.
    let offset = std::process::id().wrapping_mul(7_919) % u32::from(COUNT);
    for _ in 0..COUNT {
        let tried = TRIED.fetch_add(1, Ordering::Relaxed);
        let port = (offset + u32::from(tried)) % u32::from(COUNT);
        let port = FIRST + u16::try_from(port)?;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port is free")
}
