//! nats-servers that form a cluster with JetStream.

mod conf;
mod monitor;
mod ports;
mod routes;
mod stores;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use tempfile::TempDir;

use self::routes::Routes;
pub use self::stores::SavedStores;
use crate::{
    patience::until,
    process::{Process, Program},
};

/// How to start the servers.
#[derive(Clone, Debug, Default)]
pub struct NatsOptions {
    /// When a write counts as done.
    pub sync: SyncInterval,
    /// Where the stores and the logs are. By default it is a folder that is deleted with the servers.
    pub folder: Option<PathBuf>,
    /// The port of the first server. The others follow. By default each has any free port.
    pub first_port: Option<u16>,
}

/// When a nats-server writes to the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncInterval {
    /// Before it acknowledges: `sync_interval: always`.
    #[default]
    Always,
    /// Every two minutes, which is the default of nats-server. What was acknowledged can be lost in a power cut.
    Default,
}

/// Running nats-servers. They are killed when this is dropped. A server keeps its ports and its store when it is
/// started again.
pub struct NatsServers {
    servers: Vec<Server>,
    routes: Routes,
    folder: PathBuf,
    _deleted_at_the_end: Option<TempDir>,
}

struct Server {
    port: u16,
    monitor_port: u16,
    process: Process,
}

impl NatsServers {
    /// Starts this many servers, 1 or more, and waits until they form a cluster.
    pub fn start(count: usize, options: NatsOptions) -> Result<Self> {
        ensure!(count > 0, "a cluster has one nats-server or more");
        let program = nats_server()?;
        let own = options
            .folder
            .is_none()
            .then(tempfile::tempdir)
            .transpose()?;
        let folder = options
            .folder
            .as_deref()
            .or(own.as_ref().map(TempDir::path));
        let folder = folder.context("a folder")?;
        fs::create_dir_all(folder)?;
        let folder = fs::canonicalize(folder)?;
        let ports = ports::choose(count, options.first_port)?;
        let routes = Routes::between(ports.iter().map(|ports| ports.cluster))?;
        let mut servers = Vec::with_capacity(count);
        for (number, ports) in ports.into_iter().enumerate() {
            let own = folder.join(conf::name(number));
            fs::create_dir_all(&own)?;
            let text = conf::text(number, ports, &own, options.sync, &routes.of(number));
            fs::write(own.join("conf"), text)?;
            let process = Process::start(Program {
                path: program.clone(),
                args: vec!["-c".into(), own.join("conf").into()],
                env: Vec::new(),
                without: Vec::new(),
                log: own.join("log"),
                folder: own,
            })?;
            servers.push(Server {
                port: ports.client,
                monitor_port: ports.monitor,
                process,
            });
        }
        let servers = Self {
            servers,
            routes,
            folder,
            _deleted_at_the_end: own,
        };
        servers.until_ready()?;
        Ok(servers)
    }

    /// The URL of each server for clients.
    pub fn urls(&self) -> Vec<String> {
        let url = |server: &Server| format!("nats://127.0.0.1:{}", server.port);
        self.servers.iter().map(url).collect()
    }

    /// The port of each server for clients.
    pub(crate) fn ports(&self) -> impl Iterator<Item = u16> {
        self.servers.iter().map(|server| server.port)
    }

    /// All URLs, separated by commas.
    pub fn url_list(&self) -> String {
        self.urls().join(",")
    }

    /// The URL of the monitoring of each server, separated by commas.
    pub fn monitor_list(&self) -> String {
        let url = |server: &Server| format!("http://127.0.0.1:{}", server.monitor_port);
        self.servers.iter().map(url).collect::<Vec<_>>().join(",")
    }

    /// The process id of a server.
    pub fn id(&self, server: usize) -> u32 {
        self.servers[server].process.id().unwrap_or_default()
    }

    /// The folder with a folder of each server, in which are its conf, its store and its log.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Kills a server as `kill -9` does, and waits until it is gone.
    pub fn kill(&self, server: usize) -> Result<()> {
        self.servers[server].process.kill()
    }

    /// Kills all servers that run, as one power cut would. (The page cache survives.)
    pub fn kill_all(&self) -> Result<()> {
        for server in self.running() {
            server.process.signal(Signal::KILL)?;
        }
        for server in &self.servers {
            server.process.wait()?;
        }
        Ok(())
    }

    /// Shuts a server down by SIGTERM, and waits for its end.
    pub fn terminate(&self, server: usize) -> Result<()> {
        self.servers[server].process.terminate()?;
        Ok(())
    }

    /// Stops a server where it is, as SIGSTOP does, and waits until it has stopped.
    pub fn stop(&self, server: usize) -> Result<()> {
        self.servers[server].process.stop()
    }

    /// Lets a server go on after [`NatsServers::stop`].
    pub fn go_on(&self, server: usize) -> Result<()> {
        self.servers[server].process.signal(Signal::CONT)
    }

    /// Starts a server again after its end, and does not wait.
    pub fn start_again(&self, server: usize) -> Result<()> {
        self.servers[server].process.start_again()
    }

    /// Starts all servers again that have ended, and waits until they form a cluster.
    pub fn start_all_again(&self) -> Result<()> {
        let ended = self
            .servers
            .iter()
            .filter(|server| !server.process.is_running());
        for server in ended {
            server.process.start_again()?;
        }
        self.until_ready()
    }

    /// Holds back all that passes between a server and the other servers. Its clients still reach it.
    pub fn cut_off(&self, server: usize) {
        self.routes.set_open(server, false);
    }

    /// Passes on what [`NatsServers::cut_off`] has held back, and all that follows.
    pub fn connect(&self, server: usize) {
        self.routes.set_open(server, true);
    }

    /// Waits until all servers that run are healthy, see each other, and follow the same leader.
    pub fn until_ready(&self) -> Result<()> {
        let ready = until("no leader, or a server is not healthy", || {
            for server in &self.servers {
                if let Ok(Some(status)) = server.process.ended()
                    && !status.success()
                    && status.code().is_some()
                {
                    let words = server.process.last_words();
                    anyhow::bail!("nats-server ended ({status}):\n{words}");
                }
            }
            Ok(self.is_ready().then_some(()))
        });
        ready.with_context(|| format!("the nats-servers in {}", self.folder.display()))
    }

    /// Whether all servers that run are healthy, see each other, and follow the same leader.
    pub fn is_ready(&self) -> bool {
        let running: Vec<u16> = self.running().map(|server| server.monitor_port).collect();
        if !running.iter().all(|port| monitor::is_healthy(*port)) {
            return false;
        }
        if self.servers.len() == 1 {
            return running.len() == 1;
        }
        let views = running.iter().map(|port| monitor::meta(*port));
        let Some(views) = views.collect::<Option<Vec<_>>>() else {
            return false;
        };
        let Some(leader) = views.first().and_then(|view| view.leader.as_ref()) else {
            return false;
        };
        let agree = views
            .iter()
            .all(|view| view.leader.as_ref() == Some(leader));
        // Only the leader lists the others.
        let followers = views.iter().map(|view| view.followers).max();
        agree && followers.is_some_and(|followers| followers + 1 >= running.len())
    }

    /// The server that leads JetStream, as another server sees it that runs and is not stopped or cut off.
    pub fn meta_leader(&self, seen_by: usize) -> Option<usize> {
        let leader = monitor::meta(self.servers[seen_by].monitor_port)?.leader?;
        self.number(&leader)
    }

    /// The name of the first stream whose name `is` accepts, and the server that leads it, as a server sees it.
    pub fn stream_leader(
        &self,
        seen_by: usize,
        is: impl Fn(&str) -> bool,
    ) -> Option<(String, usize)> {
        let streams = monitor::streams(self.servers[seen_by].monitor_port)?;
        let (name, leader) = streams.into_iter().find(|(name, _)| is(name))?;
        let leader = leader.and_then(|leader| self.number(&leader))?;
        Some((name, leader))
    }

    /// The number of the server with this name.
    pub fn number(&self, name: &str) -> Option<usize> {
        (0..self.servers.len()).find(|number| conf::name(*number) == name)
    }

    fn running(&self) -> impl Iterator<Item = &Server> {
        let servers = self.servers.iter();
        servers.filter(|server| server.process.is_running())
    }
}

/// The program: that of `NATS_SERVER`, or the one that `scripts/setup nats` has put into `target/nats`.
fn nats_server() -> Result<PathBuf> {
    if let Some(chosen) = std::env::var_os("NATS_SERVER").filter(|path| !path.is_empty()) {
        return Ok(chosen.into());
    }
    let installed = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/nats/nats-server");
    fs::canonicalize(installed).context("there is no nats-server: run `scripts/setup nats`")
}
