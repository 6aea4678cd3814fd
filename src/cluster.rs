//! The link between the nodes of a cluster: one stream of records in NATS JetStream that all of them follow, and
//! messages between the nodes that are not stored.
//!
//! The log of a node gives its records to the [`Publisher`]. They come back, together with those of the other nodes,
//! through the [`Follower`], in the same order on all nodes.

mod admin;
mod calls;
mod connection;
mod continuity;
mod copy_protocol;
mod copy_source;
mod copy_taking;
mod equal_settings;
mod follower;
mod heartbeat;
mod identity;
mod join;
mod members;
mod messages;
mod other_server;
mod presence;
mod publisher;
mod pull;
mod reach;
mod server_needs;
mod start;
mod status;
mod stream;
mod stream_log;
mod stream_watch;
mod subjects;
mod sync_check;
mod telling;
mod trim;

pub use admin::{Admin, PreparedStream};
pub use calls::{Gathered, encode};
pub use connection::ConnectError;
pub use continuity::Break;
pub use follower::Stop;
pub use heartbeat::{Heartbeat, NodeReport};
pub use members::Member;
pub use start::{KnownLog, StartError};
pub use status::{ClusterStatus, ConnectedServer, ReplicaStatus, StreamStatus};
pub use stream_log::StreamLog;

use std::sync::{
    Arc, Weak,
    atomic::{AtomicBool, Ordering},
};
use std::time::Duration;

use async_nats::{SubscribeError, Subscriber};
use parking_lot::Mutex;
use tokio::{task::JoinSet, time::Instant};

use crate::{
    config::{ClusterSettings, Settings},
    log::{RecordPublisher, Replication},
};
use connection::Connection;
use follower::{Follower, Progress};
use identity::Identity;
use members::Members;
use presence::Presence;
use publisher::{Publisher, Publishing};
use reach::Reach;
use server_needs::ServerNeeds;
use stream::StreamSpec;
use stream_watch::LatestInfo;
use subjects::Subjects;
use telling::Teller;
use trim::Trimmer;

/// How long a change may take to come back from the stream before it is refused: longer than the election of a leader
/// of the stream, which takes 4 to 9 seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of a message of NATS that are not for a record.
const HEAD_ROOM: usize = 4 << 10;

/// This node's part in a cluster.
pub struct Cluster {
    identity: Arc<Identity>,
    settings: ClusterSettings,
    connection: Connection,
    spec: StreamSpec,
    needs: ServerNeeds,
    log_id: Option<String>,
    publisher: Arc<Publisher>,
    /// Taken by [`Cluster::follow`].
    publishing: Mutex<Option<Publishing>>,
    janitor: Arc<AtomicBool>,
    members: Arc<Members>,
    presence: Arc<Presence>,
    reach: Arc<Reach>,
    progress: Arc<Progress>,
    latest: Arc<LatestInfo>,
    teller: Teller,
    tasks: Mutex<JoinSet<()>>,
}

impl Cluster {
    /// Connects to the NATS servers, finds the stream of the cluster or makes it, and listens for a process with the
    /// name of this node. `known` is the log in the file of this node. With one, the node waits for the stream for 5
    /// seconds and then begins with what it has; without one, it waits for 60 seconds and fails.
    pub async fn start(settings: &Settings, known: Option<KnownLog>) -> Result<Self, StartError> {
        let cluster = Self::new(settings).await?;
        let heartbeats = cluster.subscribe(cluster.subjects().heartbeats()).await?;
        let presence = Arc::clone(&cluster.presence);
        cluster.tasks.lock().spawn(presence.run(heartbeats));
        let Self {
            connection,
            spec,
            needs,
            presence,
            ..
        } = &cluster;
        let (info, namesake) = tokio::join!(
            start::find_stream(connection, spec, *needs, known.as_ref()),
            presence.listen_for_namesake()
        );
        if let Some(namesake) = namesake {
            return Err(StartError::NameTaken(presence::describe(&namesake)));
        }
        let mut log_id = None;
        if let Some(info) = info? {
            let sync = start::check_sync(&cluster.settings, &info).await?;
            cluster.latest.set_sync(sync);
            log_id = stream::log_id(&info).ok().map(str::to_owned);
            cluster.latest.set_info(info);
        }
        Ok(Self { log_id, ..cluster })
    }

    async fn new(settings: &Settings) -> Result<Self, StartError> {
        let identity = Arc::new(Identity::new(settings));
        let cluster = &settings.cluster;
        let connection = Connection::open(cluster, &identity.node).await?;
        let subjects = Subjects::new(&cluster.name);
        let (reach, janitor) = (Arc::new(Reach::default()), Arc::new(AtomicBool::new(false)));
        let members = Arc::new(Members::new(Arc::clone(&identity), Arc::clone(&janitor)));
        let presence = Presence::new(
            connection.clone(),
            Arc::clone(&identity),
            subjects.heartbeats(),
            Arc::clone(&members),
            Arc::clone(&reach),
        );
        let (publisher, publishing) = Publisher::new(
            connection.clone(),
            Arc::clone(&identity),
            subjects.records(),
            Arc::clone(&janitor),
            Arc::clone(&reach),
        );
        let (teller, sending) = Teller::new(connection.clone(), identity.boot);
        let mut tasks = JoinSet::new();
        tasks.spawn(sending.run());
        Ok(Self {
            identity,
            settings: cluster.clone(),
            connection,
            spec: StreamSpec {
                subjects,
                replicas: usize::from(cluster.replicas),
            },
            needs: ServerNeeds::new(settings.limits.max_message_bytes),
            log_id: None,
            publisher: Arc::new(publisher),
            publishing: Mutex::new(Some(publishing)),
            janitor,
            members,
            presence: Arc::new(presence),
            reach,
            progress: Arc::default(),
            latest: Arc::default(),
            teller,
            tasks: Mutex::new(tasks),
        })
    }

    /// What the log needs, to open it.
    pub fn replication(&self) -> Replication {
        Replication {
            log_id: self.log_id.clone(),
            publisher: Arc::clone(&self.publisher) as Arc<dyn RecordPublisher>,
            max_record: self.max_record(),
            patience: PATIENCE,
        }
    }

    /// Begins to publish the records of the log, to follow the stream with it, and to say once a second that this node
    /// is there, with what `report` tells. To be called once, when the log is open. The tasks end when the log is
    /// dropped.
    pub fn follow(
        &self,
        log: Weak<dyn StreamLog>,
        report: impl Fn() -> NodeReport + Send + Sync + 'static,
    ) {
        let Some(publishing) = self.publishing.lock().take() else {
            return;
        };
        let follower = Follower {
            connection: self.connection.clone(),
            spec: self.spec.clone(),
            needs: self.needs,
            reach: Arc::clone(&self.reach),
            progress: Arc::clone(&self.progress),
        };
        let trimmer = Trimmer {
            connection: self.connection.clone(),
            stream: self.subjects().stream(),
            publisher: Arc::clone(&self.publisher),
            members: Arc::clone(&self.members),
            latest: Arc::clone(&self.latest),
        };
        let (reach, watched) = (Arc::clone(&self.reach), log.clone());
        self.presence.join(log.clone(), Box::new(report));
        let mut tasks = self.tasks.lock();
        tasks.spawn(publishing.run(log.clone()));
        tasks.spawn(follower.run(log.clone()));
        tasks.spawn(trimmer.run(log.clone()));
        let copies = self.subjects().copies(self.node());
        if self.settings.servers.len() > 1 {
            let (connection, reach) = (self.connection.clone(), Arc::clone(&self.reach));
            tasks.spawn(other_server::run(connection, reach, log.clone()));
        }
        tasks.spawn(copy_source::serve(self.connection.clone(), copies, log));
        tasks.spawn(async move { reach.watch(watched).await });
        tasks.spawn(stream_watch::watch(
            self.connection.clone(),
            self.spec.clone(),
            self.settings.monitors.clone(),
            Arc::clone(&self.reach),
            Arc::clone(&self.latest),
        ));
    }

    /// The name of this node.
    pub fn node(&self) -> &str {
        &self.identity.node
    }

    /// The largest record: what a message of the servers may have, without room for its head.
    fn max_record(&self) -> usize {
        let server = self.connection.server();
        let max = server.map_or(1 << 20, |server| server.max_payload);
        max - HEAD_ROOM
    }

    /// Whether this node decides on maintenance for all nodes: it is the first by name of those that can.
    pub fn is_janitor(&self) -> bool {
        self.janitor.load(Ordering::Relaxed)
    }

    /// Whether all nodes that are there know the audit trail.
    pub fn know_audit(&self) -> bool {
        self.members.read_all_records()
    }

    /// Whether what this node publishes comes back to it.
    pub fn is_reachable(&self) -> bool {
        self.reach.is_reachable()
    }

    /// The names of the other nodes that are there.
    pub fn live_others(&self) -> Vec<String> {
        self.members.live_others(Instant::now())
    }

    /// The names of the other nodes that were there in the last 10 minutes and have not left.
    pub fn known_others(&self) -> Vec<String> {
        let all = self.members.all(Instant::now()).into_iter();
        let others = all.filter(|member| !member.this && !member.beat.left);
        others.map(|member| member.beat.node).collect()
    }

    /// All nodes, by name: this one, those that are there, and those that were there in the last 10 minutes.
    pub fn members(&self) -> Vec<Member> {
        self.members.all(Instant::now())
    }

    /// Says to the other nodes that this one is about to leave.
    pub fn drain(&self) {
        self.presence.drain();
    }

    /// Says to the other nodes that this one has left, ends all tasks and closes the connection. To be called when the
    /// log needs no more records.
    pub async fn leave(&self) {
        self.presence.leave().await;
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        tasks.shutdown().await;
        self.connection.close().await;
    }

    fn subjects(&self) -> &Subjects {
        &self.spec.subjects
    }

    async fn subscribe(&self, subject: String) -> Result<Subscriber, StartError> {
        let subscribed = self.connection.client.subscribe(subject).await;
        subscribed.map_err(|error: SubscribeError| StartError::Stream(error.to_string()))
    }
}
