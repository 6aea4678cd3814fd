//! Tidings as users run it: with all defaults, on an empty folder.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use super::Started;
use crate::{Setting, server::Server};

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A process that is ended with this.
struct Process(Child);

/// Starts the one of this program, or another.
pub fn start(setting: &Setting) -> Result<Started> {
    let folder = tempfile::tempdir_in(&setting.folder)?;
    // No leave to take, and nothing said of what is routine.
    let flags = ["--drain", "0", "--log", "warn"];
    let Some(program) = &setting.server else {
        let server = Server::start_as_is(folder.path(), &flags)?;
        return Ok(Started {
            address: server.address(),
            process: server.id(),
            _running: Box::new((server, folder)),
        });
    };
    let address = free_address()?;
    let child = Command::new(program)
        .arg("serve")
        .args(flags)
        .arg("--data-dir")
        .arg(folder.path())
        .args(["--listen", &address.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()?;
    let process = Process(child);
    accepts(address)?;
    Ok(Started {
        address,
        process: process.0.id(),
        _running: Box::new((process, folder)),
    })
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An address at which nobody listens now.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Waits until somebody does.
pub fn accepts(address: SocketAddr) -> Result<()> {
    let began = Instant::now();
    while TcpStream::connect(address).is_err() {
        ensure!(began.elapsed() < PATIENCE, "nobody listens at {address}");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
