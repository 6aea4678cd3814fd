//! The link between the nodes of a cluster: one stream of records in NATS JetStream that all of them follow.
//!
//! The log of a node gives its records to the [`Publisher`](publisher::Publisher). They come back, together with those
//! of the other nodes, through the [`Follower`], in the same order on all nodes.

mod connection;
mod continuity;
mod follower;
mod identity;
mod publisher;
mod pull;
mod reach;
mod server_needs;
mod start;
mod stream;
mod stream_log;
mod stream_watch;
mod stub;
mod subjects;
mod sync_check;

pub use connection::ConnectError;
pub use continuity::Break;
pub use follower::Stop;
pub use start::{KnownLog, StartError};
pub use stream_log::StreamLog;
pub use stub::Gathered;

use std::sync::{
    Arc, Weak,
    atomic::{AtomicBool, Ordering},
};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::JoinSet;

use crate::{
    config::{ClusterSettings, Settings},
    log::{RecordPublisher, Replication},
};
use connection::Connection;
use follower::{Follower, Progress};
use identity::Identity;
use publisher::{Publisher, Publishing};
use reach::Reach;
use server_needs::ServerNeeds;
use stream::StreamWish;
use stream_watch::StreamNews;
use subjects::Subjects;

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
    wish: StreamWish,
    needs: ServerNeeds,
    log_id: Option<String>,
    publisher: Arc<Publisher>,
    /// Taken by [`Cluster::follow`].
    publishing: Mutex<Option<Publishing>>,
    janitor: Arc<AtomicBool>,
    reach: Arc<Reach>,
    progress: Arc<Progress>,
    news: Arc<StreamNews>,
    tasks: Mutex<JoinSet<()>>,
}

impl Cluster {
    /// Connects to the NATS servers, and finds the stream of the cluster or makes it. `known` is the log in the file of
    /// this node. With one, the node waits for 5 seconds and then begins with what it has; without one, it waits for 60
    /// seconds and fails.
    pub async fn start(settings: &Settings, known: Option<KnownLog>) -> Result<Self, StartError> {
        let identity = Arc::new(Identity::new(settings));
        let cluster = &settings.cluster;
        let connection = Connection::open(cluster, &identity.node).await?;
        let wish = StreamWish {
            subjects: Subjects::new(&cluster.name),
            replicas: usize::from(cluster.replicas),
        };
        let needs = ServerNeeds::new(settings.limits.max_message_bytes);
        let info = start::find_stream(&connection, &wish, needs, known.as_ref()).await?;
        let news = Arc::new(StreamNews::default());
        let mut log_id = None;
        if let Some(info) = info {
            news.set_sync(start::check_sync(cluster, &info).await?);
            log_id = stream::log_id(&info).ok().map(str::to_owned);
            news.set_info(info);
        }
        let (reach, janitor) = (Arc::new(Reach::default()), Arc::new(AtomicBool::new(true)));
        let (publisher, publishing) = Publisher::new(
            connection.clone(),
            Arc::clone(&identity),
            wish.subjects.records(),
            Arc::clone(&janitor),
            Arc::clone(&reach),
        );
        Ok(Self {
            identity,
            settings: cluster.clone(),
            connection,
            wish,
            needs,
            log_id,
            publisher: Arc::new(publisher),
            publishing: Mutex::new(Some(publishing)),
            janitor,
            reach,
            progress: Arc::default(),
            news,
            tasks: Mutex::default(),
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

    /// Begins to publish the records of the log and to follow the stream with it. To be called once, when the log is
    /// open. The tasks end when the log is dropped.
    pub fn follow(&self, log: Weak<dyn StreamLog>) {
        let Some(publishing) = self.publishing.lock().take() else {
            return;
        };
        let follower = Follower {
            connection: self.connection.clone(),
            wish: self.wish.clone(),
            needs: self.needs,
            reach: Arc::clone(&self.reach),
            progress: Arc::clone(&self.progress),
        };
        let (reach, watched) = (Arc::clone(&self.reach), log.clone());
        let mut tasks = self.tasks.lock();
        tasks.spawn(publishing.run(log.clone()));
        tasks.spawn(follower.run(log));
        tasks.spawn(async move { reach.watch(watched).await });
        tasks.spawn(stream_watch::watch(
            self.connection.clone(),
            self.wish.clone(),
            self.settings.monitors.clone(),
            Arc::clone(&self.reach),
            Arc::clone(&self.news),
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

    /// Whether this node decides on maintenance for all nodes.
    pub fn is_janitor(&self) -> bool {
        self.janitor.load(Ordering::Relaxed)
    }

    /// Whether what this node publishes comes back to it.
    pub fn is_reachable(&self) -> bool {
        self.reach.is_reachable()
    }

    /// Why the stream is not followed. None if it is.
    pub fn stop(&self) -> Option<Stop> {
        self.progress.state().stopped
    }

    /// Weaknesses of the NATS servers, in words for people.
    pub fn weaknesses(&self) -> Vec<String> {
        self.news.weaknesses()
    }

    /// The last position in the stream. None if it was not learned yet.
    pub fn last_place(&self) -> Option<u64> {
        self.news.info().map(|info| info.state.last_sequence)
    }

    /// Messages of other nodes that this node has dropped because it did not take them in time.
    pub fn dropped(&self) -> u64 {
        self.connection.dropped()
    }

    /// Ends all tasks and closes the connection. Records that were not confirmed are not published again.
    pub async fn close(&self) {
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        tasks.shutdown().await;
        self.connection.close().await;
    }
}
