//! How the broker takes part in a cluster: it follows the stream, passes on what other nodes have changed, and answers
//! them.

use std::sync::{Arc, Weak};

use bytes::Bytes;

use super::{
    Broker,
    nodes::{
        Nodes,
        protocol::{Question, Told},
        recipients::Recipients,
    },
};
use crate::{
    cluster::{NodeReport, StartError},
    log::ReplicaEvent,
    message::{ClientId, Receipt},
};

impl Broker {
    /// Begins to follow the stream of the cluster, if there is one. To be called once, when all who are told of changes
    /// are there.
    pub async fn join(self: &Arc<Self>) -> Result<(), StartError> {
        let Some(nodes) = &self.nodes else {
            return Ok(());
        };
        let broker = Arc::downgrade(self);
        self.log.set_replica_tail(Box::new(move |event| {
            if let Some(broker) = broker.upgrade() {
                broker.take_event(event);
            }
        }));
        nodes.catch_up.note_applied(self.log.applied().place);
        self.serve_nodes(nodes).await?;
        let log = Arc::downgrade(&self.log);
        let broker = Arc::downgrade(self);
        let report = move || {
            let broker = broker.upgrade();
            broker.map(|broker| broker.report()).unwrap_or_default()
        };
        nodes.cluster().follow(log, report);
        Ok(())
    }

    /// What this node tells the others about itself.
    fn report(&self) -> NodeReport {
        let size = self.registry.size();
        NodeReport {
            head: self.log.head(),
            clients: size.clients,
            connections: size.connections,
            observed: self.registry.is_observed(),
            health: self.not_in_step(),
        }
    }

    /// Takes what the records of the stream have changed. On the log's writer thread.
    fn take_event(&self, event: ReplicaEvent<'_>) {
        let Some(nodes) = &self.nodes else { return };
        match event {
            ReplicaEvent::Delivered {
                boot,
                head,
                messages,
                connections,
            } => nodes.tell_delivered(boot, head, messages, connections),
            ReplicaEvent::Recalled(seq, recalled) => self.tell_recalled(seq, recalled),
            ReplicaEvent::Moved(moved) => {
                for (client_id, position) in moved {
                    let tracking = &self.receipt_tracking;
                    tracking.note(client_id, position.sent, Receipt::Sent);
                    tracking.note(client_id, position.acked, Receipt::Acknowledged);
                    self.receipts_moved(client_id);
                }
            }
            ReplicaEvent::Applied(place) => nodes.catch_up.note_applied(place),
            ReplicaEvent::Reported(job) => {
                if let Some(on_report) = self.on_report.get() {
                    on_report(job);
                }
            }
        }
    }

    /// Begins to answer the other nodes, and to take what they tell.
    async fn serve_nodes(self: &Arc<Self>, nodes: &Nodes) -> Result<(), StartError> {
        let broker = Arc::downgrade(self);
        let take = move |boot, bytes: Bytes| {
            if let Some(broker) = broker.upgrade() {
                broker.take_told(boot, &bytes);
            }
        };
        nodes.cluster().on_told(take).await?;
        let broker = Arc::downgrade(self);
        let answer = move |question: Bytes| {
            let broker = Weak::clone(&broker);
            async move {
                let answer = match broker.upgrade() {
                    Some(broker) => broker.answer(&question).await,
                    None => None,
                };
                // Empty, so that this node counts as one that has not answered.
                answer.unwrap_or_default()
            }
        };
        nodes.cluster().serve(answer).await
    }

    /// Takes what the process `boot` of another node has told. It runs in the order of what is told.
    fn take_told(&self, boot: u64, bytes: &[u8]) {
        let Some(nodes) = &self.nodes else { return };
        match minicbor::decode(bytes) {
            Ok(Told::Ephemeral(number, draft)) => match draft.parse() {
                Ok(draft) => {
                    let connections = self.fan_out_ephemeral(&draft);
                    nodes
                        .cluster()
                        .tell(boot, &Told::EphemeralCount(number, connections));
                }
                Err(error) => tracing::warn!(%error, "an ephemeral message of another node"),
            },
            Ok(Told::EphemeralCount(number, connections)) => {
                nodes.counts.ephemeral(boot, number, connections);
            }
            Ok(Told::Delivered(head, counts)) => nodes.counts.delivered(boot, head, counts),
            Ok(Told::ClientsChanged(names)) => {
                for client in names
                    .into_iter()
                    .filter_map(|name| ClientId::parse(name).ok())
                {
                    nodes.changes.note(client, ());
                }
            }
            Ok(Told::ManyClientsChanged) => nodes.changes.note_too_many(),
            // A node of a newer version may say more.
            Err(error) => tracing::debug!(%error, "another node has told something unknown"),
        }
    }

    /// Answers a question of another node. None: it is not understood here.
    async fn answer(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let answer = match minicbor::decode(bytes).ok()? {
            Question::Count(audience) => {
                let audience = audience.parse().ok()?;
                minicbor::to_vec(Recipients::here(&self.registry, &audience))
            }
            Question::Connections(audience) => {
                let audience = audience.parse().ok()?;
                minicbor::to_vec(self.registry.count(&audience).connections)
            }
            Question::Disconnect(name) => {
                let client = ClientId::parse(name).ok()?;
                minicbor::to_vec(self.disconnect_here(&client))
            }
            Question::WritePositions => {
                self.log.write_positions().await.ok()?;
                minicbor::to_vec(())
            }
            Question::Api(part, query) => {
                let api = self.nodes.as_ref()?.api.get()?;
                minicbor::to_vec(api(part.to_owned(), query.to_owned()).await)
            }
        };
        answer.ok()
    }
}
