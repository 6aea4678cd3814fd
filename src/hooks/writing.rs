//! Writes what was gathered at this node to the log, and cares for nodes that are gone.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    Hooks,
    gathering::Gathered,
    presence::{Moves, NodePresence},
};
use crate::{
    log::{EventKinds, HookChange, NodeEvents, Present, ReadError},
    message::{ClientId, TopicFilter},
};

/// How often events are written, at least.
const INTERVAL: Duration = Duration::from_millis(250);

/// How often it is looked for nodes that are gone.
const NODES: Duration = Duration::from_secs(5);

/// After how long without a sign of a node its clients are told to be gone. They have had time to come to another one.
const NODE_GRACE: Duration = Duration::from_secs(30);

/// Clients and topics of such a node that are told at once.
const STEP: usize = 500;

/// What the task knows.
struct Writer {
    hooks: Arc<Hooks>,
    presence: NodePresence,
    /// The kinds that hooks wanted the last time.
    wanted: EventKinds,
    /// What could not be written yet.
    unwritten: NodeEvents,
    /// Whether the node was cut off from its cluster: then the others may have told that its clients are gone.
    was_cut_off: bool,
    /// Nodes that are gone, and since when.
    gone: HashMap<String, Instant>,
    looked: Instant,
}

impl Hooks {
    /// Writes what is gathered at this node, without end.
    pub async fn write_events(self: Arc<Self>) -> Infallible {
        while self.broker.not_in_step().is_some() {
            tokio::time::sleep(INTERVAL).await;
        }
        let known = loop {
            match self.read_presence(usize::MAX).await {
                Ok(known) => break known,
                Err(error) => tracing::warn!(%error, "it can't be read who was here"),
            }
            tokio::time::sleep(NODES).await;
        };
        let now = Instant::now();
        let mut writer = Writer {
            presence: NodePresence::new(self.settings.grace(), known, now),
            unwritten: self.nothing(),
            hooks: self,
            wanted: EventKinds::default(),
            was_cut_off: false,
            gone: HashMap::new(),
            looked: now,
        };
        // Who is here was noted when they came, or is seen now.
        let wanted = writer.hooks.gathering.take().wanted;
        let seen = writer.see_those_here(wanted, |_, _| true);
        writer.unwritten.came.extend(seen);
        writer.wanted = wanted;
        loop {
            writer.write().await;
            let many = &writer.hooks.gathering.many;
            // The time does not matter: it is written when there is much of it.
            let _ = tokio::time::timeout(INTERVAL, many.notified()).await;
        }
    }

    fn nothing(&self) -> NodeEvents {
        NodeEvents {
            node: self.node.clone(),
            ..NodeEvents::default()
        }
    }

    async fn read_presence(self: &Arc<Self>, limit: usize) -> Result<Vec<Present>, ReadError> {
        self.presence_of(self.node.clone(), limit).await
    }

    async fn presence_of(
        self: &Arc<Self>,
        node: String,
        limit: usize,
    ) -> Result<Vec<Present>, ReadError> {
        let hooks = Arc::clone(self);
        super::off_thread(move || hooks.broker.log().hook_presence(&node, limit)).await
    }

    /// Whether somebody has a connection at this node now.
    fn is_here(&self, present: &Present) -> bool {
        let registry = self.broker.registry();
        match present {
            Present::Client(name) => {
                ClientId::parse(name).is_ok_and(|client| registry.is_connected(&client))
            }
            Present::Topic(name) => {
                TopicFilter::parse(name).is_ok_and(|topic| registry.has_subscriber(&topic))
            }
        }
    }
}

impl Writer {
    async fn write(&mut self) {
        let gathered = self.hooks.gathering.take();
        self.want(&gathered);
        let Gathered { events, moved, .. } = gathered;
        let now = Instant::now();
        let hooks = Arc::clone(&self.hooks);
        let is_here = |present: &Present| hooks.is_here(present);
        let Moves { came, gone } = self.presence.moved(moved, is_here, now);
        let mut new = self.hooks.nothing();
        (new.events, new.came, new.gone) = (events, came, gone);
        self.unwritten.append(new);
        self.note_cut_off();
        if !self.unwritten.is_empty() {
            let change = HookChange::Events(self.unwritten.clone());
            match self.hooks.change(change).await {
                Ok(()) => self.unwritten = self.hooks.nothing(),
                Err(error) => tracing::debug!(%error, "events for webhooks are not written yet"),
            }
        }
        if now.duration_since(self.looked) >= NODES {
            self.looked = now;
            self.care_for_nodes(now).await;
        }
    }

    /// Hooks want these kinds now. Who was here before somebody wanted to know has not come, which is no event.
    fn want(&mut self, gathered: &Gathered) {
        let wanted = gathered.wanted;
        if wanted == self.wanted {
            return;
        }
        let no_clients = !wanted.has_any(EventKinds::CLIENTS);
        let no_topics = !wanted.has_any(EventKinds::TOPICS);
        self.presence.forget(|present| match present {
            Present::Client(_) => no_clients,
            Present::Topic(_) => no_topics,
        });
        let were = |present: &Present, since| !gathered.has_come_with(present, since);
        let seen = self.see_those_here(wanted, were);
        self.unwritten.were.extend(seen);
        self.wanted = wanted;
    }

    /// Notes who is here of the kinds that hooks want, as far as `counts` says so of somebody and the time when one of their
    /// connections was admitted. Returns those that the log does not know.
    fn see_those_here(
        &mut self,
        wanted: EventKinds,
        counts: impl Fn(&Present, u64) -> bool,
    ) -> Vec<Present> {
        let new_clients =
            wanted.has_any(EventKinds::CLIENTS) && !self.wanted.has_any(EventKinds::CLIENTS);
        let new_topics =
            wanted.has_any(EventKinds::TOPICS) && !self.wanted.has_any(EventKinds::TOPICS);
        let mut here = Vec::new();
        if new_clients || new_topics {
            for connection in self.hooks.broker.registry().all_connections() {
                let subscriber = connection.subscriber();
                if subscriber.is_observer() {
                    continue;
                }
                let mut see = |present| {
                    if counts(&present, connection.since()) {
                        here.push(present);
                    }
                };
                if let Some(client) = subscriber.lasting_client().filter(|_| new_clients) {
                    see(Present::Client(client.as_str().to_owned()));
                }
                let topics = subscriber.filters.iter().filter(|_| new_topics);
                for topic in topics.filter(|topic| !topic.is_selector()) {
                    see(Present::Topic(topic.as_str().to_owned()));
                }
            }
        }
        self.presence.seen(here.into_iter())
    }

    /// After this node was cut off, the others may have told that its clients are gone. They are told to be here again,
    /// which is no event if nobody has.
    fn note_cut_off(&mut self) {
        let is_cut_off = self.hooks.broker.not_in_step().is_some();
        if self.was_cut_off && !is_cut_off {
            self.unwritten.came.extend(self.presence.all());
        }
        self.was_cut_off = is_cut_off;
    }

    /// Tells that the clients of nodes are gone that are gone themselves. One node of the cluster does it.
    async fn care_for_nodes(&mut self, now: Instant) {
        let broker = &self.hooks.broker;
        if self.wanted.is_empty() || !broker.is_janitor() || broker.not_in_step().is_some() {
            self.gone.clear();
            return;
        }
        let mut there = vec![self.hooks.node.clone()];
        if let Some(nodes) = broker.nodes() {
            there.extend(nodes.cluster().live_others());
        }
        let hooks = Arc::clone(&self.hooks);
        let Ok(known) = super::off_thread(move || hooks.broker.log().hook_nodes()).await else {
            return;
        };
        self.gone
            .retain(|node, _| known.contains(node) && !there.contains(node));
        for node in known.into_iter().filter(|node| !there.contains(node)) {
            let since = *self.gone.entry(node.clone()).or_insert(now);
            if now.duration_since(since) < NODE_GRACE {
                continue;
            }
            let gone = self.hooks.presence_of(node.clone(), STEP).await;
            let events = NodeEvents {
                node,
                gone: gone.unwrap_or_default(),
                ..NodeEvents::default()
            };
            if let Err(error) = self.hooks.change(HookChange::Events(events)).await {
                tracing::debug!(%error, "the clients of a node that is gone are not told yet");
            }
        }
    }
}
