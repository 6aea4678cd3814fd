//! The connections of clients, at all nodes of the cluster.

use std::collections::BTreeMap;

use app::wire::{ClientInfo, ConnectionInfo};

use crate::{
    broker::Broker,
    http::nodes::ask::{self, Asked, Part},
    message::ClientId,
    registry::{ConnectionStatus, Presence},
};

/// Clients with their connections.
pub struct ClientsPresence {
    /// As many as were asked for, in the same order.
    pub clients: Vec<ClientInfo>,
    /// Nodes that have not answered.
    pub missing: Vec<String>,
}

/// The connections of these clients.
pub async fn of(broker: &Broker, ids: &[ClientId]) -> ClientsPresence {
    let own = here(broker, ids);
    if broker.nodes().is_none() {
        let missing = Vec::new();
        return ClientsPresence {
            clients: own,
            missing,
        };
    }
    let names: Vec<&str> = ids.iter().map(ClientId::as_str).collect();
    let mut asked = ask::ask(broker, Part::Presence, &names).await;
    let missing = std::mem::take(&mut asked.missing);
    let mut found = merge(broker, own, asked);
    let clients = names.iter().filter_map(|name| found.remove(*name));
    ClientsPresence {
        clients: clients.collect(),
        missing,
    }
}

/// The connections of these clients to this node.
pub fn here(broker: &Broker, ids: &[ClientId]) -> Vec<ClientInfo> {
    let presence = |id| info(broker.registry().presence(id));
    ids.iter().map(presence).collect()
}

/// Clients of this and of other nodes, by id. Who is connected to several nodes has all these connections.
pub fn merge(
    broker: &Broker,
    own: Vec<ClientInfo>,
    others: Asked<Vec<ClientInfo>>,
) -> BTreeMap<String, ClientInfo> {
    let own = (ask::own_name(broker), own);
    // Each node has a version of its own. The time is newer for all of them.
    let version = broker.log().now();
    let mut merged: BTreeMap<String, ClientInfo> = BTreeMap::new();
    for (node, clients) in std::iter::once(own).chain(others.answers) {
        for mut client in clients {
            client.version = version;
            for connection in &mut client.connections {
                connection.node = Some(node.clone());
            }
            match merged.get_mut(&client.client_id) {
                Some(known) => {
                    known.connections.append(&mut client.connections);
                    known.connections.sort_by_key(|connection| connection.since);
                }
                None => {
                    merged.insert(client.client_id.clone(), client);
                }
            }
        }
    }
    merged
}

/// A client as the API shows it.
pub fn info(presence: Presence) -> ClientInfo {
    let connections = presence.connections.iter().map(connection_info).collect();
    ClientInfo {
        client_id: presence.client_id.to_string(),
        version: presence.version,
        connections,
        last_seen: None,
    }
}

fn connection_info(status: &ConnectionStatus) -> ConnectionInfo {
    let subscriber = &status.record.subscriber;
    ConnectionInfo {
        id: status.record.id,
        topics: subscriber.filters.iter().map(ToString::to_string).collect(),
        since: status.record.since,
        behind: status.behind,
        remote: subscriber.remote.to_string(),
        user_agent: subscriber.user_agent.as_deref().map(str::to_owned),
        node: None,
    }
}
