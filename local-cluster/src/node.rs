//! A node: the server `tidings` as a process of its own.

use std::{
    ffi::OsString,
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::ExitStatus,
};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

use crate::{
    http,
    patience::until,
    port::free_port,
    process::{Process, Program},
};

/// How to start a node.
#[derive(Clone, Debug)]
pub struct NodeOptions {
    binary: PathBuf,
    folder: PathBuf,
    port: Option<u16>,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
}

impl NodeOptions {
    /// A node of this program. Its data and its log are in the folder, which is created.
    pub fn new(binary: impl Into<PathBuf>, folder: impl Into<PathBuf>) -> Self {
        Self {
            binary: binary.into(),
            folder: folder.into(),
            port: None,
            args: Vec::new(),
            env: Vec::new(),
        }
    }

    /// The port of the loopback address. By default it is any free port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Further flags of `tidings serve`.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// A variable of its environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    fn program(&self, address: SocketAddr) -> Result<Program> {
        fs::create_dir_all(&self.folder)
            .with_context(|| format!("the folder {} can't be created", self.folder.display()))?;
        // The program does not run in the folder of this process.
        let folder = fs::canonicalize(&self.folder)?;
        let binary = fs::canonicalize(&self.binary)
            .with_context(|| format!("{} is not there", self.binary.display()))?;
        let mut args: Vec<OsString> = vec!["serve".into(), "--listen".into()];
        args.push(address.to_string().into());
        args.extend(["--data-dir".into(), folder.join("data").into()]);
        args.extend(self.args.iter().cloned());
        Ok(Program {
            path: binary,
            args,
            env: self.env.clone(),
            without: settings_of_the_user(),
            log: folder.join("log"),
            folder,
        })
    }
}

/// Variables that would change the settings of a node.
fn settings_of_the_user() -> Vec<OsString> {
    let names = std::env::vars_os().map(|(name, _)| name);
    let is_setting = |name: &OsString| {
        let name = name.to_string_lossy().to_lowercase();
        name.starts_with("tidings_") || name.ends_with("_proxy")
    };
    names.filter(is_setting).collect()
}

/// A running node. It is killed when this is dropped. It keeps its port and its data when it is started again.
#[derive(Debug)]
pub struct Node {
    address: SocketAddr,
    process: Process,
}

impl Node {
    /// Starts a node, and waits until it listens.
    pub fn start(options: NodeOptions) -> Result<Self> {
        let node = Self::spawn(options)?;
        node.until_listening()?;
        Ok(node)
    }

    /// Starts a node, and does not wait.
    pub fn spawn(options: NodeOptions) -> Result<Self> {
        let port = options.port.map_or_else(free_port, Ok)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let process = Process::start(options.program(address)?)?;
        Ok(Self { address, process })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of its root, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The process id of the last start.
    pub fn id(&self) -> u32 {
        self.process.id().unwrap_or_default()
    }

    /// The file of its diagnostics.
    pub fn log(&self) -> &Path {
        &self.process.program().log
    }

    /// The command line with which it was started.
    pub fn command(&self) -> String {
        let program = self.process.program();
        let words = [program.path.as_os_str()].into_iter();
        let words = words.chain(program.args.iter().map(OsString::as_os_str));
        words
            .map(|word| word.to_string_lossy())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Waits until it answers requests.
    pub fn until_listening(&self) -> Result<()> {
        self.until_ok("/health/live")
    }

    /// Waits until it takes pushes and has caught up with its cluster.
    pub fn until_ready(&self) -> Result<()> {
        self.until_ok("/health/ready")
    }

    fn until_ok(&self, path: &str) -> Result<()> {
        let mut last = None;
        let ok = until("not healthy", || {
            if let Some(status) = self.process.ended()? {
                bail!("the node ended ({status}):\n{}", self.process.last_words());
            }
            last = http::get(self.address.port(), path);
            Ok(matches!(last, Some((200, _))).then_some(()))
        });
        ok.with_context(|| {
            let last = last.map_or("no answer".to_owned(), |(status, body)| {
                format!("{status} {body}")
            });
            let log = self.log().display();
            format!("{}{path}: {last} (its log is {log})", self.url())
        })
    }

    /// How it ended, if it has ended.
    pub fn ended(&self) -> Result<Option<ExitStatus>> {
        self.process.ended()
    }

    /// Kills it as `kill -9` does, and waits until it is gone.
    pub fn kill(&self) -> Result<()> {
        self.process.kill()
    }

    /// Shuts it down by SIGTERM, and waits for its end.
    pub fn terminate(&self) -> Result<ExitStatus> {
        self.process.terminate()
    }

    /// Begins a shutdown by SIGTERM, and does not wait.
    pub fn begin_shutdown(&self) -> Result<()> {
        self.process.signal(Signal::TERM)
    }

    /// Waits for its end.
    pub fn wait(&self) -> Result<ExitStatus> {
        self.process.wait()
    }

    /// Stops it where it is, as SIGSTOP does, and waits until it has stopped.
    pub fn stop(&self) -> Result<()> {
        self.process.stop()
    }

    /// Lets it go on after [`Node::stop`].
    pub fn go_on(&self) -> Result<()> {
        self.process.signal(Signal::CONT)
    }

    /// Starts it again after its end, on the same port with the same data, and waits until it listens.
    pub fn start_again(&self) -> Result<()> {
        self.process.start_again()?;
        self.until_listening()
    }

    /// Shuts it down, and starts it again.
    pub fn restart(&self) -> Result<()> {
        self.terminate()?;
        self.start_again()
    }
}
