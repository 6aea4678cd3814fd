//! The configuration of one nats-server.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use super::{SyncInterval, ports::Ports};

/// The name of a server.
pub fn name(number: usize) -> String {
    format!("nats-{}", number + 1)
}

/// Where its store is, in its folder.
pub fn store(folder: &Path) -> PathBuf {
    folder.join("store")
}

/// The text of its configuration. Without routes it is a server of its own.
pub fn text(
    number: usize,
    ports: Ports,
    folder: &Path,
    sync: SyncInterval,
    routes: &[SocketAddr],
) -> String {
    let Ports {
        client,
        cluster,
        monitor,
    } = ports;
    let name = name(number);
    let store = store(folder);
    let store = store.display();
    let sync = match sync {
        SyncInterval::Always => "sync_interval: always",
        SyncInterval::Default => "",
    };
    let mut text = format!(
        "server_name: {name}\nlisten: \"127.0.0.1:{client}\"\nhttp: \"127.0.0.1:{monitor}\"\n\
         jetstream {{ store_dir: \"{store}\", {sync} }}\n"
    );
    if !routes.is_empty() {
        let routes = routes
            .iter()
            .map(|route| format!("\"nats-route://{route}\""));
        let routes = routes.collect::<Vec<_>>().join(", ");
        // Otherwise the servers tell each other their real ports, and open more connections there.
        text += &format!(
            "cluster {{ name: local, listen: \"127.0.0.1:{cluster}\", no_advertise: true, pool_size: -1, \
             routes: [{routes}] }}\n"
        );
    }
    text
}
