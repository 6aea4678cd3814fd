//! Pushpin, a proxy that keeps streams open for a server behind it. Its limits of messages and connections are raised:
//! with the defaults it drops most messages of these scenarios.

use std::{fs, net::SocketAddr, path::Path, process::Command, time::Duration};

use anyhow::{Context, Result};

use super::{
    Started,
    process::{Process, find, free_address},
};
use crate::{Setting, floor, subprocess::Subprocess};

/// The time until its processes are connected to each other.
const READY: Duration = Duration::from_secs(2);

/// Whether it is installed.
pub fn is_there() -> bool {
    find("pushpin").is_some()
}

/// Starts it with the floor as the server behind it, which assigns channels (`/grip/`). The resources of the floor are
/// not counted.
pub fn start(setting: &Setting) -> Result<Started> {
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let mut behind = Subprocess::start([floor::SUBCOMMAND])?;
    let origin = behind.line()?;
    let (address, pushes) = (free_address()?, free_address()?);
    // Socket paths are limited in length, so they are in a separate folder.
    let sockets = tempfile::tempdir()?;
    let root = folder.path().canonicalize()?;
    let config = root.join("pushpin.conf");
    fs::write(&config, text(&root, sockets.path(), address, pushes)?)?;
    fs::write(root.join("routes"), format!("* {origin}\n"))?;
    let pushpin = find("pushpin").context("pushpin is not installed")?;
    let mut command = Command::new(pushpin);
    command.arg("--config").arg(&config).arg("--merge-output");
    let process = Process::start(&mut command, &[address, pushes])?;
    // It listens before all its processes are ready.
    std::thread::sleep(READY);
    Ok(Started {
        address,
        pushes,
        process: process.id(),
        _running: Box::new((process, behind, sockets, folder)),
    })
}

fn text(root: &Path, sockets: &Path, address: SocketAddr, pushes: SocketAddr) -> Result<String> {
    let (root, sockets) = (root.display(), sockets.display());
    let zurl = format!("ipc://{sockets}/zurl");
    let [push, subscribe, command] = [free_address()?, free_address()?, free_address()?];
    Ok(format!(
        "[global]
include={{libdir}}/internal.conf
rundir={sockets}
ipc_prefix=

[runner]
services=condure,zurl,pushpin-proxy,pushpin-handler
http_port={address}
logdir={root}
log_level=1
client_buffer_size=8192
client_maxconn=19900

[proxy]
routesfile={root}/routes
auto_cross_origin=false
zurl_out_specs={zurl}-in
zurl_out_stream_specs={zurl}-in-stream
zurl_in_specs={zurl}-out
updates_check=off

[handler]
push_in_spec=tcp://{push}
push_in_sub_specs=tcp://{subscribe}
push_in_http_addr={}
push_in_http_port={}
command_spec=tcp://{command}
stats_spec=ipc://{sockets}/stats
message_rate=100000000
message_hwm=100000000
",
        pushes.ip(),
        pushes.port()
    ))
}
