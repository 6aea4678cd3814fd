//! Centrifugo with its memory engine, which needs no other server. Channels have no history, which is the default, so it
//! stores nothing.

use std::{fs, process::Command};

use anyhow::{Context, Result};
use serde_json::json;

use super::{
    Started,
    process::{Process, find, free_address},
};
use crate::Setting;

/// The key of its HTTP API, and the header with it.
const KEY: &str = "a-key-for-the-bench";
pub const KEY_HEADER: &str = "x-api-key: a-key-for-the-bench\r\n";

/// The path of a stream: `{"subs":{"all":{},"{client}":{}}}`, a channel that all share and one of the client.
pub const STREAM: &str = "/connection/uni_sse?cf_connect=\
    %7B%22subs%22%3A%7B%22all%22%3A%7B%7D%2C%22{client}%22%3A%7B%7D%7D%7D";

/// The beginning of the first event of a stream, which says that it is subscribed.
pub const GREETING: &str = r#"data: {"connect":"#;

/// Whether it is installed.
pub fn is_there() -> bool {
    find("centrifugo").is_some()
}

/// Starts it. Clients need no token and choose their channels.
pub fn start(setting: &Setting) -> Result<Started> {
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let address = free_address()?;
    let config = folder.path().join("config.json");
    let settings = json!({
        "http_server": { "address": address.ip().to_string(), "port": address.port().to_string() },
        "http_api": { "key": KEY },
        "uni_sse": { "enabled": true },
        "client": { "allow_anonymous_connect_without_token": true },
        "channel": { "without_namespace": {
            "allow_subscribe_for_client": true,
            "allow_subscribe_for_anonymous": true,
        } },
        "log": { "level": "error" },
    });
    fs::write(&config, settings.to_string())?;
    let centrifugo = find("centrifugo").context("centrifugo is not installed")?;
    let mut command = Command::new(centrifugo);
    command.arg("--config").arg(&config);
    let process = Process::start(&mut command, &[address])?;
    Ok(Started {
        address,
        pushes: address,
        process: process.id(),
        _running: Box::new((process, folder)),
    })
}
