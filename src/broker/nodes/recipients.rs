//! The recipients of an audience at several nodes. A client that is connected to two of them counts once.

use std::collections::HashSet;

use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::{
    message::Audience,
    registry::{Count, Registry},
};

/// A node names its clients up to this number. With more, who is connected to several nodes counts at each of them.
const MAX_NAMED: usize = 10_000;

/// The recipients at one node.
#[derive(Encode, Decode)]
pub(in crate::broker) struct Recipients {
    #[n(0)]
    clients: u64,
    #[n(1)]
    connections: u64,
    /// A hash of each client, if there are not too many.
    #[n(2)]
    named: Option<Vec<u64>>,
}

impl Recipients {
    /// Those of this node.
    pub fn here(registry: &Registry, audience: &Audience) -> Self {
        let count = registry.count(audience);
        let named = registry.clients_of(audience, MAX_NAMED);
        Self {
            clients: count.clients,
            connections: count.connections,
            named: named.map(|named| named.iter().map(|id| hash(id.as_str())).collect()),
        }
    }

    /// The number of all of these.
    pub fn sum(all: &[Self]) -> Count {
        let named: Option<Vec<&Vec<u64>>> = all.iter().map(|one| one.named.as_ref()).collect();
        let clients = match named {
            Some(named) => {
                let distinct: HashSet<u64> = named.into_iter().flatten().copied().collect();
                distinct.len() as u64
            }
            None => all.iter().map(|one| one.clients).sum(),
        };
        Count {
            clients,
            connections: all.iter().map(|one| one.connections).sum(),
        }
    }
}

/// A hash that is the same at all nodes, whatever their versions.
fn hash(name: &str) -> u64 {
    let digest = Sha256::digest(name);
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipients(clients: u64, named: Option<&[&str]>) -> Recipients {
        Recipients {
            clients,
            connections: 2 * clients,
            named: named.map(|named| named.iter().map(|name| hash(name)).collect()),
        }
    }

    #[test]
    fn who_is_connected_to_two_nodes_counts_once_unless_there_are_very_many() {
        let few = [
            recipients(2, Some(&["ada", "bob"])),
            recipients(1, Some(&["ada"])),
        ];
        let count = |clients, connections| Count {
            clients,
            connections,
        };
        assert_eq!(Recipients::sum(&few), count(2, 6));
        let many = [recipients(2, Some(&["ada", "bob"])), recipients(9, None)];
        assert_eq!(Recipients::sum(&many), count(11, 22));
    }
}
