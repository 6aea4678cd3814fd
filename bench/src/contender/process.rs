//! A server process: starting, waiting, and stopping.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// The timeouts for a start, a stop, and a stop when its end is of no interest.
const START: Duration = Duration::from_secs(20);
const STOP: Duration = Duration::from_secs(60);
const END: Duration = Duration::from_secs(5);

/// A process that is stopped when this is dropped.
pub struct Process(Child);

impl Process {
    /// Starts it, and waits until it listens on all these addresses.
    pub fn start(command: &mut Command, addresses: &[SocketAddr]) -> Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let mut process = Self(child);
        let began = Instant::now();
        for address in addresses {
            while TcpStream::connect(address).is_err() {
                if let Some(status) = process.0.try_wait()? {
                    bail!("it ended: {status}");
                }
                if began.elapsed() > START {
                    bail!("nobody listens at {address}");
                }
                sleep(Duration::from_millis(1));
            }
        }
        Ok(process)
    }

    /// Stops it, and returns how long that took. Ends it by force after a minute.
    pub fn stop(mut self) -> Result<Duration> {
        let began = Instant::now();
        kill_process(Pid::from_child(&self.0), Signal::TERM)?;
        while self.0.try_wait()?.is_none() {
            if began.elapsed() > STOP {
                self.0.kill()?;
                bail!("it did not end within {STOP:?}");
            }
            sleep(Duration::from_millis(1));
        }
        Ok(began.elapsed())
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SIGTERM first, so that it can stop its own child processes.
        let _ = kill_process(Pid::from_child(&self.0), Signal::TERM);
        let began = Instant::now();
        while matches!(self.0.try_wait(), Ok(None)) {
            if began.elapsed() > END {
                let _ = self.0.kill();
            }
            sleep(Duration::from_millis(20));
        }
    }
}

/// An unused address.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Where `make bench-peers` puts programs that it builds.
const BUILT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/peers/bin");

/// The path of a program, if it is installed.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    folders.extend(["/usr/sbin", BUILT].map(PathBuf::from));
    let places = folders.into_iter().map(|folder| folder.join(program));
    places.into_iter().find(|place| place.is_file())
}
