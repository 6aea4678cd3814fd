//! A whole server in a process of its own: what is measured over HTTP shares no memory and no runtime
//! with what measures it, and its processor time can be told apart.

use std::{
    ffi::OsString,
    io::{self, BufRead, BufReader, Read as _},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};
use tidings::config::Settings;

use crate::machine;

/// The argument by which this program knows that it is to be the server.
pub const PART: &str = "be-the-server";

/// A running server. It ends with this, or with the process that started it.
pub struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts one on this folder, with more flags of `tidings serve`.
    pub fn start(folder: &Path, flags: &[&str]) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(PART)
            .arg("--data-dir")
            .arg(folder)
            // No pings between what is counted, and no leave to take.
            .args([
                "--heartbeat",
                "3600",
                "--drain",
                "0",
                "--max-log-mb",
                "65536",
            ])
            .args(flags)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().context("the server has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let address = line.trim().parse();
        let address = address.context("the server did not say where it listens")?;
        Ok(Self { child, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Seconds of processor time that it has used.
    pub fn cpu_seconds(&self) -> f64 {
        machine::cpu_seconds(self.child.id())
    }

    /// Bytes that it has sent on to the disk.
    pub fn bytes_written(&self) -> f64 {
        machine::bytes_written(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input is the end of the server.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Is the server, until its input ends.
pub fn run(flags: impl Iterator<Item = OsString>) -> Result<()> {
    let settings = Settings::from_flags(flags)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let (ended, end) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let _ = io::stdin().read_to_end(&mut Vec::new());
            let _ = ended.send(());
        });
        let shutdown = async {
            let _ = end.await;
        };
        tidings::http::serve(listener, settings, shutdown).await?;
        Ok(())
    })
}
