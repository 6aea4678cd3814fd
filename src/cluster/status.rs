//! The state of the cluster as this node sees it, for people.

use std::time::Duration;

use async_nats::{ServerInfo, jetstream::stream::Info};
use tokio::time::Instant;

use super::{Cluster, continuity::Break, follower::Stop, members::Member, presence, stream};

/// The state of the cluster as this node sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterStatus {
    /// The name of the cluster.
    pub cluster: String,
    /// The name of this node.
    pub node: String,
    /// The NATS server that this node is connected to. None if there is no connection.
    pub server: Option<ConnectedServer>,
    /// What went wrong last with the connection, in the words of the client or the server.
    pub connection_error: Option<String>,
    /// What JetStream has said about the stream last. None if it has not answered yet.
    pub stream: Option<StreamStatus>,
    /// The last record that this node has received.
    pub received: u64,
    /// Whether what this node publishes comes back to it.
    pub reachable: bool,
    /// Why this node must not get new clients, in plain words. None if it may.
    pub not_ready: Option<String>,
    /// Why the stream is not followed. None if it is.
    pub stop: Option<Stop>,
    /// What could lose messages although everything works, in plain words.
    pub weaknesses: Vec<String>,
    /// Messages between the nodes that were dropped since the start: those that this node could not send, and those that it
    /// did not take in time. Records of the stream are not among them.
    pub dropped: u64,
    /// Whether this node decides on maintenance for all.
    pub janitor: bool,
    /// All nodes, by name: this one, those that are there, and those that were there in the last 10 minutes.
    pub members: Vec<Member>,
}

/// A NATS server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectedServer {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamStatus {
    /// Its name.
    pub name: String,
    /// The NATS server that orders the records. None while there is none.
    pub leader: Option<String>,
    /// The other servers with a copy.
    pub replicas: Vec<ReplicaStatus>,
    /// The first record that is kept.
    pub first: u64,
    /// The last record. 0 if there was none yet.
    pub last: u64,
    /// Bytes of all records.
    pub bytes: u64,
    /// Time since this was learned.
    pub age: Duration,
}

/// A server with a copy of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaStatus {
    /// Its name.
    pub server: String,
    /// Whether it has everything that the leader has.
    pub current: bool,
    /// Whether it counts as down.
    pub offline: bool,
    /// Records that it does not have yet.
    pub lag: u64,
    /// Time since the leader has heard from it.
    pub silent_for: Duration,
}

impl Cluster {
    /// The state of the cluster as this node sees it.
    pub fn status(&self) -> ClusterStatus {
        let stream = self.stream_status();
        let progress = self.progress.state();
        ClusterStatus {
            cluster: self.settings.name.clone(),
            node: self.identity.node.clone(),
            server: self.connection.server().map(ConnectedServer::new),
            connection_error: self.connection.last_error(),
            weaknesses: self.weaknesses(stream.as_ref()),
            stream,
            received: progress.followed.place,
            reachable: self.is_reachable(),
            not_ready: self.not_ready(),
            stop: progress.stopped,
            dropped: self.dropped(),
            janitor: self.is_janitor(),
            members: self.members(),
        }
    }

    /// What is not as it should be although this node is ready, in plain words.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = self.weaknesses(self.stream_status().as_ref());
        let dropped = self.dropped();
        if dropped > 0 {
            warnings.push(format!(
                "{dropped} messages between the nodes were dropped since the start of this one"
            ));
        }
        warnings
    }

    fn stream_status(&self) -> Option<StreamStatus> {
        let info = self.latest.info();
        info.map(|(info, at)| StreamStatus::new(info, at))
    }

    fn weaknesses(&self, stream: Option<&StreamStatus>) -> Vec<String> {
        let namesake = self.members.namesake(Instant::now());
        let mut all = self.latest.weaknesses();
        all.extend(stream.iter().flat_map(|stream| stream.weaknesses()));
        all.extend(namesake.as_ref().map(presence::describe));
        all.extend(self.members.differences(Instant::now()));
        all
    }

    fn dropped(&self) -> u64 {
        self.connection.dropped() + self.teller.dropped()
    }

    /// The place of the last record in the stream now, as its leader says. None if it does not answer, or if this node
    /// does not follow the stream.
    pub async fn last_record(&self) -> Option<u64> {
        if !self.is_reachable() {
            return None;
        }
        let info = stream::read(&self.connection, &self.spec).await.ok()?;
        info.map(|info| info.state.last_sequence)
    }

    /// Why this node must not get new clients, in plain words. None if it may.
    pub fn not_ready(&self) -> Option<String> {
        // Of two processes with one name that were started at once, one stays.
        let namesake = self.members.namesake(Instant::now());
        if let Some(namesake) = namesake.filter(|other| other.boot < self.identity.boot) {
            return Some(presence::describe(&namesake));
        }
        let progress = self.progress.state();
        if !self.is_reachable() {
            let why = progress.stopped.as_ref();
            let why = why.map_or("the stream does not confirm records", Stop::reason);
            return Some(format!(
                "the stream of the cluster cannot be reached: {why}"
            ));
        }
        match self.latest.behind(progress.followed.place) {
            0 => None,
            records => Some(format!(
                "this node is catching up: {records} records are missing"
            )),
        }
    }
}

impl ConnectedServer {
    /// What the server has said about itself.
    pub fn new(info: ServerInfo) -> Self {
        Self {
            name: info.server_name,
            version: info.version,
        }
    }
}

impl StreamStatus {
    /// What JetStream has said at `at`.
    pub fn new(info: Info, at: Instant) -> Self {
        let cluster = info.cluster.unwrap_or_default();
        let replicas = cluster.replicas.into_iter().map(|peer| ReplicaStatus {
            server: peer.name,
            current: peer.current,
            offline: peer.offline,
            lag: peer.lag.unwrap_or_default(),
            silent_for: peer.active,
        });
        Self {
            name: info.config.name,
            leader: cluster.leader,
            replicas: replicas.collect(),
            first: info.state.first_sequence,
            last: info.state.last_sequence,
            bytes: info.state.bytes,
            age: at.elapsed(),
        }
    }

    /// What is wrong with the copies now, in plain words: a majority is enough to accept messages, but one more failure
    /// may be too many.
    pub fn weaknesses(&self) -> Vec<String> {
        let down = self.replicas.iter().filter(|replica| replica.offline);
        let behind = self
            .replicas
            .iter()
            .filter(|replica| !replica.offline && !replica.current);
        let down = down.map(|replica| format!("the NATS server {} is down", replica.server));
        let behind = behind.map(|replica| {
            format!(
                "the NATS server {} is behind with its copy of the messages",
                replica.server
            )
        });
        down.chain(behind).collect()
    }
}

impl Stop {
    /// The reason in plain words.
    pub fn reason(&self) -> &str {
        match self {
            Self::Unreachable(why)
            | Self::Wrong(why)
            | Self::Broken(Break::Diverged(why) | Break::TooOld(why)) => why,
        }
    }
}
