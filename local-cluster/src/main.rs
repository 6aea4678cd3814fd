//! Starts a cluster on this machine, to try: nats-servers, nodes of Tidings, and a balancer in front of them. It tells
//! where everything is and how to kill a part. Ctrl-C stops everything.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use local_cluster::{Balancer, NatsOptions, NatsServers, Node, NodeOptions};

/// How often it looks whether a node has ended.
const LOOK: Duration = Duration::from_millis(500);

/// Starts a cluster on this machine: nats-servers, nodes of Tidings, and a balancer in front of them. Ctrl-C stops
/// everything.
#[derive(Parser)]
struct Options {
    /// Number of nodes
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=64))]
    nodes: u16,

    /// Number of nats-servers. With less than three, records are stored on one of them only
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=9))]
    nats: u16,

    /// Run target/debug/tidings instead of target/quick/tidings
    #[arg(long)]
    debug: bool,

    /// Port of the balancer. The nodes have the ports that follow
    #[arg(long, default_value_t = 8020)]
    port: u16,

    /// Port of the first nats-server. The others have the ports that follow
    #[arg(long, default_value_t = 4222)]
    nats_port: u16,

    /// Folder for all data and logs. It must be new or empty. Default: target/cluster, which is emptied first
    #[arg(long)]
    folder: Option<PathBuf>,

    /// Further flags of each node, after `--`
    #[arg(last = true)]
    flags: Vec<String>,
}

/// What runs. The nodes come first, so that they are dropped before the servers that they need.
struct Cluster {
    nodes: Vec<Node>,
    balancer: Balancer,
    nats: NatsServers,
    folder: PathBuf,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let interrupts = interrupts()?;
    let cluster = Cluster::start(options)?;
    cluster.describe();
    cluster.watch(&interrupts)?;
    cluster.stop(interrupts);
    Ok(())
}

impl Cluster {
    fn start(options: &Options) -> Result<Self> {
        let target = fs::canonicalize(concat!(env!("CARGO_MANIFEST_DIR"), "/../target"))?;
        let binary = binary(&target, options.debug)?;
        let folder = match &options.folder {
            Some(folder) => new_folder(folder)?,
            None => target.join("cluster"),
        };
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let nats = NatsServers::start(
            options.nats.into(),
            NatsOptions {
                folder: Some(folder.clone()),
                first_port: Some(options.nats_port),
                ..NatsOptions::default()
            },
        )?;
        let node = |number| {
            let port = options.port + number;
            let name = name(number);
            let own = [
                "--node",
                &name,
                "--cluster",
                &nats.url_list(),
                "--cluster-monitor",
                &nats.monitor_list(),
                "--cluster-name",
                "local",
                "--cluster-replicas",
                if options.nats < 3 { "1" } else { "3" },
                "--advertise",
                &format!("http://127.0.0.1:{port}"),
            ];
            let node = NodeOptions::new(&binary, folder.join(&name)).port(port);
            Node::start(node.args(own).args(&options.flags)).context(name)
        };
        let nodes = (1..=options.nodes).map(node).collect::<Result<Vec<_>>>()?;
        let balancer = Balancer::start(options.port, nodes.iter().map(Node::address))
            .with_context(|| format!("the balancer can't listen on port {}", options.port))?;
        Ok(Self {
            nodes,
            balancer,
            nats,
            folder,
        })
    }

    fn describe(&self) {
        println!("balancer  {}/", self.balancer.url());
        for (number, node) in (1..).zip(&self.nodes) {
            println!("{:9} {}/admin  pid {}", name(number), node.url(), node.id());
        }
        for (number, url) in self.nats.urls().iter().enumerate() {
            println!("nats-{:<4} {url}  pid {}", number + 1, self.nats.id(number));
        }
        println!("logs      {}/*/log", self.folder.display());
        println!(
            "`kill -9 PID` kills one. Nothing is started again by itself. Ctrl-C stops everything."
        );
    }

    /// Tells which nodes end, until Ctrl-C.
    fn watch(&self, interrupts: &Receiver<()>) -> Result<()> {
        let mut told = vec![false; self.nodes.len()];
        while interrupts.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            for ((number, node), told) in (1..).zip(&self.nodes).zip(&mut told) {
                if let (false, Some(status)) = (*told, node.ended()?) {
                    *told = true;
                    println!("{} has ended: {status}. To start it again:", name(number));
                    println!("  {}", node.command());
                }
            }
        }
        Ok(())
    }

    /// Shuts the nodes down together. The nats-servers are killed at the end.
    fn stop(self, interrupts: Receiver<()>) {
        println!("Shutting down. Ctrl-C once more stops everything at once.");
        thread::spawn(move || {
            if interrupts.recv().is_ok() {
                std::process::exit(130);
            }
        });
        // Those that have ended before take no signal.
        let running: Vec<&Node> = self
            .nodes
            .iter()
            .filter(|node| node.begin_shutdown().is_ok())
            .collect();
        for node in running {
            if let Err(error) = node.wait() {
                eprintln!("{error:#}");
            }
        }
    }
}

/// A folder without anything in it.
fn new_folder(folder: &Path) -> Result<PathBuf> {
    let is_empty = !folder.exists() || fs::read_dir(folder)?.next().is_none();
    ensure!(is_empty, "{} is not empty", folder.display());
    Ok(std::path::absolute(folder)?)
}

fn name(number: u16) -> String {
    format!("node-{number}")
}

fn binary(target: &Path, debug: bool) -> Result<PathBuf> {
    let (folder, how) = match debug {
        true => ("debug", "`scripts/cargo build --workspace`"),
        false => ("quick", "`scripts/build quick`, or give --debug"),
    };
    let binary = target.join(folder).join("tidings");
    ensure!(
        binary.exists(),
        "there is no {}: run {how}",
        binary.display()
    );
    Ok(binary)
}

/// A message for each Ctrl-C.
fn interrupts() -> Result<Receiver<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (interrupt, interrupts) = mpsc::channel();
    thread::spawn(move || {
        runtime.block_on(async {
            while tokio::signal::ctrl_c().await.is_ok() && interrupt.send(()).is_ok() {}
        });
    });
    Ok(interrupts)
}
