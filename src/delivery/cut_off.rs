//! A node that is cut off from the stream of its cluster for long asks its streams to reconnect: at another node they get
//! new messages again. It goes on to answer requests.

use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{broker::Broker, cluster::Cluster, delivery::drain::Pace};

/// How long the stream must be out of reach: longer than the election of a leader takes.
const LIMIT: Duration = Duration::from_secs(30);

/// How often this is checked.
const TICK: Duration = Duration::from_secs(1);

/// The outage of this node.
#[derive(Debug, Default)]
struct Outage {
    /// Whether another node was there when the stream was reached last.
    had_others: bool,
    since: Option<Instant>,
    told: bool,
}

/// Watches for outages, without end. Does nothing without a cluster.
pub async fn send_streams_elsewhere(broker: Arc<Broker>) -> Infallible {
    let Some(nodes) = broker.nodes() else {
        return std::future::pending().await;
    };
    let mut outage = Outage::default();
    loop {
        tokio::time::sleep(TICK).await;
        let cluster = nodes.cluster();
        let live = !cluster.live_others().is_empty();
        let useful = !all_are_cut_off(cluster);
        if !outage.look(cluster.is_reachable(), live, useful, Instant::now()) {
            continue;
        }
        let registry = broker.registry();
        let connections = registry.all_connections();
        tracing::warn!(
            connections = connections.len(),
            "the stream of the cluster could not be reached for 30 seconds: streams are asked to reconnect at other nodes"
        );
        Pace::of(connections.len())
            .close(registry, &connections)
            .await;
    }
}

/// Whether other nodes are heard and none of them reaches the stream. If none is heard, they may well reach it.
fn all_are_cut_off(cluster: &Cluster) -> bool {
    let members = cluster.members();
    let mut heard = members.iter().filter(|member| member.live && !member.this);
    let any = heard.clone().next().is_some();
    any && !heard.any(|member| member.beat.able)
}

impl Outage {
    /// Looks at the state now. True once in an outage: it has been long, when it began another node was there, and it is
    /// useful now.
    fn look(&mut self, reachable: bool, live_others: bool, useful: bool, now: Instant) -> bool {
        if reachable {
            *self = Self {
                had_others: live_others,
                ..Self::default()
            };
            return false;
        }
        let since = *self.since.get_or_insert(now);
        let is_long = now.duration_since(since) >= LIMIT;
        let due = is_long && self.had_others && useful && !self.told;
        self.told |= due;
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is due at each second, if the stream is reached at the first of them only.
    fn due(others: bool, seconds: u64) -> Vec<u64> {
        let start = Instant::now();
        let mut outage = Outage::default();
        outage.look(true, others, true, start);
        let is_due = |second: &u64| {
            let now = start + Duration::from_secs(*second);
            outage.look(false, false, true, now)
        };
        (1..=seconds).filter(is_due).collect()
    }

    #[test]
    fn streams_are_sent_away_once_in_an_outage() {
        let mut is_due = due(true, 100);
        assert_eq!(is_due.pop(), Some(31));
        assert!(is_due.is_empty());
    }

    #[test]
    fn streams_stay_if_there_was_no_other_node() {
        assert!(due(false, 100).is_empty());
    }

    #[test]
    fn another_outage_counts_anew() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let mut outage = Outage::default();
        outage.look(true, true, true, at(0));
        assert!(!outage.look(false, true, true, at(1)));
        assert!(outage.look(false, true, true, at(31)));
        outage.look(true, true, true, at(40));
        assert!(!outage.look(false, true, true, at(41)));
        assert!(!outage.look(false, true, true, at(70)));
        assert!(
            !outage.look(false, true, false, at(71)),
            "others are cut off too"
        );
        assert!(outage.look(false, true, true, at(72)));
    }
}
