//! A server that is restarted: SIGTERM, and the next process as soon as the last one has ended.

use std::{
    net::{SocketAddr, TcpListener},
    os::fd::AsFd,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use command_fds::{CommandFdExt, FdMapping};
use socket2::{Domain, Socket, Type};
use tempfile::TempDir;

use crate::{
    Setting,
    contender::process::{Process, free_address},
    http,
    publisher::Publisher,
};

/// The connections that wait while no process accepts them, as in `packaging/systemd/tidings.socket`.
const BACKLOG: i32 = 4_096;

/// How a server gets its socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The bench has the listening socket, as systemd has it, and passes it to each process.
    SocketActivation,
    /// Each process opens the socket itself.
    Plain,
}

/// How long a restart took.
pub struct Restart {
    /// From SIGTERM to the end of the process.
    pub stop: Duration,
    /// From there until the next one has accepted a connection.
    pub start: Duration,
}

/// A server, its folder, and its socket.
///
/// Fields are dropped in this order: the process ends before its folder is deleted.
pub struct Deployment {
    setting: Setting,
    process: Option<Process>,
    folder: TempDir,
    address: SocketAddr,
    socket: Option<TcpListener>,
}

impl Way {
    /// Both.
    pub const ALL: [Self; 2] = [Self::SocketActivation, Self::Plain];

    /// The name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::SocketActivation => "socket activation",
            Self::Plain => "plain restart",
        }
    }
}

impl Deployment {
    /// Starts a server on an empty folder.
    pub fn start(setting: &Setting, way: Way) -> Result<Self> {
        let folder = tempfile::tempdir_in(&setting.folder)?;
        let socket = match way {
            Way::SocketActivation => Some(listen()?),
            Way::Plain => None,
        };
        let address = match &socket {
            Some(socket) => socket.local_addr()?,
            None => free_address()?,
        };
        let mut deployment = Self {
            setting: setting.clone(),
            process: None,
            folder,
            address,
            socket,
        };
        deployment.run()?;
        Ok(deployment)
    }

    /// The address, the same for all processes.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends the server, and starts the next one.
    pub fn restart(&mut self) -> Result<Restart> {
        let process = self.process.take().context("it was started")?;
        let stop = process.stop()?;
        let began = Instant::now();
        self.run()?;
        let start = began.elapsed();
        Ok(Restart { stop, start })
    }

    /// Starts a process, and waits until it answers.
    fn run(&mut self) -> Result<()> {
        // The settings are the default ones, in particular `--drain`.
        let listen = match self.socket {
            Some(_) => "systemd".to_owned(),
            None => self.address.to_string(),
        };
        let arguments = ["serve", "--log", "warn", "--listen", &listen, "--data-dir"];
        let mut command = match &self.socket {
            None => Command::new(&self.setting.server),
            Some(socket) => with_socket(socket, &self.setting)?,
        };
        command.args(arguments).arg(self.folder.path());
        self.process = Some(Process::start(&mut command, &[self.address])?);
        // With socket activation the kernel has taken the connection, so an answer is waited for.
        health(self.address)
    }
}

/// A command that gets the socket as systemd passes it (`sd_listen_fds(3)`). `sh` sets the process id, which is known
/// only then.
fn with_socket(socket: &TcpListener, setting: &Setting) -> Result<Command> {
    let mut command = Command::new("sh");
    let script = "export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$@\"";
    command.args(["-c", script, "sh"]).arg(&setting.server);
    let mapping = FdMapping {
        parent_fd: socket.as_fd().try_clone_to_owned()?,
        child_fd: 3,
    };
    command.fd_mappings(vec![mapping])?;
    Ok(command)
}

fn listen() -> Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Waits until a server answers.
fn health(address: SocketAddr) -> Result<()> {
    let mut client = Publisher::connect(address)?;
    client.ask(http::get("/health/live", address).as_bytes())
}
