//! A whole server in a process of its own: what is measured over HTTP shares no memory and no runtime
//! with what measures it, and its processor time can be told apart.

use std::{
    ffi::OsString,
    io::{self, Read as _},
    net::SocketAddr,
    path::Path,
};

use anyhow::{Context, Result};
use tidings::config::Settings;

use crate::{machine, part::Part};

/// The argument by which this program knows that it is to be the server.
pub const PART: &str = "be-the-server";

/// A running server.
pub struct Server {
    part: Part,
    address: SocketAddr,
}

impl Server {
    /// Starts one on this folder for who measures the log, with more flags of `tidings serve`.
    pub fn start(folder: &Path, flags: &[&str]) -> Result<Self> {
        // No pings between what is counted, and no leave to take.
        let quiet = ["--heartbeat", "3600", "--drain", "0"];
        let large = ["--max-log-mb", "65536"];
        Self::start_as_is(folder, &[&quiet[..], &large, flags].concat())
    }

    /// Starts one as users do, apart from these flags.
    pub fn start_as_is(folder: &Path, flags: &[&str]) -> Result<Self> {
        let mut arguments = vec![PART.into(), "--data-dir".into(), folder.into()];
        arguments.extend(flags.iter().map(OsString::from));
        let mut part = Part::start(arguments)?;
        let address = part.line()?.parse();
        let address = address.context("the server did not say where it listens")?;
        Ok(Self { part, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.part.id()
    }

    /// Seconds of processor time that it has used.
    pub fn cpu_seconds(&self) -> f64 {
        machine::cpu_seconds(self.part.id())
    }

    /// Bytes that it has sent on to the disk.
    pub fn bytes_written(&self) -> f64 {
        machine::bytes_written(self.part.id())
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
