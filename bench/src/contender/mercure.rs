//! Mercure's hub, version 0.24. Its default transport is Bolt, which stores every message before it is delivered. The
//! local transport stores nothing.

use std::{fs, net::SocketAddr, path::Path, process::Command};

use anyhow::{Context, Result};

use super::{
    Started,
    process::{Process, find, free_address},
};
use crate::Setting;

/// The path of the hub, for streams and for pushes.
pub const HUB: &str = "/.well-known/mercure";

/// The beginning of all topics. The documentation recommends URLs as topics.
pub const TOPICS: &str = "https://example.com/";

/// The path of a stream: a topic that all share, and one of the client.
pub const STREAM: &str =
    "/.well-known/mercure?topic=https://example.com/all&topic=https://example.com/{client}";

/// The key of publishers, and the header with a token that it has signed (HS256): `{"mercure":{"publish":["*"]}}`.
const KEY: &str = "a-key-of-at-least-256-bits-for-the-bench";
pub const TOKEN_HEADER: &str = "authorization: Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.\
    eyJtZXJjdXJlIjp7InB1Ymxpc2giOlsiKiJdfX0.7-AQOLwWRbJ9Rdd1kLDjS0Yz8Drk9X-X1QSgnX0J9sE\r\n";

/// How it passes on messages.
#[derive(Clone, Copy, Debug)]
pub enum Transport {
    /// Through a Bolt database in a file, with a history of unlimited size, as by default.
    Bolt,
    /// In memory.
    Local,
}

/// Whether it is installed.
pub fn is_there() -> bool {
    find("mercure").is_some()
}

/// Starts it. Clients need no token.
pub fn start(setting: &Setting, transport: Transport) -> Result<Started> {
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let address = free_address()?;
    let root = folder.path().canonicalize()?;
    let config = root.join("Caddyfile");
    fs::write(&config, text(&root, address, transport))?;
    let mut command = Command::new(find("mercure").context("mercure is not installed")?);
    command.args(["run", "--adapter", "caddyfile", "--config"]);
    command.arg(&config).current_dir(&root);
    // Caddy, which it is built on, writes its state there.
    command.env("XDG_CONFIG_HOME", &root);
    command.env("XDG_DATA_HOME", &root);
    let process = Process::start(&mut command, &[address])?;
    Ok(Started {
        address,
        pushes: address,
        process: process.id(),
        _running: Box::new((process, folder)),
    })
}

fn text(root: &Path, address: SocketAddr, transport: Transport) -> String {
    let transport = match transport {
        Transport::Bolt => format!("bolt {{\n\t\t\tpath {}/mercure.db\n\t\t}}", root.display()),
        Transport::Local => "local".to_owned(),
    };
    let ip = address.ip();
    // Without `bind`, it listens on all addresses.
    format!(
        "{{
	admin off
	log {{
		level ERROR
	}}
}}
http://{address} {{
	bind {ip}
	mercure {{
		publisher_jwt {KEY}
		subscriber_jwt {KEY}
		anonymous
		transport {transport}
	}}
	respond \"Not Found\" 404
}}
"
    )
}
