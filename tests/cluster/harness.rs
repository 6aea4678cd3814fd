//! Nodes of one cluster, each a process of its own.

use std::{
    future::Future,
    ops::Deref,
    path::PathBuf,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use app::wire::{MessageInfo, MessagesPage};
use eventsource_stream::Event;
use local_cluster::{Balancer, NatsOptions, NatsServers, Node, NodeOptions, free_port};
use parking_lot::Mutex;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    task::JoinHandle,
};

use crate::support::{Endpoint, Listener, seq, within};

/// The nats-servers of all tests that leave them alone. They end with the last of these tests.
static SHARED: Mutex<Weak<NatsServers>> = Mutex::new(Weak::new());

/// Only so many clusters run at a time, whatever the number of processors: a nats-server writes for all of them.
static TURNS: Semaphore = Semaphore::const_new(3);

/// Only one of them has nats-servers of its own.
static OWN_SERVERS: Semaphore = Semaphore::const_new(1);

static CLUSTERS: AtomicU64 = AtomicU64::new(0);

/// Nodes of one cluster. They are killed at the end of the test.
pub struct Cluster {
    pub nodes: Vec<Member>,
    pub nats: Arc<NatsServers>,
    /// The name of the cluster.
    pub name: String,
    _folder: TempDir,
    _turns: Vec<SemaphorePermit<'static>>,
}

/// Where a cluster will be: its nats-servers, and the folder with a folder of each node.
pub struct Site {
    pub nats: Arc<NatsServers>,
    pub name: String,
    pub folder: TempDir,
    turns: Vec<SemaphorePermit<'static>>,
}

/// A node, and a client for it.
pub struct Member {
    pub node: Node,
    endpoint: Endpoint,
}

impl Deref for Member {
    type Target = Endpoint;

    fn deref(&self) -> &Endpoint {
        &self.endpoint
    }
}

impl Cluster {
    /// Starts three nodes. The test must not touch the nats-servers, which others use too.
    pub async fn start() -> Self {
        Site::new().await.start()
    }

    /// Starts three nodes, and nats-servers that the test may kill.
    pub async fn with_own_servers() -> Self {
        Site::with_own_servers().await.start()
    }

    /// A client that reads from a cursor up to `the end`, through a balancer that must be kept.
    pub fn reader_behind_balancer(
        &self,
        start: &str,
    ) -> (Balancer, JoinHandle<Vec<(String, String)>>) {
        let addresses = self.nodes.iter().map(|node| node.address);
        let balancer = Balancer::start(0, addresses).expect("a balancer");
        let (endpoint, start) = (Endpoint::at(balancer.address()), start.to_owned());
        let reader =
            tokio::spawn(async move { follow(&[endpoint], "ada", &start, "the end").await });
        (balancer, reader)
    }

    /// A client for each node, to be used by tasks.
    pub fn endpoints(&self) -> Vec<Endpoint> {
        let nodes = self.nodes.iter();
        nodes.map(|node| Endpoint::at(node.address)).collect()
    }

    /// Waits until all nodes tell the same history, and returns it, oldest first.
    pub async fn same_history(&self) -> Vec<Value> {
        until(async || {
            let mut histories = Vec::new();
            for node in &self.nodes {
                histories.push(history(node).await);
            }
            histories.dedup();
            (histories.len() == 1).then(|| histories.remove(0))
        })
        .await
    }
}

impl Site {
    /// With nats-servers that others use too.
    pub async fn new() -> Self {
        let turn = turn(&TURNS).await;
        let nats = {
            let mut shared = SHARED.lock();
            let running = shared.upgrade();
            let nats = running.unwrap_or_else(|| Arc::new(nats_servers()));
            *shared = Arc::downgrade(&nats);
            nats
        };
        Self::over(nats, vec![turn])
    }

    /// With nats-servers that the test may kill.
    pub async fn with_own_servers() -> Self {
        let turns = vec![turn(&OWN_SERVERS).await, turn(&TURNS).await];
        Self::over(Arc::new(nats_servers()), turns)
    }

    fn over(nats: Arc<NatsServers>, turns: Vec<SemaphorePermit<'static>>) -> Self {
        Self {
            nats,
            name: format!("test-{}", CLUSTERS.fetch_add(1, Ordering::Relaxed)),
            folder: tempfile::tempdir().expect("a folder"),
            turns,
        }
    }

    /// The site of a cluster that runs, for more nodes. They have folders of their own.
    pub fn of(cluster: &Cluster) -> Self {
        let mut same = Self::over(Arc::clone(&cluster.nats), Vec::new());
        same.name.clone_from(&cluster.name);
        same
    }

    /// Another cluster over the same nats-servers.
    pub fn beside(&self, name: &str) -> Self {
        let mut beside = Self::over(Arc::clone(&self.nats), Vec::new());
        beside.name = format!("{}-{name}", self.name);
        beside
    }

    /// Starts three nodes.
    pub fn start(self) -> Cluster {
        let options = (1..=3).map(|number| self.options(number)).collect();
        self.start_nodes(options)
    }

    /// Starts nodes with these options, and waits until they are ready.
    pub fn start_nodes(self, options: Vec<NodeOptions>) -> Cluster {
        let nodes: Vec<Member> = options.into_iter().map(Member::spawn).collect();
        for member in &nodes {
            member.node.until_ready().expect("ready");
        }
        Cluster {
            nodes,
            nats: self.nats,
            name: self.name,
            _folder: self.folder,
            _turns: self.turns,
        }
    }

    /// How to start a node. It gets the flags that all nodes of the cluster have.
    pub fn options(&self, number: usize) -> NodeOptions {
        let folder = self.folder.path().join(format!("node-{number}"));
        self.options_with(number, folder, &self.nats.url_list())
    }

    /// How to start a node in this folder that reaches the nats-servers at these URLs.
    pub fn options_with(&self, number: usize, folder: PathBuf, servers: &str) -> NodeOptions {
        let options = NodeOptions::new(env!("CARGO_BIN_EXE_tidings"), folder);
        options
            .args(["--node", &format!("node-{number}"), "--drain", "0"])
            .args(flags_over(&self.nats, servers, &self.name))
    }
}

/// The flags of a cluster.
pub fn flags(nats: &NatsServers, cluster: &str) -> Vec<String> {
    flags_over(nats, &nats.url_list(), cluster)
}

fn flags_over(nats: &NatsServers, servers: &str, cluster: &str) -> Vec<String> {
    let flags = [
        ("--cluster", servers.to_owned()),
        ("--cluster-monitor", nats.monitor_list()),
        ("--cluster-name", cluster.to_owned()),
        ("--cluster-replicas", "3".to_owned()),
    ];
    let flags = flags.into_iter();
    flags
        .flat_map(|(flag, value)| [flag.to_owned(), value])
        .collect()
}

impl Member {
    /// Starts a node, and does not wait.
    pub fn spawn(options: NodeOptions) -> Self {
        let port = free_port().expect("a port");
        let url = format!("http://127.0.0.1:{port}");
        let options = options.args(["--advertise", &url]);
        let node = Node::spawn(options.port(port)).expect("a node");
        let endpoint = Endpoint::at(node.address());
        Self { node, endpoint }
    }
}

impl Member {
    /// The folder of its data.
    pub fn data(&self) -> PathBuf {
        self.node.log().with_file_name("data")
    }

    /// Waits until `/health/ready` refuses with a text that contains this. Returns it.
    pub async fn until_not_ready(&self, why: &str) -> String {
        until(async || {
            let answer = self.get("/health/ready").await;
            let status = answer.status();
            let text = answer.text().await.expect("a text");
            (status == 503 && text.contains(why)).then_some(text)
        })
        .await
    }
}

async fn turn(turns: &'static Semaphore) -> SemaphorePermit<'static> {
    turns.acquire().await.expect("it is never closed")
}

fn nats_servers() -> NatsServers {
    NatsServers::start(3, NatsOptions::default()).expect("nats-servers")
}

/// All messages that a node knows, oldest first, without their receipts.
async fn history(node: &Endpoint) -> Vec<Value> {
    let mut all: Vec<MessageInfo> = Vec::new();
    let mut path = "/api/messages?limit=100".to_owned();
    loop {
        let page: MessagesPage = node.read(&path).await;
        all.extend(page.messages);
        match page.next {
            Some(next) => path = format!("/api/messages?limit=100&before={next}"),
            None => break,
        }
    }
    let json = |message| {
        let mut json = serde_json::to_value(message).expect("JSON");
        let fields = json.as_object_mut().expect("an object");
        fields.remove("receipts");
        json
    };
    all.iter().rev().map(json).collect()
}

/// Asks again until there is an answer.
pub async fn until<T>(ask: impl AsyncFn() -> Option<T>) -> T {
    within(async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}

/// Reads all messages from a cursor up to one with this text. When a stream breaks, it goes on at the next node with the
/// cursor of the last event, as a page does behind a balancer. The caller limits the time.
pub async fn follow(
    nodes: &[Endpoint],
    client_id: &str,
    from: &str,
    last: &str,
) -> Vec<(String, String)> {
    let mut cursor = from.to_owned();
    let mut seen = Vec::new();
    for node in nodes.iter().cycle() {
        let Some(mut listener) = open(node, client_id, &cursor).await else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        while let Some(event) = listener.try_next().await {
            if !event.id.is_empty() {
                cursor.clone_from(&event.id);
            }
            if event.event == "message" {
                let done = event.data == last;
                seen.push((event.id, event.data));
                if done {
                    return seen;
                }
            } else {
                assert_ne!(event.event, "gap", "{event:?}");
            }
        }
    }
    seen
}

/// Opens a stream of this client after a cursor. None if the node does not serve now.
async fn open(node: &Endpoint, client_id: &str, cursor: &str) -> Option<Listener> {
    let url = node.url(&format!("/sse?client_id={client_id}&topic=news"));
    let request = node.http.get(url).header("last-event-id", cursor);
    let response = request.send().await.ok()?;
    (response.status() == 200).then(|| Listener::of(response))
}

/// The cursor and the text of each event.
pub fn pairs(events: Vec<Event>) -> Vec<(String, String)> {
    let events = events.into_iter();
    events.map(|event| (event.id, event.data)).collect()
}

/// Checks that messages are in order and each is there once.
pub fn assert_ordered(seen: &[(String, String)]) {
    let ordered = seen.is_sorted_by(|a, b| seq(&a.0) < seq(&b.0));
    assert!(ordered, "not in order, or twice: {seen:?}");
    let mut texts: Vec<&str> = seen.iter().map(|(_, text)| text.as_str()).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), seen.len(), "a text is there twice: {seen:?}");
}

/// Runs all at once, and returns what they return, in their order.
pub async fn together<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    futures_util::future::join_all(futures).await
}
