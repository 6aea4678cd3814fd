//! The other nodes of the cluster: what the broker asks and tells them, besides the records of the stream.
//!
//! Each node delivers to its own connections and tells the publisher of a message how many those were. So the answer to a
//! push counts all nodes.

mod catch_up;
mod counts;
pub(super) mod protocol;
pub(super) mod recipients;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::time::Instant;

pub use catch_up::Behind;
use catch_up::CatchUp;
use counts::Counts;
pub use counts::Reached;
use protocol::{Question, Told};
use recipients::Recipients;

use crate::{
    change_feed::ChangeFeed,
    cluster::{Cluster, Gathered},
    message::{Audience, AudienceCbor, ClientId, Draft, DraftCbor, Message, Seq},
    registry::Count,
};

/// How long a push waits for the counts of other nodes.
const COUNT_PATIENCE: Duration = Duration::from_millis(250);

/// How long a question to the other nodes may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Answers the question of another node for a part of the API, by its name and a query. The answer is JSON.
pub type ApiAnswer = Box<dyn Fn(String, String) -> BoxFuture<'static, String> + Send + Sync>;

/// See the module documentation.
pub struct Nodes {
    cluster: Arc<Cluster>,
    pub(super) counts: Counts,
    pub(super) api: OnceLock<ApiAnswer>,
    /// Clients that have connected or disconnected elsewhere, while this node has an observer.
    pub(super) changes: ChangeFeed<ClientId, ()>,
    pub(super) catch_up: CatchUp,
}

impl Nodes {
    pub(super) fn new(cluster: Arc<Cluster>) -> Self {
        Self {
            cluster,
            counts: Counts::default(),
            api: OnceLock::new(),
            changes: ChangeFeed::default(),
            catch_up: CatchUp::default(),
        }
    }

    /// The name of this node.
    pub fn own_name(&self) -> &str {
        self.cluster.node()
    }

    /// The connection to the cluster.
    pub fn cluster(&self) -> &Arc<Cluster> {
        &self.cluster
    }

    /// The clients that connected to other nodes or disconnected from them, for observers of this node.
    pub fn changes(&self) -> &ChangeFeed<ClientId, ()> {
        &self.changes
    }

    /// Sets the function that answers other nodes for parts of the API. Call it once.
    pub fn serve_api(&self, answer: ApiAnswer) {
        let first = self.api.set(answer).is_ok();
        debug_assert!(first, "there is one API");
    }

    /// Asks the other nodes for a part of the API.
    pub async fn ask_api(&self, part: &str, query: &str) -> Gathered<String> {
        self.ask(&Question::Api(part, query)).await
    }

    /// The recipients that an audience has at all nodes. `here` are those of this node.
    pub(super) async fn count(&self, audience: &Audience, here: Recipients) -> Count {
        let question = Question::Count(AudienceCbor::of(audience));
        let elsewhere: Gathered<Recipients> = self.ask(&question).await;
        let elsewhere = elsewhere.answers.into_iter().map(|(_, answer)| answer);
        let all: Vec<Recipients> = std::iter::once(here).chain(elsewhere).collect();
        Recipients::sum(&all)
    }

    /// The connections that an audience has at the other nodes.
    pub(super) async fn connections(&self, audience: &Audience) -> u64 {
        let question = Question::Connections(AudienceCbor::of(audience));
        let elsewhere: Gathered<u64> = self.ask(&question).await;
        elsewhere.answers.iter().map(|(_, count)| count).sum()
    }

    /// Closes the connections of a client at the other nodes. Returns their number.
    pub(super) async fn disconnect(&self, client: &ClientId) -> u64 {
        let closed: Gathered<u64> = self.ask(&Question::Disconnect(client.as_str())).await;
        closed.answers.iter().map(|(_, closed)| closed).sum()
    }

    /// Lets the other nodes publish what they know of the positions of clients. When this returns, that is in the stream,
    /// before whatever this node publishes next.
    pub(super) async fn write_positions(&self) {
        let written: Gathered<()> = self.ask(&Question::WritePositions).await;
        if !written.missing.is_empty() {
            tracing::warn!(nodes = ?written.missing, "positions of clients are not known of all nodes");
        }
    }

    /// Waits until this node has applied everything that was in the stream when this was called, for a second at most.
    pub(super) async fn catch_up(&self) -> Result<(), Behind> {
        self.catch_up.wait(|| self.cluster.last_record()).await
    }

    async fn ask<A>(&self, question: &Question<'_>) -> Gathered<A>
    where
        A: for<'b> minicbor::Decode<'b, ()>,
    {
        self.cluster.ask_all(question, PATIENCE).await
    }

    /// Sends an ephemeral message to the other nodes. Returns its number for [`Self::reached_ephemeral`].
    pub(super) fn send_ephemeral(&self, draft: &Draft) -> u64 {
        let number = self.counts.begin_ephemeral();
        let told = Told::Ephemeral(number, DraftCbor::of(draft));
        self.cluster.tell_all(&told);
        number
    }

    /// The connections of an ephemeral message at the other nodes.
    pub(super) async fn reached_ephemeral(&self, number: u64) -> Reached {
        let live = || self.cluster.others();
        let deadline = Instant::now() + COUNT_PATIENCE;
        let mut reached = self.counts.of_ephemeral(number, live, deadline).await;
        if !self.cluster.is_reachable() {
            // The others are not heard of, and have not got it.
            reached.missing = self.cluster.known_others();
        }
        reached
    }

    /// The connections of a message of this node at the other nodes.
    pub(super) async fn reached(&self, seq: Seq) -> Reached {
        let live = || self.cluster.others();
        let deadline = Instant::now() + COUNT_PATIENCE;
        self.counts.of_message(seq, live, deadline).await
    }

    /// Tells the process that has published these messages how many connections of this node they were sent to.
    pub(super) fn tell_delivered(
        &self,
        boot: u64,
        head: Seq,
        messages: &[Arc<Message>],
        connections: &[u64],
    ) {
        if boot == self.cluster.boot() {
            return;
        }
        let counts = messages.iter().zip(connections);
        let counts = counts
            .filter(|(_, connections)| **connections > 0)
            .map(|(message, connections)| (message.seq, *connections));
        self.cluster
            .tell(boot, &Told::Delivered(head, counts.collect()));
    }

    /// Tells the nodes whose panels are open that these clients have connected or disconnected. None: too many to name.
    pub fn tell_changed(&self, clients: Option<&[ClientId]>) {
        if !self.cluster.is_observed_elsewhere() {
            return;
        }
        self.cluster.tell_all(&match clients {
            Some(clients) => Told::ClientsChanged(clients.iter().map(ClientId::as_str).collect()),
            None => Told::ManyClientsChanged,
        });
    }
}
