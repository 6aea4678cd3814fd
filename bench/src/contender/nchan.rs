//! Nchan, a module of nginx: a worker for each processor and messages in shared memory, as its documentation
//! recommends.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result};

use super::{
    Started,
    process::{Process, find, free_address},
};
use crate::Setting;

/// The path of the module on Debian.
const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";

/// Whether it is installed.
pub fn is_there() -> bool {
    find("nginx").is_some() && Path::new(MODULE).exists()
}

/// Starts it. It has streams of one shared channel, and streams of this and a channel of the client.
pub fn start(setting: &Setting) -> Result<Started> {
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let address = free_address()?;
    let root = folder.path().canonicalize()?;
    let config = root.join("nginx.conf");
    fs::write(&config, text(&root, &address.to_string()))?;
    let nginx = find("nginx").context("nginx is not installed")?;
    let mut command = Command::new(nginx);
    command.arg("-p").arg(&root).arg("-c").arg(&config);
    command.arg("-e").arg(root.join("error.log"));
    let process = Process::start(&mut command, &[address])?;
    Ok(Started {
        address,
        pushes: address,
        process: process.id(),
        _running: Box::new((process, folder)),
    })
}

fn text(root: &Path, address: &str) -> String {
    let root = root.display();
    format!(
        r#"
load_module {MODULE};
daemon off;
worker_processes auto;
worker_rlimit_nofile 20000;
pid {root}/nginx.pid;
error_log {root}/error.log error;
events {{
    worker_connections 19900;
}}
http {{
    access_log off;
    client_body_temp_path {root}/body;
    proxy_temp_path {root}/proxy;
    fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi;
    scgi_temp_path {root}/scgi;
    keepalive_requests 100000000;
    nchan_shared_memory_size 1024M;
    server {{
        listen {address} backlog=65535;
        location = /sse/all {{
            nchan_subscriber eventsource;
            nchan_subscriber_first_message newest;
            nchan_channel_id all;
        }}
        location = /sse {{
            nchan_subscriber eventsource;
            nchan_subscriber_first_message newest;
            nchan_channel_id $arg_client_id all;
        }}
        location = /push {{
            nchan_publisher;
            nchan_channel_id $arg_to;
        }}
    }}
}}
"#
    )
}
