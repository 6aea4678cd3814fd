//! The whole protocol, as h2spec tests it by the RFCs. It is left out if the set-up could not install it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::harness::{Server, Transport};

fn h2spec() -> Option<PathBuf> {
    let chosen = std::env::var_os("H2SPEC").map(PathBuf::from);
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/h2spec/h2spec");
    chosen.or_else(|| installed.exists().then_some(installed))
}

#[tokio::test]
async fn the_server_does_what_the_rfcs_say() {
    let Some(program) = h2spec() else {
        eprintln!("left out: there is no h2spec (scripts/setup h2spec)");
        return;
    };
    // Without TLS, a connection with another preface is one of HTTP/1.1 (http2/3).
    let plain = [
        "generic", "hpack", "http2/4", "http2/5", "http2/6", "http2/7", "http2/8",
    ];
    for (transport, flags) in [
        (Transport::Plain, &plain[..]),
        (Transport::H2, &["-t", "-k"]),
    ] {
        let server = Server::over(transport, &[]).await;
        let (_, port) = server.base.rsplit_once(':').expect("a port");
        let mut command = Command::new(&program);
        command
            .args(["-S", "-P", "/health/live", "-h", "127.0.0.1", "-p", port])
            .args(flags);
        let ran = tokio::task::spawn_blocking(move || command.output());
        let output = ran.await.expect("no panic").expect("h2spec runs");
        let report = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{report}");
        assert!(report.contains(" 0 failed"), "{report}");
    }
}
