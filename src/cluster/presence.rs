//! Says once a second that this node is there, and hears what the other nodes say.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_nats::Subscriber;
use futures_util::StreamExt;
use tokio::{
    sync::{Notify, OnceCell},
    time::Instant,
};

use super::{
    connection::Connection,
    heartbeat::{Heartbeat, NodeReport},
    identity::Identity,
    members::Members,
    reach::Reach,
    stream_log::StreamLog,
};

/// Time between two heartbeats.
const TICK: Duration = Duration::from_secs(1);

/// Time for which a node listens before it takes part: two heartbeats of a process that has its name, and some more.
const LISTEN: Duration = Duration::from_millis(2500);

/// Time in which a connection must be there to listen at all.
const CONNECT: Duration = Duration::from_secs(5);

/// Tells what this node does.
pub type Reporter = dyn Fn() -> NodeReport + Send + Sync;

/// What this node says about itself.
pub struct Presence {
    connection: Connection,
    identity: Arc<Identity>,
    subject: String,
    members: Arc<Members>,
    reach: Arc<Reach>,
    draining: AtomicBool,
    /// What is asked before each heartbeat. Empty until the node has joined.
    joined: OnceCell<Joined>,
    /// Asks for a heartbeat at once.
    soon: Notify,
}

struct Joined {
    log: Weak<dyn StreamLog>,
    report: Box<Reporter>,
}

impl Presence {
    /// A node that says nothing yet.
    pub fn new(
        connection: Connection,
        identity: Arc<Identity>,
        subject: String,
        members: Arc<Members>,
        reach: Arc<Reach>,
    ) -> Self {
        Self {
            connection,
            identity,
            subject,
            members,
            reach,
            draining: AtomicBool::new(false),
            joined: OnceCell::new(),
            soon: Notify::new(),
        }
    }

    /// Hears the other nodes, and says once a second that this one is there when it has joined. Until the task is ended.
    pub async fn run(self: Arc<Self>, mut heartbeats: Subscriber) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some(message) = heartbeats.next() => {
                    if let Some(beat) = Heartbeat::decode(&message.payload) {
                        self.members.note(beat, Instant::now());
                    }
                    continue;
                }
                _ = ticks.tick() => {}
                () = self.soon.notified() => {}
            }
            self.members.forget(Instant::now());
            if let Some(beat) = self.beat() {
                self.members.note_own(beat.clone(), Instant::now());
                self.say(&beat).await;
            }
        }
    }

    /// Begins to say that this node is there.
    pub fn join(&self, log: Weak<dyn StreamLog>, report: Box<Reporter>) {
        let _ = self.joined.set(Joined { log, report });
        self.soon.notify_one();
    }

    /// Says that this node is about to leave.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.soon.notify_one();
    }

    /// Says that this node has left.
    pub async fn leave(&self) {
        if let Some(mut beat) = self.beat() {
            beat.left = true;
            self.members.note_own(beat.clone(), Instant::now());
            self.say(&beat).await;
            let _ = tokio::time::timeout(TICK, self.connection.client.flush()).await;
        }
    }

    fn beat(&self) -> Option<Heartbeat> {
        let joined = self.joined.get()?;
        let log = joined.log.upgrade()?;
        let report = (joined.report)();
        let Identity {
            node,
            boot,
            started_at,
            began,
            advertise,
            settings,
        } = &*self.identity;
        let draining = self.draining.load(Ordering::Relaxed);
        Some(Heartbeat {
            applied: log.applied().place,
            head: report.head,
            clients: report.clients,
            connections: report.connections,
            observed: report.observed,
            health: report.health,
            draining,
            uptime: Some(began.elapsed().as_secs()),
            settings: Some(settings.clone()),
            able: self.reach.is_reachable() && !draining,
            ..Heartbeat::new(node, *boot, *started_at, advertise.clone())
        })
    }

    /// Without a connection the message would be sent later, when it is not true any more.
    async fn say(&self, beat: &Heartbeat) {
        if self.connection.is_up() {
            let sent = self
                .connection
                .client
                .publish(self.subject.clone(), beat.encode().into());
            if let Err(error) = sent.await {
                tracing::debug!(%error, "a heartbeat was not sent");
            }
        }
    }

    /// Listens for a process that has the name of this node, as long as it could be silent. It is heard by
    /// [`Presence::run`].
    pub async fn listen_for_namesake(&self) -> Option<Heartbeat> {
        let end = Instant::now() + CONNECT;
        while !self.connection.is_up() && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let end = Instant::now() + LISTEN;
        while Instant::now() < end && self.connection.is_up() {
            if let Some(namesake) = self.members.namesake(Instant::now()) {
                return Some(namesake);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        None
    }
}

/// A process with the same name, in words for people.
pub fn describe(namesake: &Heartbeat) -> String {
    let place = namesake.advertise.as_ref();
    let place = place.map_or_else(String::new, |url| format!(" at {url}"));
    format!(
        "the node {} is already running{place} (run {:016x}): give each node a --node of its own, or stop the other process",
        namesake.node, namesake.boot
    )
}
