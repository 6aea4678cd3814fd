//! What the server tells a service manager (sd_notify).

use std::{
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixDatagram},
    },
    time::Duration,
};

use crate::{
    command::{Running, server as server_process},
    signals::send,
};

/// The maximum wait, much longer than any step takes.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Waits for a message that contains a text.
fn message(manager: &UnixDatagram, text: &str) -> String {
    let mut bytes = [0; 4096];
    loop {
        let len = manager.recv(&mut bytes).expect("another message");
        let message = String::from_utf8_lossy(&bytes[..len]).into_owned();
        if message.contains(text) {
            return message;
        }
    }
}

#[test]
fn a_service_manager_hears_of_the_start_of_reloads_and_of_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).expect("a socket");
    manager.set_read_timeout(Some(TIMEOUT)).expect("set");
    let mut command = server_process(folder.path(), &[]);
    command.env("NOTIFY_SOCKET", &path);
    command.env("WATCHDOG_USEC", "200000");
    let server = Running::start(command);
    assert_eq!(message(&manager, "READY=1"), "READY=1");
    let _ = server.url();
    assert_eq!(message(&manager, "STATUS="), "STATUS=0 streams, 0 clients");
    for _ in 0..2 {
        assert_eq!(message(&manager, "WATCHDOG=1"), "WATCHDOG=1");
    }
    send("-HUP", server.id());
    let reloading = message(&manager, "RELOADING=1");
    let micros = reloading.split_once("\nMONOTONIC_USEC=").expect("a time").1;
    assert!(micros.parse::<u64>().expect("a number") > 0);
    message(&manager, "READY=1");
    send("-TERM", server.id());
    assert!(message(&manager, "STOPPING=1").starts_with("STOPPING=1\nSTATUS="));
    assert_eq!(server.ended().0, Some(0));
}

#[test]
fn an_abstract_socket_works_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = format!("tidings-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).expect("an address");
    let manager = UnixDatagram::bind_addr(&address).expect("a socket");
    manager.set_read_timeout(Some(TIMEOUT)).expect("set");
    let mut command = server_process(folder.path(), &[]);
    command.env("NOTIFY_SOCKET", format!("@{name}"));
    let server = Running::start(command);
    message(&manager, "READY=1");
    assert_eq!(server.signalled("-TERM").0, Some(0));
}
